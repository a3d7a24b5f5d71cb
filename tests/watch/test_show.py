"""show(): rows as a table."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.engine.doubles import Lab


class Town(NamedTuple):
    name: str
    people: int


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
