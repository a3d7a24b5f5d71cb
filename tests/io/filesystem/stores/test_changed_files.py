"""A file that is replaced while a job reads it is an error, never a mix of two contents."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.stores import ranged_input
from tests.stores import S3Bucket, WebHandler, WebServer, plain_web, s3, s3_endpoint, web

__all__ = ["plain_web", "s3", "s3_endpoint", "web"]

OLD = b"old\n" * 1000
NEW = b"new\n" * 1000
FIRST, SECOND = "Tue, 01 Dec 2026 12:00:00 GMT", "Tue, 01 Dec 2026 12:00:01 GMT"


@pytest.fixture(autouse=True)
def small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_input, "WAITS", (0.0,))
    monkeypatch.setattr(ranged_input, "REQUEST_BYTES", 512)


def replaced(content: bytes, headers: dict[str, str]) -> Callable[[WebHandler], bool]:
    """Return a fault that replaces the file before it is read."""

    def replace(handler: WebHandler) -> bool:
        handler.web.files["/a.txt"] = content
        handler.web.more_headers = headers
        return False

    return replace


CHANGES = [
    (NEW, {"ETag": '"1"'}, {"ETag": '"2"'}),
    (NEW, {"Last-Modified": FIRST}, {"Last-Modified": SECOND}),
    (NEW, {"ETag": 'W/"1"', "Last-Modified": FIRST}, {"ETag": 'W/"1"', "Last-Modified": SECOND}),
    (NEW + b"more\n", {}, {}),
    (NEW[:-4], {}, {}),
]


@pytest.mark.parametrize(("content", "before", "after"), CHANGES)
@pytest.mark.parametrize("place", range(7))
def test_a_web_file_that_changes_between_two_ranges(
    web: WebServer, content: bytes, before: dict[str, str], after: dict[str, str], place: int
) -> None:
    web.more_headers = before
    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", OLD), 3)
    asked = len(web.requests)
    web.faults = [*[lambda handler: False] * place, replaced(content, after)]
    with pytest.raises(gr.GlowrayError, match=f"{web.url}/a.txt.* changed while the job read it.*: read it again"):
        data.collect()
    assert len(web.requests) == asked + place + 1  # it is not asked for again


def test_mirrors_of_one_tag_may_differ_in_time(web: WebServer) -> None:
    web.more_headers = {"ETag": '"1"', "Last-Modified": FIRST}
    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", OLD), 3)
    web.faults = [replaced(OLD, {"ETag": '"1"', "Last-Modified": SECOND})]
    assert data.collect() == ["old"] * 1000


def test_a_server_without_ranges_that_is_asked_again(plain_web: WebServer) -> None:
    plain_web.more_headers = {"Last-Modified": FIRST}
    data = gr.Flow(engine="inline").read_text(plain_web.put("/a.txt", OLD))

    def cut(handler: WebHandler) -> bool:
        handler.answer(200, OLD, send=100)
        return True

    plain_web.faults = [lambda handler: False, cut, replaced(NEW, {"Last-Modified": SECOND})]
    with pytest.raises(gr.GlowrayError, match="changed while the job read it"):
        data.collect()


def test_bytes_from_another_place_are_refused(web: WebServer) -> None:
    def elsewhere(handler: WebHandler) -> bool:
        handler.answer(206, OLD[:512], {"Content-Range": f"bytes 8-519/{len(OLD)}"})
        return True

    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", OLD), 1)
    web.faults = [lambda handler: False, *[elsewhere] * 2]
    with pytest.raises(OSError, match="from 8 on, not from 0"):
        data.collect()


def table(value: str) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": [value] * 1000}), file, row_group_size=300, compression="none", use_dictionary=False)
    return file.getvalue()


@pytest.mark.parametrize(
    ("verb", "old", "new"),
    [
        ("read_text", OLD, NEW),
        ("read_csv", b"a\n" + OLD, b"a\n" + NEW),
        ("read_json", b'{"a": 1}\n' * 9, b'{"a": 2}\n' * 9),
        ("read_parquet", table("old"), table("new")),
        ("read_binary", OLD, NEW),
    ],
)
def test_an_object_that_is_replaced_after_it_was_listed(s3: S3Bucket, verb: str, old: bytes, new: bytes) -> None:
    s3.fill([("a/one", old)])
    data = getattr(gr.Flow(engine="inline"), verb)(f"{s3.url}/a", partitions=3, storage_options=s3.options)
    before = data.collect()
    s3.fill([("a/one", new)])
    s3.age("a/one", seconds=-5)
    assert len(old) == len(new) and before
    with pytest.raises(gr.GlowrayError, match=f"{s3.url}/a/one.* changed while the job read it.*: read it again"):
        data.collect()


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (FileInfo("a", 1), FileInfo("a", 1), True),
        (FileInfo("a", 1), FileInfo("a", 2), False),
        (FileInfo("a", None), FileInfo("a", 2), True),
        (FileInfo("a", 1, tag="x"), FileInfo("a", 1), True),
        (FileInfo("a", 1, mtime_ns=1_500_000_000), FileInfo("a", 1, mtime_ns=1_000_000_000), True),
        (FileInfo("a", 1, mtime_ns=1_500_000_000, tag="x"), FileInfo("a", 1, mtime_ns=2_000_000_000), False),
    ],
)
def test_facts_that_the_store_does_not_tell_are_not_compared(old: FileInfo, new: FileInfo, same: bool) -> None:
    assert old.is_same_content(new) is same and new.is_same_content(old) is same
