"""Test that a file with one array of objects gives these objects in any layout. Any other file is JSON lines."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import DamagedFile
from glowray.io.files.splits import Piece
from glowray.io.filesystem.location import Location
from glowray.io.json import array as json_array
from glowray.io.json.array import array_lists, is_array
from glowray.io.json.json_lines import json_reader
from glowray.io.json.sink import JsonSink
from glowray.io.json.values import value_of

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.just("\U0001f600"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab]}[{,\n", max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=3)
BLANKS = st.text(" \t\r\n", max_size=3)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arrays") / "a.json"


@st.composite
def printed(draw: st.DrawFn, values: list[Any]) -> str:
    """Draw a text of the array: with any blanks, on one or many lines, and perhaps a byte order mark."""
    indent, separators = draw(st.sampled_from([(None, (",", ":")), (None, (", ", ": ")), (1, None), ("\t", None)]))
    escapes = draw(st.booleans())
    text = json.dumps(values, indent=indent, separators=separators, ensure_ascii=escapes)
    text = "[" + draw(BLANKS) + text[1:-1] + draw(BLANKS) + "]"
    return draw(st.sampled_from(["", "\ufeff"])) + draw(BLANKS) + text + draw(st.text(" \r\n", max_size=3))


@given(values=st.lists(OBJECTS, max_size=5), size=st.integers(1, 30), data=st.data())
@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_an_array_is_its_objects(path: Path, rows_of: Any, name: str, values: list[Any], size: int, data: Any) -> None:
    path, content = path.with_name(name), data.draw(printed(values)).encode("utf-8", "surrogatepass")
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "CHUNK_BYTES", size)
        assert is_array(Location(str(path)))
        for lines in (None, False):
            reader = json_reader(path, 3, lines=lines)
            assert repr(rows_of(reader)) == repr(values)
            assert sum(bool(list(reader.read(index))) for index in range(3)) <= 1


@given(values=st.lists(VALUES, max_size=5), size=st.integers(1, 30), data=st.data())
def test_items_of_any_kind(path: Path, values: list[Any], size: int, data: Any) -> None:
    path.write_bytes(data.draw(printed(values)).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "CHUNK_BYTES", size)
        assert repr([item for items in array_lists(Piece(Location(str(path)))) for item in items]) == repr(values)


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize(
    "item", ["1234567890", "-1.5e10", "9" * 5000, '"\\ud83d\\ude00"', '"a\\\\\\"b"', "-Infinity", "false"]
)
def test_an_item_that_goes_over_chunks(path: Path, monkeypatch: pytest.MonkeyPatch, item: str, size: int) -> None:
    path.write_text(f"[{item},{item}]")
    monkeypatch.setattr(json_array, "CHUNK_BYTES", size)
    assert list(array_lists(Piece(Location(str(path))))) == [[value_of(item)] * 2]


LINES = st.lists(st.lists(OBJECTS, max_size=2) | OBJECTS | st.integers() | st.text("[]{,", max_size=3), min_size=2)


@given(values=LINES, between=st.text(" \t\r", max_size=2), size=st.integers(1, 30), n=st.integers(1, 3))
def test_lines_of_arrays_stay_lines(
    path: Path, rows_of: Any, values: list[Any], between: str, size: int, n: int
) -> None:
    path.write_text("".join(f"{json.dumps(value)}{between}\n\n" for value in values))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "CHUNK_BYTES", size)
        assert not is_array(Location(str(path)))
        assert repr(rows_of(json_reader(path, n))) == repr(values)


def test_lines_true_never_looks(tmp_path: Path, rows_of: Any) -> None:
    (tmp_path / "a.json").write_text('[{"a": 1}, {"a": 2}]\n')
    assert rows_of(json_reader(tmp_path, lines=True)) == [[{"a": 1}, {"a": 2}]]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('[{"a": 1},\n {"a": 2}\n {"a": 3}]', 3, "Expecting ','"),
        ('[{"a": 1},\n {"a": 2},\n', 3, "Expecting value"),
        ('[{"a": 1},\n {"a": "x', 2, "Unterminated string"),
        ('[{"a": 1},\n {"a" 2}]', 2, "Expecting ':'"),
        ('[{"a": 1},\n {"a": 2}', 2, "Expecting ','"),
        ('[{"a": 1},\n {"a": 2}]\n]', 3, "more text follows the array"),
        ('[{"a": 1},\n' + "[" * 400 + "]" * 400 + "]", 2, "nests its values too deep"),
        ('[{"a": 1},\n' + "[" * 200_000 + "]", 2, "nests its values too deep"),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_damaged_array_is_an_error_after_the_items_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, reason: str, size: int
) -> None:
    monkeypatch.setattr(json_array, "CHUNK_BYTES", size)
    path = tmp_path / "a.json"
    path.write_text(text)
    rows: list[Any] = []
    with pytest.raises(DamagedFile, match=f'"{path}", line {line} is not in an array of JSON: .*{reason}'):
        for items in json_reader(path).refusing(lambda make: None, ahead=True).read(0):
            rows += items
    assert rows[:1] == [{"a": 1}]


def test_the_text_that_is_held_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"a": number} for number in range(20_000)]))
    monkeypatch.setattr(json_array, "CHUNK_BYTES", 1000)
    array = json_array._ArrayText(Piece(Location(str(path))))
    held = 0
    for number, item in enumerate(array.items()):
        assert item == {"a": number}
        held = max(held, len(array.text))
    assert held < 5000


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
@pytest.mark.parametrize("row", [[], [{}], [{"a": [1]}, 2], [[{}]], {}])
def test_a_lone_row_that_is_written_stays_a_row(
    tmp_path: Path, rows_of: Any, write: Any, monkeypatch: pytest.MonkeyPatch, row: Any, size: int
) -> None:
    write(tmp_path / "out", JsonSink(), [[row], [], [row, row]])
    monkeypatch.setattr(json_array, "CHUNK_BYTES", size)
    assert rows_of(json_reader(tmp_path / "out")) == [row] * 3
    assert all(json.loads(line) == row for path in (tmp_path / "out").glob("part*") for line in path.open())
