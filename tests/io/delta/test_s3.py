"""Delta tables in an S3 store."""

from __future__ import annotations

from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

import glowray as gr
from glowray.errors import CommitConflict
from tests.stores import SECRET, S3Bucket, s3, s3_endpoint

__all__ = ["s3", "s3_endpoint"]


def theirs(s3: S3Bucket) -> dict[str, str]:
    """Return the options by deltalake's names."""
    options = s3.options
    return {
        "AWS_ACCESS_KEY_ID": options["key"], "AWS_SECRET_ACCESS_KEY": options["secret"], "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": options["endpoint_url"], "AWS_REGION": "us-east-1",
    }  # fmt: skip


def rows(flow: gr.Flow, count: int = 10) -> gr.Dataset[Any]:
    return flow.from_items([{"n": n, "y": ["x y", "a%/b"][n % 2]} for n in range(count)], 2)


@pytest.mark.slow
@pytest.mark.parametrize("names", ["fsspec", "deltalake"])
def test_a_table_in_a_store(s3: S3Bucket, names: str) -> None:
    flow, url = gr.Flow(engine="inline"), f"{s3.url}/deep/table"
    options = s3.options if names == "fsspec" else {k: v for k, v in theirs(s3).items() if k != "AWS_ALLOW_HTTP"}
    assert rows(flow).write_delta(url, partition_by="y", storage_options=options).rows == 10
    rows(flow, 2).write_delta(url, mode="append", storage_options=options)
    found = flow.read_delta(url, storage_options=options)
    assert sorted(row["n"] for row in found.collect()) == sorted([*range(10), 0, 1])
    assert DeltaTable(url, storage_options=theirs(s3)).to_pyarrow_table().num_rows == 12
    assert SECRET not in found.explain() + repr(found)
    with pytest.raises(ZeroDivisionError):
        before = s3.keys()
        rows(flow).map(lambda row: {"n": 1 // (row["n"] - 5), "y": "z"}).write_delta(
            url, mode="append", storage_options=options
        )
    assert s3.keys() == before


@pytest.mark.slow
def test_of_two_writers_one_wins(s3: S3Bucket) -> None:
    flow, url = gr.Flow(engine="inline"), f"{s3.url}/table"
    rows(flow).write_delta(url, storage_options=s3.options)

    def interfere(row: dict[str, Any]) -> dict[str, Any]:
        if row["n"] == 5:
            table = DeltaTable(url, storage_options=theirs(s3)).to_pyarrow_table()
            write_deltalake(url, table.slice(0, 1), mode="overwrite", storage_options=theirs(s3))
        return row

    with pytest.raises(CommitConflict):
        rows(flow).map(interfere).write_delta(url, mode="overwrite", storage_options=s3.options)
    assert flow.read_delta(url, storage_options=s3.options).count() == 1


@pytest.mark.slow
def test_secrets_are_not_shown(s3: S3Bucket) -> None:
    options = {**s3.options, "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(OSError) as caught:
        gr.read_delta(f"{s3.url}/table", storage_options=options)
    assert SECRET not in str(caught.value)
    with pytest.raises(TypeError) as wrong:
        gr.read_delta(f"{s3.url}/table", storage_options=[SECRET])  # type: ignore[arg-type]
    assert SECRET not in str(wrong.value)
