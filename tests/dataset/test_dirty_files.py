"""Test files that programs really leave behind: each is read exactly, or refused by a clear error, on every engine."""

from __future__ import annotations

import gzip
import io
import json as json_module
import math
import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import glowray as gr
from glowray.errors import DamagedFile
from tests.engine.doubles import Lab

BOM = b"\xef\xbb\xbf"
HUGE = "x" * 3_000_000
NESTED = json_module.loads("[" * 100 + "]" * 100)


@dataclass(frozen=True)
class Dirty:
    """A file and what a verb of a flow must give for it: rows, or an error that matches `error`."""

    verb: str
    name: str
    content: bytes
    rows: list[Any] | None = None
    error: str = ""
    options: tuple[tuple[str, Any], ...] = ()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def text(name: str, content: bytes, rows: list[Any] | None = None, error: str = "", **options: Any) -> Dirty:
    return Dirty("read_text", name, content, rows, error, tuple(options.items()))


def csv(content: bytes, rows: list[Any] | None = None, error: str = "", **options: Any) -> Dirty:
    return Dirty("read_csv", "a.csv", content, rows, error, tuple(options.items()))


def json(content: bytes, rows: list[Any] | None = None, error: str = "", **options: Any) -> Dirty:
    return Dirty("read_json", "a.json", content, rows, error, tuple(options.items()))


GZIP = gzip.compress(b"a\nb\n" * 1000)

CASES = {
    # text
    "text with a BOM": text("a.txt", BOM + b"a\nb\n", ["a", "b"]),
    "text with a BOM, named": text("a.txt", BOM + b"a\nb\n", ["a", "b"], encoding="utf-8-sig"),
    "NULs in text": text("a.txt", b"a\0b\n\0\n", ["a\0b", "\0"]),
    "mixed newlines": text("a.txt", b"a\r\nb\nc\rd\n\r\n", ["a", "b", "c\rd", ""]),
    "no last newline": text("a.txt", b"a\nb", ["a", "b"]),
    "other line ends of Unicode": text("a.txt", "a\u2028b\x0bc\x85d\n".encode(), ["a\u2028b\x0bc\x85d"]),
    "newlines alone": text("a.txt", b"\n\n\r\n", ["", "", ""]),
    "an empty file": text("a.txt", b"", []),
    "a huge line": text("a.txt", HUGE.encode() + b"\nb\n", [HUGE, "b"]),
    "UTF-16 with a BOM": text("a.txt", "é\nb\n".encode("utf-16"), ["é", "b"], encoding="utf-16"),
    "UTF-16 without a BOM": text("a.txt", "é\nਊ\n".encode("utf-16-le"), ["é", "ਊ"], encoding="utf-16-le"),
    "UTF-16 as UTF-8": text("a.txt", "é\n".encode("utf-16"), error=r"utf-8(.|\n)*a\.txt"),
    "latin-1": text("a.txt", b"caf\xe9\n\x85\n", ["café", "\x85"], encoding="latin-1"),
    "latin-1 as UTF-8": text("a.txt", b"ok\ncaf\xe9\n", error=r"utf-8(.|\n)*a\.txt"),
    "latin-1 as UTF-8, replaced": text("a.txt", b"caf\xe9\n", ["caf\ufffd"], errors="replace"),
    "a surrogate in UTF-8": text("a.txt", b"\xed\xa0\x80\n", error=r"utf-8(.|\n)*a\.txt"),
    # compressed
    "a truncated gzip": text("a.txt.gz", GZIP[:-12], error=r"a\.txt\.gz"),
    "a gzip of two members": text("a.txt.gz", gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n"), ["a", "bc", "d"]),
    "a gzip with padding": text("a.txt.gz", gzip.compress(b"a\n") + b"\0" * 512, ["a"]),
    "a gzip with garbage": text("a.txt.gz", gzip.compress(b"a\n") + b"garbage", error=r"a\.txt\.gz"),
    "a damaged gzip": text("a.txt.gz", GZIP[:-8] + b"\0\0\0\0" + GZIP[-4:], error=r"a\.txt\.gz"),
    "a gzip that is none": text("a.txt.gz", b"a\nb\n", error=r"a\.txt\.gz"),
    "an empty file called gzip": text("a.txt.gz", b"", []),
    "a gzip of nothing": text("a.txt.gz", gzip.compress(b""), []),
    "a zip of one file": text("a.zip", zipped(a=b"a\nb\n"), ["a", "b"]),
    "a zip of two files": text("a.zip", zipped(a=b"a\n", b=b"b\n"), error=r"a\.zip.*2 files"),
    "a zip of none": text("a.zip", zipped(), error=r"a\.zip"),
    "a zip that is none": text("a.zip", b"a\n", error=r"a\.zip"),
    # CSV
    "CSV with a BOM": csv(BOM + b"n,m\n1,2\n", [{"n": "1", "m": "2"}]),
    "CSV with a BOM and quotes": csv(BOM + b'"n",m\n1,2\n', [{"n": "1", "m": "2"}]),
    "an empty CSV": csv(b"", []),
    "a header alone": csv(b"n,m\n", []),
    "a ragged CSV": csv(
        b"n,m\n1\n2,3,4,5\n\n6,7\n",
        [{"n": "1", "m": None}, {"n": "2", "m": "3", None: ["4", "5"]}, {"n": "6", "m": "7"}],
    ),
    "quotes within a field": csv(b'n,m\na"b"c,1\n"a ""b""",2\n', [{"n": 'a"b"c', "m": "1"}, {"n": 'a "b"', "m": "2"}]),
    "text after a quoted field": csv(b'n,m\n"a"b,1\n', [{"n": "ab", "m": "1"}]),
    "a quote that never ends": csv(b'n,m\n1,2\n3,"4\n5,6\n', error=r"a\.csv|quote"),
    "newlines in quotes": csv(b'n,m\r\n"a\r\nb","c\nd"\r\n', [{"n": "a\r\nb", "m": "c\nd"}]),
    "NULs in CSV": csv(b"n,m\na\0b,1\n", [{"n": "a\0b", "m": "1"}]),
    "a huge field": csv(b'n,m\n"' + HUGE.encode() + b'",1\n', [{"n": HUGE, "m": "1"}]),
    "a column twice": csv(b"n,n\n1,2\n", error="n"),
    "UTF-16 CSV": csv("n,m\né,1\n".encode("utf-16"), [{"n": "é", "m": "1"}], encoding="utf-16"),
    "CSV with NA": csv(b'n,m\nNA,"NA"\n', [{"n": None, "m": "NA"}], null_values=["", "NA"]),
    "a number with spaces": csv(b"n\n 1 \n\xc2\xa02\n", [{"n": 1}, {"n": 2}], types={"n": int}),
    "a field that is no number": csv(b"n\n1\nx\n", error=r"a\.csv.*(line 3|:3)", types={"n": int}),
    # JSON
    "JSON with a BOM": json(BOM + b'{"n": 1}\n', [{"n": 1}]),
    "JSON lines with blank lines": json(b'\n{"n": 1}\r\n  \n{"n": 2}', [{"n": 1}, {"n": 2}]),
    "a JSON array": json(b'[{"n": 1},\n {"n": "]"}]\n', [{"n": 1}, {"n": "]"}]),
    "a trailing comma in an array": json(b'[{"n": 1}, {"n": 2},]', error=r"a\.json"),
    "an array that never ends": json(b'[{"n": 1}, {"n": 2}', error=r"a\.json"),
    "an array and more": json(b'[{"n": 1}] {"n": 2}', error=r"a\.json"),
    "an array of nothing": json(b"[ ]", []),
    "a key twice": json(b'{"n": 1, "n": 2}\n', [{"n": 2}]),
    "deep JSON": json(b'{"n": ' + b"[" * 100 + b"]" * 100 + b"}\n", [{"n": NESTED}]),
    "a trailing comma": json(b'{"n": 1,}\n', error=r"a\.json.*(line 1|:1)"),
    "half an object": json(b'{"n": 1}\n{"n": ', error=r"a\.json.*(line 2|:2)"),
    "numbers beyond 64 bits": json(b'{"n": 1%s, "m": 1e400}\n' % (b"0" * 29), [{"n": 10**29, "m": math.inf}]),
    "lone surrogates in JSON": json(b'{"n": "\\ud800"}\n', [{"n": "\ud800"}]),
    "empty JSON": json(b"", []),
    "UTF-16 JSON as UTF-8": json('{"n": 1}\n'.encode("utf-16"), error=r"utf-8(.|\n)*a\.json"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("partitions", [None, 3])
def test_it_is_read_exactly_or_refused(engine: Lab, tmp_path: Path, case: str, partitions: int | None) -> None:
    dirty = CASES[case]
    path = tmp_path / dirty.name
    path.write_bytes(dirty.content)

    def read() -> list[Any]:
        rows: list[Any] = getattr(engine.flow(), dirty.verb)(path, partitions, **dict(dirty.options)).collect()
        return rows

    if dirty.rows is not None:
        assert read() == dirty.rows
        return
    with pytest.raises(ValueError) as caught:
        read()
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert re.search(dirty.error, told), told


HIVE = ["a%20b", "a%2Fb", "caf%C3%A9", "100%25", "x=y", "__HIVE_DEFAULT_PARTITION__"]
VALUES = ["a b", "a/b", "café", "100%", "x=y", None]


def test_hive_folders_with_escaped_values(engine: Lab, tmp_path: Path) -> None:
    for number, name in enumerate(HIVE):
        folder = tmp_path / f"key={name}"
        folder.mkdir()
        pq.write_table(pa.table({"n": [number]}), folder / "part.parquet")
    rows = engine.flow().read_parquet(tmp_path).sort("n").collect()
    assert rows == [{"n": number, "key": value} for number, value in enumerate(VALUES)]


def test_a_field_that_is_no_decimal_number(flow: gr.Flow, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,1.10\n2,x\n")
    with pytest.raises(DamagedFile, match=r'line 3, column "b": not a decimal number'):
        flow.read_csv(path, types={"b": Decimal}).collect()
