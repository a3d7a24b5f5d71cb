"""Test that show() prints rows as a table."""

from __future__ import annotations

import io
import itertools
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.watch.row_view import show_rows
from tests.engine.doubles import Lab
from tests.rows import hostile


class Town(NamedTuple):
    name: str
    people: int


@dataclass
class Point:
    x: int


class Mute:
    def __repr__(self) -> str:
        raise ValueError("no words")


def shown(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    lines = capsys.readouterr().out.splitlines()
    return [[cell.strip() for cell in line.strip("│").split("│")] if "│" in line else [line] for line in lines]


def cells(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [row for row in shown(capsys) if not set(row[0]) & set("┌├└")]


def test_headings(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    flow = engine.flow()
    for rows, wanted in (
        ([("a", 1)], [["0", "1"], ["a", "1"]]),
        ([Town("Oslo", 7)], [["name", "people"], ["Oslo", "7"]]),
        ([{"a": 1, "b": None}], [["a", "b"], ["1", "None"]]),
        ([1.5], [["value"], ["1.5"]]),
    ):
        flow.from_items(rows).show()
        assert cells(capsys) == wanted


@pytest.mark.slow
def test_no_more_rows_than_asked_for(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    rows = engine.flow().from_range(30, partitions=3)
    rows.show(2)
    assert cells(capsys) == [["value"], ["0"], ["1"], ["… the first 2 rows"]]
    rows.show()
    assert len(cells(capsys)) == 22
    rows.show(30)
    assert len(cells(capsys)) == 31


def test_markup_and_control_characters_are_text(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    engine.flow().from_items(["[bold]x[/bold]"]).show()
    assert cells(capsys)[1] == ["[bold]x[/bold]"]


def test_what_the_terminal_has_no_form_for_is_escaped(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    engine.flow().from_items([{"\udfff": "\ud800é"}]).show()
    assert cells(capsys) == [["\\udfff"], ["\\ud800é"]]


def test_square_brackets_are_no_markup(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    engine.flow().from_items([{"[b]x": "[red]y[/]"}]).show()
    assert cells(capsys) == [["[b]x"], ["[red]y[/]"]]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([{"a": 1}, 3], [["value"], ["{'a': 1}"], ["3"]]),
        ([{"a": 1}, (1, 2)], [["value"], ["{'a': 1}"], ["(1, 2)"]]),
        ([{"a": 1}, "x"], [["value"], ["{'a': 1}"], ["'x'"]]),
        ([(1, 2), [1, 2]], [["value"], ["(1, 2)"], ["[1, 2]"]]),
        ([Town("Oslo", 7), ("Oslo", 7)], [["value"], ["Town(name='Oslo', people=7)"], ["('Oslo', 7)"]]),
        ([{"a": 1}, OrderedDict(a=1)], [["value"], ["{'a': 1}"], [repr(OrderedDict(a=1))]]),
        ([[1, 2], [3]], [["value"], ["[1, 2]"], ["[3]"]]),
        ([Point(1)], [["value"], ["Point(x=1)"]]),
        ([OrderedDict(a=1)], [["a"], ["1"]]),
        ([{"a": 1}, None, ""], [["value"], ["{'a': 1}"], ["None"], ["''"]]),
        ([{}, {}], [["value"], ["{}"], ["{}"]]),
        ([()], [["value"], ["()"]]),
        ([""], [["value"], ["''"]]),
        ([Mute()], [["value"], ["<Mute, whose repr raises ValueError>"]]),
        ([{"a": 1}, {"b": 2}, {}], [["a", "b"], ["1", "·"], ["·", "2"], ["·", "·"]]),
        ([(1,), (1, 2), ()], [["0", "1"], ["1", "·"], ["1", "2"], ["·", "·"]]),
        ([{1: "x", "1": "y"}], [["1", "'1'"], ["x", "y"]]),
        ([{"": 1, None: 2}], [["''", "None"], ["1", "2"]]),
        ([{"a": [1, {"b": None}], "c": ("x",)}], [["a", "c"], ["[1, {'b': None}]", "('x',)"]]),
    ],
)
def test_every_row_is_seen(
    engine: Lab, capsys: pytest.CaptureFixture[str], rows: list[Any], wanted: list[list[str]]
) -> None:
    engine.flow().from_items(rows).show()
    assert cells(capsys) == wanted


ALIKE = [
    None,
    "None",
    "",
    " ",
    "·",
    "'None'",
    '"',
    "\n",
    "\\n",
    "\x1b[1m",
    "\\x1b[1m",
    "\ud800",
    "\\ud800",
    "\u200b",
    "é",
]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_values_that_differ_look_different(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An absent field counts as a value. The second column shows that the row exists."""
    seen: dict[str, Any] = {}
    for value in [*ALIKE, Mute]:
        rows: list[Any] = [{"a": "x", "b": "x"}, {"b": "x"} if value is Mute else {"a": value, "b": "x"}]
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", out)
        show_rows(rows, more=True)
        out.flush()
        text = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        assert "\x1b" not in text
        assert text not in seen, f"{value!r} looks like {seen[text]!r}"
        seen[text] = value


def test_a_number_beside_its_text_is_told_apart(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    engine.flow().from_items([{"a": 1}, {"a": "1"}, {"a": None}]).show()
    assert cells(capsys) == [["a"], ["1"], ["'1'"], ["None"]]


def test_texts_stand_as_they_are(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    engine.flow().from_items([("02139", "C:\\dir"), ("1", "it's"), ("", "")]).show()
    assert cells(capsys) == [["0", "1"], ["02139", "C:\\dir"], ["1", "it's"], ["''", "''"]]


def test_of_many_columns_both_ends_are_seen(
    engine: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    engine.flow().from_items([{f"c{n}": n for n in range(100)}]).show()
    names, values, (note,) = cells(capsys)
    assert names == ["c0", "c1", "c2", "c3", "… 92 more", "c96", "c97", "c98", "c99"]
    assert values == ["0", "1", "2", "3", "…", "96", "97", "98", "99"]
    assert note.startswith("… 92 more: c4, c5, ") and len(note) == 60


def test_a_long_value_is_cut(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    engine.flow().from_items(["x" * 10_000, ["y"] * 10_000]).show()
    text = "".join(itertools.chain.from_iterable(cells(capsys)))
    assert 60 < text.count("x") < 80 and 10 < text.count("y") < 80 and text.count("…") == 2


@given(
    st.lists(
        hostile.values
        | st.dictionaries(hostile.values.filter(lambda key: isinstance(key, str)), hostile.values, max_size=2),
        min_size=1,
        max_size=4,
    )
)
def test_no_row_is_printed_as_nothing(rows: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        out = io.StringIO()
        patch.setattr(sys, "stdout", out)
        show_rows(rows, more=False)
    head, body = out.getvalue().split("├", 1)
    lines = [line for line in body.splitlines()[1:-1] if line.strip("│ ")]
    assert len(lines) >= len(rows) and head
