"""Test that Arrow reads the same values from CSV as the csv module, for every text, type, chunk and column."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.io.csv import reader as module
from glowray.io.csv.quotes import whole_records
from glowray.io.csv.reader import CsvReader, csv_reader
from glowray.io.csv.records import Dialect
from glowray.io.refusals import Refusal

SCRAPS = st.lists(
    st.sampled_from(
        [b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"a", b"bc", b" ", "é".encode(), b"\xff", b"\0", b"'", b"\t", b"1"]
        + [b'"x"', b',"', b'",', b'\n"', b'"\n', b'"a,b"', b'"\n"', b",,", b"NULL", b"\xef\xbb\xbf"]
    ),
    max_size=25,
)
TYPES = st.sampled_from([None, {"x": int}, {"y": lambda text: text * 2}, {"x": len, "z": float}])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("columns") / "scraps.csv"


def outcome(rows: Iterator[Any]) -> Any:
    """Return the rows that were read, and the error that ended the reading."""
    found: list[Any] = []
    try:
        found.extend(rows)
    except Exception as error:
        return found, type(error), str(error)
    return found, None, None


def by_python(reader: CsvReader) -> Any:
    """Return the rows that Python alone reads."""
    (pieces,) = reader.partitions
    header = int(reader.header is True)
    return outcome(chain.from_iterable(chain.from_iterable(reader.rest(p, header) for p in pieces)))


def by_columns(reader: CsvReader) -> Any:
    return outcome(row for block in reader.read_blocks(0) for row in block.rows())


@given(scraps=SCRAPS, size=st.integers(1, 12), types=TYPES, quote=st.sampled_from(['"', "'", None]))
@example(scraps=[b"a,b,c\n", b"1,2,3\n", b"1,2\n", b"1,2,3\n"], size=4, types=None, quote='"')
@example(scraps=[b'a,"b', b"\n", b'c",""\n', b"\n,,\n"], size=1, types=None, quote='"')
@example(scraps=[b"\xef\xbb\xbf", b"\xef\xbb\xbf", b"\n", b"\xef\xbb\xbf", b"a\n"], size=1, types=None, quote=None)
@example(scraps=[b'a,"",'], size=9, types=None, quote='"')
def test_columns_are_what_python_reads(
    path: Path, scraps: list[bytes], size: int, types: Any, quote: str | None
) -> None:
    path.write_bytes(b"".join(scraps))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_BYTES", size)
        reader = csv_reader(path, 1, types=types, header=["x", "y", "z"], quotechar=quote)
        expected = by_python(reader)
        assert by_columns(reader) == expected
        assert outcome(chain.from_iterable(reader.read(0))) == expected


@given(scraps=SCRAPS, size=st.integers(1, 12), columns=st.sets(st.sampled_from(["x", "y", "z", "a"])), types=TYPES)
def test_a_pruned_reader_gives_the_same_rows_with_fewer_columns(
    path: Path, scraps: list[bytes], size: int, columns: set[str], types: Any
) -> None:
    path.write_bytes(b"".join(scraps))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_BYTES", size)
        reader = csv_reader(path, 1, types=types, header=["x", "y", "z"])
        rows, *error = by_python(reader)
        kept = {*columns, *(types or ())}
        expected = [{name: value for name, value in row.items() if name in kept} for row in rows]
        for pruned in (reader.pruned(columns), reader.pruned({*columns, "y"}).pruned(columns)):
            found, *failure = by_columns(pruned)
            assert failure == error
            if any(None in row for row in rows):  # this row is read whole, and so may its neighbours be
                assert all(row in (few, whole) for row, few, whole in zip(found, expected, rows, strict=True))
                assert [row for row in rows if None in row] == [row for row in found if None in row]
            else:
                assert found == expected


@given(records=st.lists(st.tuples(*[st.sampled_from(["1", "-2", "x", '"3"', '"a\nb"', ""])] * 2)), n=st.integers(1, 5))
@pytest.mark.parametrize("size", [1, 20, 1 << 20])
def test_a_refusing_reader_gives_all_other_rows(path: Path, records: list[tuple[str, str]], n: int, size: int) -> None:
    path.write_text("".join(f"{x},{y},z\n" for x, y in records))
    is_good = [not {"x", '"a\nb"'}.intersection(record) for record in records]
    expected = [
        {"x": int(x.strip('"')) if x else None, "y": int(y.strip('"')) if y else None, "z": "z"}
        for (x, y), good in zip(records, is_good, strict=True)
        if good
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_BYTES", size)
        reader = csv_reader(path, n, types={"x": int, "y": int}, header=["x", "y", "z"])
        for read, ahead in product((CsvReader.read, CsvReader.read_blocks), (False, True)):
            refused: list[Refusal] = []
            refusing = reader.refusing(lambda make, refused=refused: refused.append(make()), ahead=ahead)  # type: ignore[misc]
            parts = [part for index in range(n) for part in read(refusing, index)]
            assert [row for part in parts for row in (part if isinstance(part, list) else part.rows())] == expected
            found = [refusal.cause.row for refusal in refused]
            assert found == [f"{x},{y},z" for (x, y), good in zip(records, is_good, strict=True) if not good]
            lines = [1 + sum(x.count("\n") + y.count("\n") + 1 for x, y in records[:k]) for k in range(len(records))]
            bad = [line for line, good in zip(lines, is_good, strict=True) if not good]
            assert [int(str(refusal.error).split("line ")[1].split(",")[0]) for refusal in refused] == bad


def test_the_header_is_no_row_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\n\n"first name",,last\n\nAda,1,"Love\nlace"\n,"",\n')
    reader = csv_reader(path)
    assert by_columns(reader) == by_python(reader)
    assert [str(block.shape) for block in reader.read_blocks(0)] == ["{first name: str, : str, last: str}"]
    assert by_columns(reader)[0] == [
        {"first name": "Ada", "": "1", "last": "Love\nlace"},
        {"first name": None, "": "", "last": None},
    ]


def test_types_make_typed_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,x,s\n1,nan,a\n,2.5,b\n")
    (block,) = csv_reader(path, types={"n": int, "x": float}).read_blocks(0)
    assert (str(block.shape), block.pickled_values) == ("{n: int, x: float, s: str}", 0)
    first, second = block.rows()
    assert math.isnan(first["x"])
    assert second == {"n": None, "x": 2.5, "s": "b"}


def test_columns_keep_the_order_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n1,2,3\n")
    reader = csv_reader(path, columns=["c", "a"])
    assert [list(row.items()) for row in by_columns(reader)[0]] == [[("c", "3"), ("a", "1")]]
    assert [list(row.items()) for row in by_columns(reader.pruned(["a", "b", "c"]))[0]] == [[("c", "3"), ("a", "1")]]
    assert by_columns(reader.pruned([]))[0] == [{}]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig", "ascii"])
def test_every_encoding_reads_alike(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"x\ny"\n"",\n', encoding=encoding)
    assert by_columns(csv_reader(path, encoding=encoding))[0] == [{"a": "1", "b": "x\ny"}, {"a": "", "b": None}]


@given(scraps=SCRAPS, size=st.integers(1, 9))
def test_whole_records_are_the_same_bytes(scraps: list[bytes], size: int) -> None:
    data = b"".join(scraps)
    lines = [b"".join(lines) for lines in _grouped(data.splitlines(keepends=True), size)]
    found = list(whole_records(lines, Dialect()))
    whole = b"".join(filter(None, found))
    assert data.startswith(whole) if None in found else data == whole
    assert None not in found[:-1]


def _grouped(lines: list[bytes], size: int) -> Iterator[list[bytes]]:
    return (lines[start : start + size] for start in range(0, len(lines), size))
