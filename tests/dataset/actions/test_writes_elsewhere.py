"""Outputs in stores are those on disk: every writer, mode and option, read back by glowray and by others."""

from __future__ import annotations

import gzip
import json
import logging
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pytest
from pyarrow.fs import S3FileSystem

import glowray as gr
from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.stores.s3_uploads import S3Uploads
from tests.engine.doubles import Lab
from tests.google_storage import GoogleBucket, gs, gs_endpoint
from tests.stores import SECRET, S3Bucket, s3, s3_endpoint

__all__ = ["gs", "gs_endpoint", "s3", "s3_endpoint"]

ROWS = [{"n": n, "k": "ab"[n % 2], "x": None if n % 5 == 0 else n / 7} for n in range(40)]


@dataclass(frozen=True)
class Place:
    """A folder of a store."""

    url: str
    options: dict[str, Any] | None

    def at(self, name: str) -> str:
        return f"{self.url}/{name}"

    def names(self, name: str = "") -> list[str]:
        found = chosen(self.url, self.options)
        folder = f"{found.path}/{name}".rstrip("/")
        return sorted(info.path[len(folder) + 1 :] for info in found.files.list(folder))

    def get(self, name: str) -> bytes:
        return chosen(self.at(name), self.options).read()


SLOW = pytest.mark.slow


@pytest.fixture(params=[pytest.param("s3", marks=SLOW), pytest.param("gs", marks=SLOW), "memory"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param != "memory":
        bucket: S3Bucket | GoogleBucket = request.getfixturevalue(request.param)
        yield Place(f"{bucket.url}/a folder", bucket.options)
    else:
        url = f"memory://{uuid.uuid4().hex}"
        yield Place(url, None)
        chosen(url).files.delete_folder(url)


def flow(**settings: Any) -> gr.Flow:
    return gr.Flow(engine="inline", **settings)


def listed(place: Place, name: str) -> list[str]:
    """Return the files that `_SUCCESS` lists. Nothing else is in the folder."""
    files: list[str] = json.loads(place.get(f"{name}/_SUCCESS"))["files"]
    assert place.names(name) == sorted([*files, "_SUCCESS"])
    return files


WRITERS = [
    ("write_csv", {}, "read_csv", {"types": {"n": int, "x": float}}),
    ("write_csv", {"compression": "gzip"}, "read_csv", {"types": {"n": int, "x": float}}),
    ("write_json", {}, "read_json", {}),
    ("write_json", {"compression": "zstd"}, "read_json", {}),
    ("write_parquet", {}, "read_parquet", {}),
    ("write_parquet", {"compression": "zstd"}, "read_parquet", {}),
]


@pytest.mark.parametrize(("write", "how", "read", "back"), WRITERS)
def test_each_writer_and_mode(place: Place, write: str, how: dict[str, Any], read: str, back: dict[str, Any]) -> None:
    rows = flow().from_items(ROWS, partitions=3)

    def written(**more: Any) -> Any:
        return getattr(rows, write)(place.at("out"), storage_options=place.options, **how, **more)

    def seen() -> list[Any]:
        found: list[Any] = getattr(flow(), read)(place.at("out"), storage_options=place.options, **back).collect()
        return found

    first = written()
    assert (first.files, first.rows) == (3, 40)
    assert first.bytes == sum(len(place.get(f"out/{name}")) for name in listed(place, "out"))
    assert seen() == ROWS
    with pytest.raises(FileExistsError, match="is not empty"):
        written()
    assert written(mode="append").files == 3
    assert (seen(), len(listed(place, "out"))) == (ROWS + ROWS, 6)
    written(mode="overwrite")
    assert (seen(), len(listed(place, "out"))) == (ROWS, 3)


@pytest.mark.parametrize(("write", "how", "read", "back"), WRITERS)
def test_each_writer_to_hive_folders(
    place: Place, write: str, how: dict[str, Any], read: str, back: dict[str, Any]
) -> None:
    rows = flow().from_items(ROWS, partitions=3)
    for mode in ("error", "append", "overwrite"):
        options = {"storage_options": place.options, "mode": mode, "partition_by": "k", **how}
        assert getattr(rows, write)(place.at("out"), **options).rows == 40
    names = listed(place, "out")
    assert {name.partition("/")[0] for name in names} == {"k=a", "k=b"}
    found = getattr(flow(), read)(place.at("out"), storage_options=place.options, **back).collect()
    left = [{name: row[name] for name in row if name != "k"} for row in found]
    by_folder = [row for k in "ab" for row in ROWS if row["k"] == k]
    assert left == [{"n": row["n"], "x": row["x"]} for row in by_folder]


@pytest.mark.parametrize("name", ["one.csv", "one.csv.gz", "one.parquet", "one.json.bz2"])
def test_a_single_file(place: Place, name: str) -> None:
    kind = name.split(".")[1]
    rows = flow().from_items(ROWS, partitions=3)
    back = {"types": {"n": int, "x": float}} if kind == "csv" else {}

    def written(mode: str) -> Any:
        return getattr(rows, f"write_{kind}")(
            place.at(name), single_file=True, mode=mode, storage_options=place.options
        )

    def seen() -> list[Any]:
        found: list[Any] = getattr(flow(), f"read_{kind}")(
            place.at(name), storage_options=place.options, **back
        ).collect()
        return found

    assert (written("error").files, seen()) == (1, ROWS)
    with pytest.raises(FileExistsError, match="is there already"):
        written("error")
    assert written("append").bytes == len(place.get(name))
    assert seen() == ROWS + ROWS
    written("overwrite")
    assert (seen(), place.names()) == (ROWS, [name])


def test_text_and_binary(place: Place) -> None:
    pairs = [(f"d/{n}.bin", bytes([n]) * n) for n in range(5)]
    written = flow().from_items(pairs, partitions=2).write_binary(place.at("bin"), storage_options=place.options)
    assert (written.files, written.rows, len(listed(place, "bin"))) == (5, 5, 5)
    found = flow().read_binary(place.at("bin"), storage_options=place.options).collect()
    assert sorted((name.rpartition("/d/")[2], data) for name, data in found) == [
        (f"{n}.bin", bytes([n]) * n) for n in range(5)
    ]
    with pytest.raises(FileExistsError, match=r"d/1\.bin"):
        flow().from_items(pairs[1:2]).write_binary(place.at("bin"), mode="append", storage_options=place.options)
    twice = flow().from_items([pairs[1]] * 2, partitions=2)
    with pytest.raises(ValueError, match=r'one file "d/1\.bin"'):
        twice.write_binary(place.at("twice"), storage_options=place.options)
    flow().from_items(["a", "b"]).write_text(place.at("text"), compression="gz", storage_options=place.options)
    assert gzip.decompress(b"".join(place.get(f"text/{name}") for name in listed(place, "text"))) == b"a\nb\n"
    assert [name for name in place.names() if name.startswith("twice")] == []


def test_one_schema_a_write(place: Place) -> None:
    mixed = [{"a": None}, {"a": 1, "b": "x"}, {"b": "y"}]
    rows = flow().from_items(mixed, partitions=3)
    rows.write_parquet(place.at("out"), storage_options=place.options)
    assert len(listed(place, "out")) == 3
    whole = [{"a": None, "b": None}, {"a": 1, "b": "x"}, {"a": None, "b": "y"}]
    assert flow().read_parquet(place.at("out"), storage_options=place.options).collect() == whole
    rows.write_parquet(place.at("out"), mode="append", storage_options=place.options)
    with pytest.raises(gr.GlowrayError, match='column "a"'):
        flow().from_items([{"a": "text"}]).write_parquet(place.at("out"), mode="append", storage_options=place.options)
    flow().from_items(mixed, partitions=3).write_csv(place.at("csv"), storage_options=place.options)
    heads = {place.get(f"csv/{name}").split(b"\n")[0] for name in listed(place, "csv")}
    assert heads == {b"a,b"}
    with pytest.raises(ValueError, match='no column "c"'):
        flow().from_items([{"c": 1}]).write_csv(place.at("csv"), mode="append", storage_options=place.options)
    assert len(listed(place, "out")) == 6


def test_a_checkpoint(place: Place) -> None:
    rows = flow().from_range(10, partitions=3).map(lambda n: (n, {"n": n}))
    kept = rows.checkpoint(place.at("squares"), storage_options=place.options)
    assert (kept.collect(), kept.num_partitions) == ([(n, {"n": n}) for n in range(10)], 3)
    with pytest.raises(FileExistsError, match="a folder of its own"):
        rows.checkpoint(place.at("squares"), storage_options=place.options)


def test_dead_letters_are_committed_with_the_outputs(place: Place) -> None:
    job = flow(on_error=place.at("bad.json"), storage_options=place.options)
    rows = job.from_items(["1", "x", "3"], partitions=3).map(int)
    rows.write_text(place.at("out"), storage_options=place.options)
    assert [json.loads(line)["row"] for line in place.get("bad.json").splitlines()] == ["x"]
    assert flow().read_text(place.at("out"), storage_options=place.options).collect() == ["1", "3"]
    with pytest.raises(FileExistsError):
        rows.write_text(place.at("out"), storage_options=place.options)
    rows.write_text(place.at("out"), mode="overwrite", defer=True, storage_options=place.options)
    rows.write_csv(place.at("csv"), columns=["n"], defer=True, storage_options=place.options)
    assert [each.rows for each in job.run()] == [2, 2]
    assert len(listed(place, "out")) == len(listed(place, "csv")) + 1  # a CSV of no rows is left out
    assert {name.partition("/")[0] for name in place.names()} == {"bad.json", "csv", "out"}


def test_a_failing_function_leaves_nothing(place: Place) -> None:
    rows = flow().from_range(10, partitions=3).map(lambda n: 1 // (n - 9))
    for single_file in (False, True):
        with pytest.raises(ZeroDivisionError):
            rows.write_text(place.at("out.txt"), single_file=single_file, storage_options=place.options)
    assert place.names() == []


@pytest.mark.slow
def test_others_read_the_folder(s3: S3Bucket) -> None:
    rows = flow().from_items(ROWS, partitions=3)
    for mode in ("error", "overwrite"):
        rows.write_parquet(f"{s3.url}/out", mode=mode, storage_options=s3.options)
    files = S3FileSystem(
        access_key=s3.options["key"], secret_key=SECRET, region="us-east-1", scheme="http",
        endpoint_override=s3.endpoint.removeprefix("http://"),
    )  # fmt: skip
    table = ds.dataset(f"{s3.name}/out", filesystem=files, format="parquet").to_table()
    assert sorted(table.to_pylist(), key=lambda row: row["n"]) == ROWS
    assert duckdb.from_arrow(table).aggregate("count(*), sum(n)").fetchall() == [(40, sum(range(40)))]
    assert pl.from_arrow(table).height == 40


@pytest.mark.slow
def test_the_secret_is_shown_nowhere(s3: S3Bucket, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    job = flow(on_error=f"{s3.url}/bad.json", storage_options=s3.options)
    login = s3.url.replace("://", f"://{s3.options['key']}:{SECRET}@")
    rows = job.from_items(["1", "x"]).map(int)
    rows.write_text(f"{login}/out", storage_options={"endpoint_url": s3.endpoint}, defer=True)
    texts = [rows.explain(), repr(job), repr(job.settings), *(repr(target) for target in job.targets)]
    job.run()
    texts += [rows.explain(), str(job.stats), caplog.text, *(keys := s3.keys())]
    texts += [str(s3.get(key)) for key in keys]
    for options in ({**s3.options, "nonsense": 1}, {**s3.options, "endpoint_url": "http://127.0.0.1:9"}):
        with pytest.raises((ValueError, OSError)) as caught:
            rows.write_text(f"{s3.url}/more", storage_options=options)
        texts.append("".join([str(caught.value), *getattr(caught.value, "__notes__", ())]))
    assert len(texts) > 10 and "endpoint" not in repr(job.settings)
    assert [text for text in texts if SECRET in text] == []


def test_a_web_server_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        flow().from_items(["a"]).write_text("http://127.0.0.1:9/out")


@pytest.mark.ray
def test_tasks_on_ray_write_to_the_store(ray_lab: Lab, s3: S3Bucket, tmp_path: Path) -> None:
    marks = str(tmp_path)

    def lose_the_worker_once(n: int) -> dict[str, int]:
        mark = os.path.join(marks, "died")
        if n == 25 and not os.path.exists(mark):
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {"n": n, "tens": n // 10}

    rows = ray_lab.flow().from_range(40, partitions=4).map(lose_the_worker_once)
    place = Place(s3.url, s3.options)
    written = rows.write_parquet(f"{s3.url}/out", partition_by="tens", storage_options=s3.options)
    assert (written.rows, len(listed(place, "out"))) == (40, written.files)
    found = flow().read_parquet(f"{s3.url}/out", storage_options=s3.options).collect()
    assert sorted(row["n"] for row in found) == list(range(40))
    assert rows.checkpoint(f"{s3.url}/kept", storage_options=s3.options).count() == 40
    assert rows.write_csv(f"{s3.url}/one.csv", single_file=True, storage_options=s3.options).rows == 40
    with pytest.raises(ValueError, match="memory of this process"):
        rows.write_text("memory://out")


KILLED = """
import os, signal, sys
import glowray as gr
from glowray.io.filesystem.stores.s3 import S3Files

url, endpoint, method, count, single = sys.argv[1:]
left = int(count)
own = getattr(S3Files, method)

def counted(self, *arguments):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return own(self, *arguments)

setattr(S3Files, method, counted)
options = {"key": "AKIAGLOWRAYTESTS", "secret": "the-secret-of-the-tests", "endpoint_url": endpoint}
rows = gr.Flow(engine="inline").from_items(["new 1", "new 2", "new 3"], partitions=3)
rows.write_text(url, mode="overwrite", single_file=bool(single), storage_options=options)
"""


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("single", ["", "single"])
@pytest.mark.parametrize(
    ("method", "count"), [("upload", 2), ("upload", 4), ("create", 1), ("delete", 1), ("delete", 3)]
)
def test_a_driver_that_is_killed(s3: S3Bucket, method: str, count: int, single: str) -> None:
    url = f"{s3.url}/out.txt"
    old = flow().from_items(["old 1", "old 2"], partitions=2)
    old.write_text(url, single_file=bool(single), storage_options=s3.options)
    command = [sys.executable, "-c", KILLED, url, s3.endpoint, method, str(count), single]
    ended = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()

    def lines() -> list[str]:
        return flow().read_text(url, storage_options=s3.options).collect()

    assert lines() in (["old 1", "old 2"], ["new 1", "new 2", "new 3"])
    last = flow().from_items(["last"])
    last.write_text(url, mode="overwrite", single_file=bool(single), storage_options=s3.options)
    assert lines() == ["last"]
    if single:
        assert s3.keys() == ["out.txt"]
    else:
        listed(Place(s3.url, s3.options), "out.txt")


@pytest.mark.slow
def test_uploads_of_dead_jobs_are_aborted(s3: S3Bucket) -> None:
    """A process that is killed in a multipart upload leaves one open: the next job aborts it, and no other."""
    import boto3

    client = boto3.client(
        "s3", endpoint_url=s3.endpoint, region_name="us-east-1",
        aws_access_key_id=s3.options["key"], aws_secret_access_key=SECRET,
    )  # fmt: skip
    dead = f"out/part-00000-{'d' * 16}{'0' * 16}.txt"
    for key in (dead, "out/mine.bin", "other/" + dead):
        client.create_multipart_upload(Bucket=s3.name, Key=key)
    flow().from_items(["a"]).write_text(f"{s3.url}/out", storage_options=s3.options)
    uploads = S3Uploads(s3.endpoint, s3.name, "us-east-1", s3.options["key"], SECRET)
    assert sorted(key for key, _ in uploads.below("")) == ["other/" + dead, "out/mine.bin"]
