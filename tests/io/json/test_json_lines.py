"""Test that JSON lines keep types, and that errors give the position of bad lines."""

from __future__ import annotations

import json
import math
from collections import OrderedDict, namedtuple
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import DamagedFile
from glowray.io import JsonSink
from glowray.io.json.json_lines import json_reader

TEXT = st.text(st.characters(blacklist_categories=["Cs"]) | st.sampled_from(['"', "\\", "\n", "\r", "\u2028", "\x00"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(10**30), -0.0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """Return a value with all types in it, the order of keys and the sign of zero."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [*map(shape, value)]
    return (type(value), hex(value) if isinstance(value, int) else repr(value))


@given(parts=st.lists(st.lists(JSON, max_size=4), min_size=1, max_size=4), n=st.integers(1, 5))
@pytest.mark.parametrize("single_file", [False, True])
def test_json_values_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows_of: Any, write: Any, single_file: bool, parts: list[Any], n: int
) -> None:
    target = tmp_path_factory.mktemp("json") / "out"
    write(target, JsonSink(), parts, single_file=single_file)
    assert shape(rows_of(json_reader(target, n))) == shape([row for part in parts for row in part])


BLANKS = st.text(st.sampled_from(" \t"), max_size=2)
SCALARS = st.one_of(
    JSON.map(lambda value: json.dumps(value)),
    JSON.map(lambda value: json.dumps(value, ensure_ascii=False)),
    st.sampled_from(["NaN", "-Infinity", "1e999", "-0", "1E2", "123456789012345678901234567890", "0.10", '"\\ud800"']),
    st.sampled_from(["01", "+1", ".5", "'x'", "nul", "1 2", '"\\x41"']),
)
KEYS = st.sampled_from(['"a"', '"\\u0061"', '"b"', '"\\u0062"', '""', '"\\ud83d\\ude00"', '"😀"'])
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(st.tuples(KEYS, BLANKS, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f"{blank}{key}{blank}:{blank}{value}" for key, blank, value in pairs) + "}"
        ),
        st.lists(inner, max_size=3).map(lambda items: "[" + " ,".join(items) + "]"),
    ),
    max_leaves=8,
)


@given(lines=st.lists(st.tuples(BLANKS, OBJECTS, BLANKS).map("".join), min_size=1, max_size=4), n=st.integers(1, 3))
def test_a_line_is_what_json_loads_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, rows_of: Any, lines: list[str], n: int
) -> None:
    """A key may occur twice, with different escapes. Its first place and its last value count."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text("\n".join(lines), encoding="utf-8")
    wanted: list[Any] = []
    for number, line in enumerate(lines, 1):
        try:
            wanted.append(json.loads(line))
        except ValueError:
            with pytest.raises(DamagedFile, match=rf'"{path}", line {number} is not a line of JSON'):
                rows_of(json_reader(path, n, lines=True))
            return
    assert shape(rows_of(json_reader(path, n, lines=True))) == shape(wanted)


def test_the_last_value_of_a_key_counts(tmp_path: Path, rows_of: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a":1,"b":2,"\\u0061":{"x":1,"x":[{"y":0,"y":NaN}]}}\n' + ' {"a":1,"a":' + "7" * 5000 + "}")
    first, second = rows_of(json_reader(path))
    assert list(first) == ["a", "b"] and math.isnan(first["a"]["x"][0]["y"])
    assert second == {"a": (10**5000 - 1) // 9 * 7}


def test_ints_of_any_size(tmp_path: Path, rows_of: Any, write: Any) -> None:
    rows = [{"big": [10**5000, -(10**4299), {"é": 7 - 10**9000}], "x": 1.5}, 10**4300 - 1]
    write(tmp_path / "out", JsonSink(), [rows])
    assert rows_of(json_reader(tmp_path / "out")) == rows


@given(rows=st.lists(st.text(st.sampled_from("aé\ud800\udc00\udfff")), min_size=1))
def test_half_surrogates_come_back_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, rows_of: Any, write: Any, rows: list[str]
) -> None:
    target = tmp_path_factory.mktemp("json") / "out"
    pairs = any("\ud800\udc00" in row or "\ud800\udfff" in row for row in rows)
    if pairs:
        with pytest.raises(ValueError, match="surrogate pair"):
            write(target, JsonSink(), [rows])
        assert not target.exists()
    else:
        write(target, JsonSink(), [rows])
        assert rows_of(json_reader(target)) == rows


class Text(str):
    pass


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (float("-inf"), ValueError),
        ((1, 2), TypeError),
        (b"x", TypeError),
        ({1}, TypeError),
        ({1: 2}, TypeError),
        (Text("x"), TypeError),
        (OrderedDict(), TypeError),
        (namedtuple("P", "x")(1), TypeError),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_column(tmp_path: Path, write: Any, value: Any, error: type) -> None:
    for row, column in [({"a": 1, "b": value}, "b"), ({"a": {"b": [0, value]}}, r"a\.b\[1\]")]:
        with pytest.raises(error, match=f'column "{column}'):
            write(tmp_path / "out", JsonSink(), [[{"a": 1}, row]])
    with pytest.raises(error, match=r"the row itself|column|keys"):
        write(tmp_path / "out", JsonSink(), [[value]])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{'a': 1}", "Expecting property name enclosed in double quotes at column 2"),
        ('{"a": 1} {"a": 2}', "Extra data at column 10"),
        ("[" * 100_000, "(recursion|[Ss]tack overflow)"),
        ("[", "Expecting value"),
        ("\u00a0", "Expecting value"),
        ("\x0c", "Expecting value"),
        ('\ufeff{"a": 1}', "BOM|Expecting value"),
        ('{"a": "\t"}', "Invalid control character"),
        ("{" + '"a": ' + "1" * 5000, "Expecting ',' delimiter"),
    ],
)
def test_a_wrong_line_is_named_and_comes_after_the_right_ones(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 0}\n\n' + f"{line}\n" + '{"a": 1}\n')
    for partitions in (1, 3):
        rows: list[Any] = []
        with pytest.raises(ValueError, match=f'"{path}", line 3 is not a line of JSON: .*{reason}'):
            for index in range(partitions):
                for morsel in json_reader(path, partitions).read(index):
                    rows += morsel
        assert rows == [{"a": 0}]


def test_a_mark_at_the_start_and_windows_line_ends(tmp_path: Path, rows_of: Any) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n \r\n{"a": "\xc3\xa9"}')
    assert rows_of(json_reader(tmp_path)) == [{"a": 1}, {"a": "é"}]


@pytest.mark.parametrize("levels", [299, 300, 500, 900, 1000, 5000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_levels_of_nesting(tmp_path: Path, brackets: str, levels: int) -> None:
    opened, closed = brackets
    path, inner = tmp_path / "a.json", "" if brackets == "[]" else '"a":'
    wide = "[" + ",".join(['{"a":[1]}'] * 500) + "]"  # many brackets, but few levels
    deep = (opened + inner) * (levels - 1) + brackets + closed * (levels - 1)
    path.write_text(f"1\n{wide}\n{deep}\n")
    flow = gr.Flow(engine="inline")
    for run in (
        lambda rows: len(rows.collect()),
        gr.Dataset.count,
        lambda rows: rows.write_json(tmp_path / "out").rows,
    ):
        if levels < 300:
            assert run(flow.read_json(path)) == 3
        else:
            with pytest.raises(
                DamagedFile,
                match=r'a.json", line 3 (nests its values so deep|is not a line of JSON: .*(recursion|overflow))',
            ):
                run(flow.read_json(path))


def test_a_row_too_deep_to_be_written(tmp_path: Path) -> None:
    def deep(row: int) -> Any:
        value: Any = row
        for _ in range(2000):
            value = [value]
        return value

    with pytest.raises(ValueError, match="nests its values too deep to be written as JSON"):
        gr.Flow(engine="inline").from_items([1]).map(deep).write_json(tmp_path / "out")
