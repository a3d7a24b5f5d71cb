"""Files on S3, web servers and in memory give the rows that they give on disk."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import re
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray.io.files.splits import SPLIT_BYTES
from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.stores import ranged_input
from glowray.io.parquet import column_buffers
from tests.engine.doubles import Lab
from tests.google_storage import GoogleBucket, gs, gs_endpoint
from tests.stores import S3Bucket, WebHandler, WebServer, plain_web, s3, s3_endpoint, web, web_server

__all__ = ["gs", "gs_endpoint", "plain_web", "s3", "s3_endpoint", "web"]

LINES = [f"line {n} é" for n in range(1000)]
TEXT = "\n".join(LINES).encode() + b"\n"
RECORDS = [{"a": n, "b": None if n % 3 else f"x{n}", "c": n / 7} for n in range(500)]


def parquet(rows: list[dict[str, Any]], group: int = 100) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=group)
    return file.getvalue()


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", content)
    return file.getvalue()


def csv_of(rows: list[dict[str, Any]]) -> bytes:
    lines = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in row.values()) for row in rows)]
    return "\n".join(lines).encode() + b"\n"


class Store:
    """Puts files and reads them back by a verb of a flow."""

    def __init__(self, put: Callable[[str, bytes], str], options: dict[str, Any] | None) -> None:
        self.put, self.options = put, options

    def rows(self, verb: str, name: str, content: bytes, flow: gr.Flow | None = None, **how: Any) -> list[Any]:
        read = getattr(flow or gr.Flow(engine="inline"), verb)
        rows: list[Any] = read(self.put(name, content), storage_options=self.options, **how).collect()
        return rows


@pytest.fixture(params=["s3", pytest.param("gs", marks=pytest.mark.slow), "web", "plain_web", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param in ("s3", "gs"):
        bucket: S3Bucket | GoogleBucket = request.getfixturevalue(request.param)
        yield Store(bucket.put, bucket.options)
    elif request.param == "memory":
        root = f"memory://{uuid.uuid4().hex}"

        def put(name: str, content: bytes) -> str:
            place = chosen(f"{root}/{name}")
            with place.files.open_output(place.path) as file:
                file.write(content)
            return place.path

        yield Store(put, None)
        chosen(root).files.delete_folder(root)
    else:
        server: WebServer = request.getfixturevalue(request.param)
        yield Store(lambda name, content: server.put(f"/{name}", content), None)


CASES: list[tuple[str, str, bytes, list[Any], dict[str, Any]]] = [
    ("read_text", "a b+é.txt", TEXT, LINES, {"partitions": 7}),
    ("read_text", "empty.txt", b"", [], {}),
    ("read_text", "a.txt.gz", gzip.compress(TEXT), LINES, {}),
    ("read_text", "a.txt.bz2", bz2.compress(TEXT), LINES, {}),
    ("read_text", "a.txt.zst", pa.Codec("zstd").compress(TEXT, asbytes=True), LINES, {}),
    ("read_text", "a.zip", zipped(TEXT), LINES, {}),
    ("read_text", "16.txt", TEXT.decode().encode("utf-16"), LINES, {"encoding": "utf-16"}),
    ("read_csv", "a.csv", csv_of(RECORDS), RECORDS, {"types": {"a": int, "c": float}, "partitions": 3}),
    ("read_csv", "i.csv", csv_of(RECORDS), RECORDS, {"types": "infer"}),
    ("read_json", "a.json", "\n".join(map(json.dumps, RECORDS)).encode(), RECORDS, {"partitions": 3}),
    ("read_json", "array.json", json.dumps(RECORDS).encode(), RECORDS, {}),
    ("read_parquet", "a.parquet", parquet(RECORDS), RECORDS, {"partitions": 3}),
    ("read_parquet", "b.parquet", parquet(RECORDS), [{"c": row["c"]} for row in RECORDS], {"columns": ["c"]}),
]


@pytest.mark.parametrize(("verb", "name", "content", "expected", "how"), CASES, ids=lambda value: str(value)[:12])
def test_each_reader(store: Store, verb: str, name: str, content: bytes, expected: list[Any], how: Any) -> None:
    assert store.rows(verb, name, content, **how) == expected


def test_binary_and_paths(store: Store) -> None:
    ((path, content),) = store.rows("read_binary", "a.bin", b"\0\1")
    assert content == b"\0\1" and path.endswith("/a.bin") and "://" in path
    assert store.rows("read_text", "b.txt", b"x\ny\n", with_path=True) == [
        (path.replace("a.bin", "b.txt"), line) for line in "xy"
    ]


def test_a_large_object_is_read_by_ranges(web: WebServer) -> None:
    line = b"x" * 999 + b"\n"
    url = web.put("/big.txt", line * (2 * SPLIT_BYTES // 1000))
    data = gr.Flow(engine="inline").read_text(url)
    assert data.num_partitions == 2
    assert data.count() == 2 * SPLIT_BYTES // 1000
    sizes = [int(b) - int(a) + 1 for _, _, asked in web.requests if asked for a, b in [asked[6:].split("-")]]
    assert max(sizes) <= ranged_input.REQUEST_BYTES
    assert sum(sizes) <= 2 * SPLIT_BYTES + 8 * (1 << 16)  # the line that the cut goes through is found twice


def test_only_the_columns_that_are_used_are_read(web: WebServer) -> None:
    rows = [{"small": n, "large": random.randbytes(1000)} for n in range(3000)]
    content = parquet(rows, 1000)
    data = gr.Flow(engine="inline").read_parquet(web.put("/a.parquet", content))
    assert data.map(lambda row: row["small"]).collect() == list(range(3000))
    sizes = [int(b) - int(a) + 1 for _, _, asked in web.requests if asked for a, b in [asked[6:].split("-")]]
    footers = 65_536  # pyarrow reads the end of a file in one piece
    assert sum(sizes) < len(content) // 2 + 5 * footers


def test_a_server_without_ranges_is_one_partition(plain_web: WebServer) -> None:
    url = plain_web.put("/a.txt", b"line\n" * (SPLIT_BYTES // 4))
    assert gr.Flow(engine="inline").read_text(url).num_partitions == 1


def test_a_server_that_tells_no_size() -> None:
    with web_server(ranges=False, tells_length=False) as web:
        assert gr.Flow(engine="inline").read_text(web.put("/a", TEXT)).collect() == LINES
        url = web.put("/a.parquet", parquet(RECORDS))
        assert gr.Flow(engine="inline").read_parquet(url).collect() == RECORDS


def test_what_is_not_there(web: WebServer, s3: S3Bucket) -> None:
    web.put("/a.txt", TEXT)
    for name in ("none.txt", "[a].txt", "**"):  # a web server lists no files, so it has no patterns
        with pytest.raises(FileNotFoundError, match=re.escape(f'"{web.url}/{name}" does not exist')):
            gr.read_text(f"{web.url}/{name}")
    for url in ("none.txt", "none/*.gz", "**"):
        with pytest.raises(FileNotFoundError, match="s3://"):
            gr.read_text(f"{s3.url}/{url}", storage_options=s3.options)
    with pytest.raises(FileNotFoundError, match="memory://none"):
        gr.read_text("memory://none")


def test_folders_globs_and_hive_folders(s3: S3Bucket) -> None:
    names = ["x/a.txt", "x/b.txt", "x/_hidden.txt", "x/y/c.txt", "x/.git/d", "z/y/e.gz", "n=1/m=a/f.txt", "n=2/f.txt"]
    for name in names:
        s3.put(f"d/{name}", gzip.compress(name.encode()) if name.endswith("gz") else name.encode())

    def read(*paths: str) -> list[str]:
        urls = [f"{s3.url}/d/{path}" for path in paths]
        return gr.Flow(engine="inline").read_text(urls, storage_options=s3.options).collect()

    assert read("x") == read("x/") == ["x/a.txt", "x/b.txt", "x/y/c.txt"]
    assert read("x/*.txt") == ["x/_hidden.txt", "x/a.txt", "x/b.txt"]
    assert read("**/*.txt") == ["n=1/m=a/f.txt", "n=2/f.txt", "x/_hidden.txt", "x/a.txt", "x/b.txt", "x/y/c.txt"]
    assert read("[xz]/y") == ["x/y/c.txt", "z/y/e.gz"]
    assert read("?/y/*") == ["x/y/c.txt", "z/y/e.gz"]
    assert read("x/b.txt", "x/a.txt") == ["x/b.txt", "x/a.txt"]
    for n in (1, 2):
        s3.put(f"h/year={n}/a.parquet", parquet([{"v": n}]))
    for path in ("h", "h/year=*", "h/*/*.parquet"):
        data = gr.Flow(engine="inline").read_parquet(f"{s3.url}/{path}", storage_options=s3.options)
        assert data.collect() == [{"v": 1, "year": 1}, {"v": 2, "year": 2}]


PATTERNS = ["*", "a*", "[ab]?", "**", "**/c", "a/**", "*/b*", "?/*/c", ".*", "a/.*", "**/.h", "_*"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_globs_of_stores_are_those_of_the_disk(s3: S3Bucket, tmp_path: Path, pattern: str) -> None:
    names = ["a/b/c", "a/b1", "a/.h", "a/_u/v", "ab", "b1/x/c", ".top", "_u", "b1/.x/c", "c"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
        s3.put(f"g/{name}", name.encode())

    def read(root: str, options: dict[str, Any] | None) -> list[str] | None:
        try:
            return gr.Flow(engine="inline").read_text(f"{root}/{pattern}", storage_options=options).collect()
        except FileNotFoundError:
            return None

    assert read(f"{s3.url}/g", s3.options) == read(str(tmp_path), None)


@pytest.mark.slow
def test_ten_thousand_keys(s3: S3Bucket) -> None:
    s3.fill((f"k/{n % 100:02}/part-{n:05}.txt", b"%d\n" % n) for n in range(10_000))
    data = gr.Flow(engine="inline").read_text(f"{s3.url}/k", 2000, storage_options=s3.options)
    assert len(data._node.reader.locations) == 10_000 and data.num_partitions == 2000
    assert data.take(5) == ["0", "100", "200", "300", "400"]


READ_IN_A_PROCESS = """
import json, pathlib, re, sys
import glowray as gr

def peak():  # getrusage() also counts the process that started this one, which holds the object
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) << 10

verb, small, large, options = *sys.argv[1:4], json.loads(sys.argv[4])
read = getattr(gr.Flow(engine="inline"), verb)
for url in (small, large):
    print(read(url, storage_options=options).filter(lambda row: len(row) > 0).count(), peak())
"""


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("verb", "line"),
    [
        ("read_text", b"x" * 99 + b"\n"),
        ("read_csv", b"1," + b"x" * 97 + b"\n"),
        ("read_json", b'{"a": "' + b"x" * 90 + b'"}\n'),
    ],
)
def test_a_large_object_is_never_whole_in_memory(s3: S3Bucket, verb: str, line: bytes) -> None:
    large, head = 250 << 20, b"a,b\n" if verb == "read_csv" else b""
    s3.fill([("small", head + line * 1000), ("large", head + line * (large // 100))])
    command = [sys.executable, "-c", READ_IN_A_PROCESS, verb, f"{s3.url}/small", f"{s3.url}/large"]
    command.append(json.dumps(s3.options))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (few, before), (many, after) = (map(int, printed.split()) for printed in done.stdout.splitlines())
    assert (few, many) == (1000, large // 100)
    assert after - before < 100 << 20


@pytest.mark.parametrize("columns", [None, ["a", "c"]])
def test_a_large_row_group_is_never_read_at_once(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, columns: list[str] | None
) -> None:
    rows = [{"a": f"{n:050}", "b": {"c": n / 7, "d": [n, n]}, "c": n} for n in range(5000)]
    url = web.put("/a.parquet", parquet(rows, group=5000))
    monkeypatch.setattr(column_buffers, "WHOLE_BYTES", 40_000)
    monkeypatch.setattr(column_buffers, "SMALLEST_BUFFER", 1000)
    data = gr.Flow(engine="inline").read_parquet(url, columns=columns)
    web.requests.clear()
    assert data.collect() == [{name: row[name] for name in columns or row} for row in rows]
    ranges = [re.findall(r"\d+", asked or "") for _, _, asked in web.requests]
    footer = len(web.files["/a.parquet"]) - (64 << 10)
    largest = max(int(stop) - int(start) for start, stop in ranges if int(start) < footer)
    assert largest <= 20_000


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_input, "WAITS", (0.0, 0.0, 0.0))


def reset(handler: WebHandler) -> bool:
    handler.reset()
    return True


def refused(handler: WebHandler) -> bool:
    handler.answer(503, b"busy")
    return True


def cut_short(handler: WebHandler) -> bool:
    content = handler.web.files[handler.path]
    handler.answer(206, content, {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}, send=10)
    return True


def ends_early(handler: WebHandler) -> bool:
    handler.answer(200, handler.web.files[handler.path], send=1000)
    return True


def answered(handler: WebHandler) -> bool:
    return False


@pytest.mark.parametrize("fault", [reset, refused, cut_short], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("place", range(5))
def test_a_fault_is_made_good(web: WebServer, no_waits: None, fault: Any, place: int) -> None:
    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", TEXT), 2)
    web.faults = [*[answered] * place, fault, fault]
    assert data.collect() == LINES


@pytest.mark.parametrize("fault", [reset, refused, ends_early], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("place", [1, 2])
def test_a_fault_of_a_server_without_ranges_is_made_good(
    plain_web: WebServer, no_waits: None, fault: Any, place: int
) -> None:
    data = gr.Flow(engine="inline").read_text(plain_web.put("/a.txt", TEXT * 200))
    plain_web.faults = [*[answered] * place, fault, fault]
    assert data.collect() == LINES * 200


@pytest.mark.parametrize("fault", [reset, refused, cut_short], ids=lambda fault: fault.__name__)
def test_a_server_that_stays_away_is_an_error_with_the_url(web: WebServer, no_waits: None, fault: Any) -> None:
    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", TEXT), 2)
    web.faults = [answered, *[fault] * 20]
    with pytest.raises(OSError, match=f"{web.url}/a.txt.* could not be read in 4 attempts"):
        data.collect()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [reset, refused, cut_short], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("place", range(3))
def test_a_fault_of_s3_is_made_good(web: WebServer, no_waits: None, fault: Any, place: int) -> None:
    web.put("/bucket/a.txt", TEXT)
    options = {"key": "a", "secret": "b", "endpoint_url": web.url}
    data = gr.Flow(engine="inline").read_text("s3://bucket/a.txt", 2, storage_options=options)
    web.faults = [*[answered] * place, fault, fault]
    assert data.collect() == LINES


@pytest.mark.slow
def test_an_s3_server_that_stays_away_is_an_error_with_the_url(web: WebServer, no_waits: None) -> None:
    web.put("/bucket/a.txt", TEXT)
    options = {"key": "a", "secret": "b", "endpoint_url": web.url}
    data = gr.Flow(engine="inline").read_text("s3://bucket/a.txt", 2, storage_options=options)
    web.faults = [answered, *[cut_short] * 100]
    with pytest.raises(OSError, match=r"s3://bucket/a\.txt"):
        data.collect()


def test_a_file_that_changes_is_an_error(web: WebServer, no_waits: None) -> None:
    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", TEXT), 2)
    web.put("/a.txt", TEXT[:100])
    with pytest.raises(gr.GlowrayError, match="changed while the job read it"):
        data.collect()


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_a_file_that_is_replaced_while_it_is_read_is_an_error(web: WebServer, name: str) -> None:
    """The new file is as long as the old one."""
    times = formatdate(0, usegmt=True), formatdate(60, usegmt=True)
    versions = {"ETag": ('"1"', '"2"'), "Last-Modified": times}[name]
    web.more_headers[name] = versions[0]

    def replaced(handler: WebHandler) -> bool:
        web.put("/a.txt", TEXT.upper())
        web.more_headers[name] = versions[1]
        return False

    data = gr.Flow(engine="inline").read_text(web.put("/a.txt", TEXT), 1)
    web.faults = [answered, replaced]  # the first request tells the version
    with pytest.raises(gr.GlowrayError, match="changed while the job read it"):
        data.collect()


def test_a_file_that_is_replaced_before_it_is_asked_for_again_is_an_error(plain_web: WebServer, no_waits: None) -> None:
    def replaced(handler: WebHandler) -> bool:
        plain_web.more_headers["ETag"] = '"2"'
        return False

    plain_web.more_headers["ETag"] = '"1"'
    data = gr.Flow(engine="inline").read_text(plain_web.put("/a.txt", TEXT * 200))
    plain_web.faults = [answered, ends_early, replaced]
    with pytest.raises(gr.GlowrayError, match="changed while the job read it"):
        data.collect()


def test_memory_is_for_this_process(engine: Lab) -> None:
    place = chosen(f"memory://{uuid.uuid4().hex}/a.txt")
    with place.files.open_output(place.path) as file:
        file.write(b"x\n")
    data = engine.flow().read_text(place.path)
    if engine.name != "ray":
        assert data.collect() == ["x"]
        return
    with pytest.raises(ValueError, match=r"memory://.* only this process"):
        data.collect()
