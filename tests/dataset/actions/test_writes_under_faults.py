"""Writes to an S3 server of which one request fails: what is read afterwards is whole or absent."""

from __future__ import annotations

from typing import Any

import pytest

import glowray as gr
from glowray.io.filesystem.stores import ranged_input
from tests.faulty_s3 import FaultyS3, switch
from tests.stores import S3Bucket, new_bucket

__all__ = ["switch"]

pytestmark = pytest.mark.slow

ROWS = [{"n": n, "k": "ab"[n % 2]} for n in range(20)]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_input, "WAITS", (0.0, 0.0, 0.0))


@pytest.fixture
def bucket(switch: FaultyS3) -> S3Bucket:
    switch.heal()
    return new_bucket(switch.url)


def write(bucket: S3Bucket, **options: Any) -> None:
    rows = gr.Flow("faults", engine="inline").from_items(ROWS, partitions=1)
    rows.write_json(f"{bucket.url}/out", storage_options=bucket.options, **options)


def read(bucket: S3Bucket) -> list[Any] | None:
    """Return the rows that are there, None if there is no output."""
    try:
        return gr.Flow("back", engine="inline").read_json(f"{bucket.url}/out", storage_options=bucket.options).collect()
    except FileNotFoundError:
        return None


@pytest.mark.parametrize("kind", ["503", "reset", "lost", "403"])
def test_each_request_of_a_write_fails_once(switch: FaultyS3, bucket: S3Bucket, kind: str) -> None:
    """A refused or lost request is made good. Otherwise nothing half is read, and the next write is whole."""
    outcomes: set[str] = set()
    for number in range(100):
        bucket = new_bucket(switch.url)
        switch.fail(kind, number)
        error: Exception | None = None
        try:
            write(bucket)
        except Exception as raised:
            error = raised
        reached, request = switch.has_failed, switch.requests[number] if number < len(switch.requests) else ""
        switch.heal()
        if not reached:
            break
        if error is not None:
            assert isinstance(error, (OSError, gr.GlowrayError)), (request, error)
            assert bucket.name in str(error) or "out" in str(error), (request, error)
        assert read(bucket) in ([None, ROWS] if error else [ROWS]), (request, error)
        if kind == "403":  # what the job could not remove, the next one does
            write(bucket, mode="overwrite")
            assert read(bucket) == ROWS
        assert len(bucket.keys()) == 2, (request, bucket.keys())
        outcomes.add(type(error).__name__)
    assert number > 5
    assert outcomes == ({"NoneType", "PermissionError"} if kind == "403" else {"NoneType"})


@pytest.mark.parametrize("kind", ["503", "reset"])
def test_a_store_that_stays_away_ends_the_write(switch: FaultyS3, bucket: S3Bucket, kind: str) -> None:
    switch.fail(kind, 4, times=10**6)
    with pytest.raises((OSError, gr.GlowrayError), match="out"):
        write(bucket)
    switch.heal()
    assert read(bucket) is None
    write(bucket)
    assert read(bucket) == ROWS


@pytest.mark.parametrize("condition", ["kept", "ignored", "refused"])
def test_a_store_that_does_not_know_conditions(switch: FaultyS3, bucket: S3Bucket, condition: str) -> None:
    switch.condition = condition
    try:
        write(bucket)
        with pytest.raises(FileExistsError, match="out"):
            write(bucket)
        write(bucket, mode="overwrite")
        assert read(bucket) == ROWS
        assert len(bucket.keys()) == 2
        path = bucket.put("there", b"x")
        assert bucket.files.refuses_second(path) is (condition == "kept")
        if condition != "ignored":
            with pytest.raises(FileExistsError, match="is there already"):
                bucket.files.create(path, b"y")
    finally:
        switch.condition = "kept"
