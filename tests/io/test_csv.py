"""Test that CSV is read as csv.DictReader reads it, at any cut of a file, and that written rows read back."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glowray.io import CsvSink
from glowray.io.csv.column_types import infer_types
from glowray.io.csv.reader import csv_reader
from glowray.io.csv.record_starts import record_starts
from glowray.io.csv.records import Dialect, read_records
from glowray.io.files.encoding import Encoding
from glowray.io.files.splits import Piece
from glowray.io.filesystem.location import Location
from tests.effort import examples

SCRAPS = st.lists(
    st.sampled_from([",", '"', '""', "\n", "\r\n", "\r", "a", "bc", " ", "é", '"x"', ',"', '",', '\n"', '"\n'])
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv")


def dict_reader(text: str, header: list[str] | None = None) -> list[dict[Any, Any]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), header))


def emptied(rows: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Return the rows with an empty field for each None, as DictReader gives it."""
    return [
        {key: [field or "" for field in value] if key is None else value or "" for key, value in row.items()}
        for row in rows
    ]


@given(parts=SCRAPS, size=st.integers(1, 9))
def test_records_are_those_of_the_csv_module(folder: Path, parts: list[str], size: int) -> None:
    text = "".join(parts)
    path = folder / "scraps.csv"
    path.write_bytes(text.encode())
    expected = [record for record in csv.reader(io.StringIO(text, newline="")) if record]
    found: list[list[str]] = []
    try:
        for records in read_records(Piece(Location(str(path))), Dialect(), Encoding(), size):
            found += [[field or "" for field in record] for record in records]
    except ValueError as error:
        assert "never closed" in str(error)
        assert found == expected[:-1]
        with pytest.raises(csv.Error, match="unexpected end of data"):
            last = expected[-1][-1]
            list(csv.reader(io.StringIO('"' + last.replace('"', '""'), newline=""), strict=True))
    else:
        assert found == expected


@given(parts=SCRAPS, n=st.integers(1, 7))
def test_a_file_is_cut_only_where_no_record_is_hurt(folder: Path, rows_of: Any, parts: list[str], n: int) -> None:
    path = folder / "cut.csv"
    path.write_bytes("".join(parts).encode())
    header = ["x", "y"]
    try:
        expected = rows_of(csv_reader(path, 1, header=header))
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error).split(": ")[1]):
            rows_of(csv_reader(path, n, header=header))
    else:
        reader = csv_reader(path, n, header=header)
        assert reader.num_partitions == n
        assert rows_of(reader) == expected
        assert emptied(expected) == emptied(dict_reader("".join(parts), header))


FIELDS = st.none() | st.text(st.characters(blacklist_categories=["Cs"]) | st.sampled_from(',"\n\r\ufeff'), max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[dict[str, Any]]]]:
    names = draw(st.lists(FIELDS.filter(lambda name: name is not None), min_size=2, max_size=4, unique=True))
    row = st.tuples(*[FIELDS] * len(names)).map(lambda values: dict(zip(names, values, strict=True)))
    return names, draw(st.lists(st.lists(row, max_size=4), min_size=1, max_size=4))


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(table=tables(), n=st.integers(1, 7), delimiter=st.sampled_from(",;\t"), split_bytes=st.integers(1, 40))
@pytest.mark.parametrize("compression", [None, "gz", "zst"])
@pytest.mark.parametrize("single_file", [False, True])
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows_of: Any,
    write: Any,
    single_file: bool,
    compression: str | None,
    table: Any,
    n: int,
    delimiter: str,
    split_bytes: int,
) -> None:
    _, parts = table
    sink = CsvSink(compression, dialect=Dialect(delimiter))
    target = tmp_path_factory.mktemp("csv") / ("out" + sink.extension)
    write(target, sink, parts, single_file=single_file)
    write(target, sink, parts, "append", single_file=single_file)
    expected = [row for part in [*parts, *parts] for row in part]
    assert rows_of(csv_reader(target, n, delimiter=delimiter)) == expected
    assert rows_of(csv_reader(target, delimiter=delimiter, split_bytes=split_bytes)) == expected


@given(table=tables(), size=st.integers(1, 60), data=st.data())
def test_cuts_of_well_quoted_files_are_before_records(folder: Path, table: Any, size: int, data: Any) -> None:
    names, parts = table
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=data.draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])))
    begins = []
    for row in [names, *(row.values() for part in parts for row in part)]:
        begins.append(len(buffer.getvalue().encode()))
        writer.writerow(row)
    content = buffer.getvalue().encode()
    path = folder / "cuts.csv"
    path.write_bytes(content)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(content) - 1)))))
    starts = record_starts(Location(str(path)), cuts, Dialect(), size)
    ends = [*begins, len(content)]
    assert starts is not None
    for cut, start in zip(cuts, starts, strict=True):
        assert start in ends
        assert start == min(end for end in ends if end >= cut)


def test_fields_are_text_and_none_is_not_the_empty_string(tmp_path: Path, rows_of: Any) -> None:
    text = 'zip,name,amount\n02139,"",1.50\n,,\n"a ""b""","x\ny"\n\n1,2,3,4,""\n'
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    rows = rows_of(csv_reader(tmp_path))
    assert rows == [
        {"zip": "02139", "name": "", "amount": "1.50"},
        {"zip": None, "name": None, "amount": None},
        {"zip": 'a "b"', "name": "x\ny", "amount": None},
        {"zip": "1", "name": "2", "amount": "3", None: ["4", ""]},
    ]
    assert emptied(rows) == emptied(dict_reader(text))


def test_each_file_has_its_own_header(tmp_path: Path, rows_of: Any) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("")
    (tmp_path / "c.csv").write_text("b,a\n3,4")
    (tmp_path / "d.csv").write_text("a,b\n")
    expected = [{"a": "1", "b": "2"}, {"b": "3", "a": "4"}]
    for n in (None, 1, 3, 20):
        assert rows_of(csv_reader(tmp_path, n)) == expected
    assert rows_of(csv_reader(tmp_path, columns=["b"])) == [{"b": "2"}, {"b": "3"}]
    assert rows_of(csv_reader(tmp_path / "c.csv", header=False)) == [{"0": "b", "1": "a"}, {"0": "3", "1": "4"}]
    assert rows_of(csv_reader(tmp_path / "c.csv", header=["x"])) == [{"x": "b", None: ["a"]}, {"x": "3", None: ["4"]}]


def test_types_convert_columns(tmp_path: Path, rows_of: Any) -> None:
    (tmp_path / "a.csv").write_text("n,x,day,ok,exact,s\n7,1.5,2024-02-29,true,1.10,\n,,,FALSE,,\n")
    types = {"n": int, "x": float, "day": dt.date, "ok": bool, "exact": Decimal, "s": int}
    assert rows_of(csv_reader(tmp_path, types=types)) == [
        {"n": 7, "x": 1.5, "day": dt.date(2024, 2, 29), "ok": True, "exact": Decimal("1.10"), "s": None},
        {"n": None, "x": None, "day": None, "ok": False, "exact": None, "s": None},
    ]


@pytest.mark.parametrize(("column", "convert", "reason"), [("n", int, "invalid literal"), ("b", bool, "neither true")])
@pytest.mark.parametrize("n", [1, 4])
def test_a_value_of_another_type_names_file_line_and_column(
    tmp_path: Path, column: str, convert: Any, reason: str, n: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_text('n,b,note\n1,true,"two\nlines"\n\n2,false,x\nmany,maybe,x\n3,true,\n')
    rows: list[Any] = []
    with pytest.raises(ValueError, match=f'"{path}", line 6, column "{column}": .*{reason}'):
        for index in range(n):
            for batch in csv_reader(path, n, types={column: convert}).read(index):
                rows += batch
    assert len(rows) == 2


class OwnError(Exception):
    pass


def test_an_error_of_the_users_own_function_stays_what_it_is(tmp_path: Path, rows_of: Any) -> None:
    def convert(text: str) -> str:
        raise OwnError(text)

    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(OwnError, match="1") as caught:
        list(csv_reader(tmp_path, types={"a": convert}).read(0))
    assert f'"{tmp_path}/a.csv", line 2, column "a"' in caught.value.__notes__


VALUES = st.one_of(
    st.none(),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["True", "False", "", "02139", "1.50", "+1", "-0", "1e5", " 1", "nan", "1_000", "٣", "x", "9" * 5000]
    ),
)


@given(columns=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=4))
@example(columns=[["1", "2", None], ["1.0", "-0.0", "inf"], ["True", None, None], ["1", "2.5", None], [None] * 3])
def test_inferred_types_write_back_as_the_same_text(columns: list[list[str | None]]) -> None:
    names = [f"c{place}" for place in range(len(columns))]
    records = [list(record) for record in zip(*columns, strict=True)]
    types = infer_types([(names, records[:1]), (names, records[1:])])
    for name, values in zip(names, columns, strict=True):
        present = [value for value in values if value is not None]
        if name in types:
            read = {"True": True, "False": False} if types[name] is bool else None
            assert [str(read[value] if read else types[name](value)) for value in present] == present
        else:
            whole = [
                str(int(value)) if value.lstrip("-").isdecimal() and len(value) < 4000 else None for value in present
            ]
            assert not present or whole != present


def test_types_are_inferred_over_the_whole_input(tmp_path: Path, rows_of: Any) -> None:
    rows = "".join(f"{n},{n}.5,{n}\n" for n in range(1000))
    (tmp_path / "a.csv").write_text("a,b,c\n" + rows)
    (tmp_path / "b.csv").write_text('a,b,c\n1,2.0,""\n')
    read = rows_of(csv_reader(tmp_path, 5, types="infer"))
    assert read[7] == {"a": 7, "b": 7.5, "c": "7"}
    assert read[-1] == {"a": 1, "b": 2.0, "c": ""}


def test_wrong_use_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    for message, options in [
        ('has no column "c"; it has a, b', {"types": {"c": int}}),
        ('has no column "c"', {"columns": ["c"]}),
        ('"b" twice', {"columns": ["b", "b"]}),
        ("delimiter must be one character", {"delimiter": ",,"}),
        ("must differ", {"delimiter": '"'}),
        ("at least 1", {"partitions": 0}),
    ]:
        with pytest.raises(ValueError, match=message):
            csv_reader(path, **options)  # type: ignore[arg-type]
    for options in [{"types": {"a": 3}}, {"types": "guess"}, {"header": "a"}]:
        with pytest.raises(TypeError):
            csv_reader(path, **options)  # type: ignore[arg-type]
    with pytest.raises(LookupError):
        csv_reader(path, encoding="latin-77")
    path.write_text("a,b,a\n1,2,3\n")
    with pytest.raises(ValueError, match=f'"{path}" has the column "a" twice'):
        list(csv_reader(path).read(0))


def test_other_encodings_and_no_quotes(tmp_path: Path, rows_of: Any) -> None:
    (tmp_path / "a.csv").write_text('a,b\n"é\n",x\n', encoding="utf-16")
    assert rows_of(csv_reader(tmp_path, 3, encoding="utf-16")) == [{"a": "é\n", "b": "x"}]
    (tmp_path / "a.csv").write_bytes('a|b\n"é|"\n'.encode("latin-1"))
    rows = rows_of(csv_reader(tmp_path, 3, encoding="latin-1", delimiter="|", quotechar=None))
    assert rows == [{"a": '"é', "b": '"'}]


def test_a_field_longer_than_the_modules_limit(tmp_path: Path, rows_of: Any) -> None:
    limit = csv.field_size_limit()
    (tmp_path / "a.csv").write_text('a,b\n"' + "x" * 300_000 + '",1\n')
    assert len(rows_of(csv_reader(tmp_path))[0]["a"]) == 300_000
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([{"a": 1}, {"a": 1, 2: 2}], TypeError, "is a str, not 2"),
        ([{}, {"a": 1}], ValueError, r'None in the only column "a" .* the row \{\}'),
        ([{"a": None}], ValueError, 'None in the only column "a"'),
        ([{}], ValueError, "at least one column"),
        ([{1: 2}], TypeError, "is a str, not 1"),
        ([{"a": [1], "b": 1}], TypeError, 'column "a": CSV has no list'),
        ([{"a": b"x"}], TypeError, 'column "a": CSV has no bytes'),
        ([("a", 1)], TypeError, "needs dict rows"),
        ([{"a": "\ud800"}], ValueError, "surrogate"),
    ],
)
def test_rows_that_would_not_read_back_are_refused(
    tmp_path: Path, write: Any, rows: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        write(tmp_path / "out", CsvSink(), [rows])
    assert list(tmp_path.iterdir()) == []


def test_columns_are_put_in_order_and_given_ones_filled(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "a", CsvSink(), [[{"a": 1, "b": Decimal("2.5")}, {"b": Decimal("1.10"), "a": 2}], []])
    assert (tmp_path / "a" / "part-00000.csv").read_text() == "a,b\n1,2.5\n2,1.10\n"
    assert not (tmp_path / "a" / "part-00001.csv").exists()
    write(tmp_path / "none", CsvSink(), [[], []])
    assert [path.name for path in (tmp_path / "none").iterdir()] == ["_SUCCESS"]
    write(tmp_path / "named", CsvSink(columns=("b", "a")), [[], []])
    assert [path.read_text() for path in (tmp_path / "named").glob("part-*")] == ["b,a\n"]
    sink = CsvSink(columns=("b", "a"), header=False)
    write(tmp_path / "b", sink, [[{"a": 1}]])
    assert (tmp_path / "b" / "part-00000.csv").read_text() == ",1\n"


def test_one_file_has_one_header_and_columns_must_agree(tmp_path: Path, write: Any) -> None:
    target = tmp_path / "one.csv"
    write(target, CsvSink(), [[], [{"a": 1, "b": 2}], [{"a": 3, "b": 4}]], single_file=True)
    assert target.read_text() == "a,b\n1,2\n3,4\n"
    with pytest.raises(ValueError, match=f'"{target}" has no column "x"'):
        write(target, CsvSink(), [[{"x": 1}]], "append", single_file=True)
    write(target, CsvSink(), [[{"a": 5, "b": None}], [{"b": 6}]], "append", single_file=True)
    assert target.read_text() == "a,b\n1,2\n3,4\n5,\n,6\n"
    write(target, CsvSink(), [[{"a": 1, "b": 2}], [{"c": "x\n", "a": 2}]], "overwrite", single_file=True)
    assert target.read_text() == 'a,b,c\n1,2,\n2,,"x\n"\n'


def test_what_is_added_to_a_folder_has_its_columns(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "out", CsvSink(), [[{"a": 1, "b": 2}]])
    write(tmp_path / "out", CsvSink(), [[{"b": 3}], [{"b": 4, "a": ""}]], "append")
    parts = [path.read_text() for path in sorted((tmp_path / "out").glob("part-*"))]
    assert parts == ["a,b\n1,2\n", "a,b\n,3\n", 'a,b\n"",4\n']
    with pytest.raises(ValueError, match=r'part-00000.csv" has no column "c"'):
        write(tmp_path / "out", CsvSink(), [[{"b": 3, "c": 1}]], "append")
    with pytest.raises(ValueError, match=r'part-00000.csv" has 2 columns, the new rows have 1'):
        write(tmp_path / "out", CsvSink(header=False), [[{"b": 3}]], "append")
    assert len(list((tmp_path / "out").iterdir())) == 4


TEXTS = st.sampled_from(["", "NA", "na", " NA", "N/A", "-", "1", "é", "x y", "\ufeff", 'a"b', "a,b", "a\nb", "a\r\nb"])
CELLS = st.tuples(TEXTS, st.booleans())
NULLS = st.lists(TEXTS | st.sampled_from(["\ud800", "é" * 5000]), max_size=4)


def spelled(cells: list[tuple[str, bool]], mark: str = "") -> str:
    """Return a line for texts, some of them quoted. Put `mark` before the text inside the quotes."""
    fields = []
    for text, is_quoted in cells:
        is_quoted = is_quoted or any(special in text for special in '",\r\n')
        fields.append('"' + mark + text.replace('"', '""') + '"' if is_quoted else text)
    return ",".join(fields) + "\n"


@given(
    header=st.permutations(["x", "NA", "", "z"]), records=st.lists(st.lists(CELLS, min_size=2, max_size=4)), nulls=NULLS
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_null_values_are_the_unquoted_fields_that_are_one(
    folder: Path, encoding: str, header: list[str], records: list[list[tuple[str, bool]]], nulls: list[str]
) -> None:
    path = folder / "nulls.csv"
    head = spelled([(name, False) for name in header])
    path.write_bytes((head + "".join(map(spelled, records))).encode(encoding))
    marked = csv.DictReader(io.StringIO(head + "".join(spelled(cells, "\x01") for cells in records), newline=""))
    expected = [
        {name: None if text is None or text in nulls else text.removeprefix("\x01") for name, text in row.items()}
        for row in marked
    ]
    reader = csv_reader(path, 1, null_values=nulls, encoding=encoding)
    assert [row for rows in reader.read(0) for row in rows] == expected
    blocks = [rows if isinstance(rows, list) else rows.rows() for rows in reader.read_blocks(0)]
    assert list(chain.from_iterable(blocks)) == expected
