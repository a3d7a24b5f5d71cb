"""Test that a table is never wider than the terminal, and that its lines have one width, for any content."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from glowray.watch.table.cell_text import signs_for
from glowray.watch.table.rows_table import rows_table
from glowray.watch.table.table import Table, texts_column
from glowray.watch.table.terminal import table_lines
from tests.rows import hostile

WIDTHS = [60, 80, 200]
ENCODINGS = ["utf-8", "ascii", "latin-1"]

HOSTILE: dict[str, list[Any]] = {
    "long texts": [{"id": n, "text": "word " * 400, "url": f"https://example.org/{'a' * 90}/{n}"} for n in range(3)],
    "many columns": [{f"column number {n}": n * 10**6 for n in range(200)}],
    "one endless name": [{"n" * 500: 1, "m" * 500: "x" * 500}],
    "wide letters": [{"name": "日本語のテキスト" * 30, "b": "한국어"}, {"name": "ｆｕｌｌ", "b": "🎉" * 99}],
    "joined letters": [("👨‍👩‍👧" * 20, "🇳🇴🇸🇪", "❤️"), ("e\u0301" * 200, "\u0301", "\ufe0f\u200d")],
    "cursor movers": [("\x1b[31mred\x1b[0m", "a\nb\r\tc\x00", "\u202egnol", "\u2028")] * 2,
    "halves of letters": ["\ud83d", "\ude00", "\ud800" * 300],
    "numbers": [(10**300, -1.5, float("nan"), Decimal("1.50"), 3 + 4j, np.float32(0.1))] * 2,
    "ints that cannot be printed": [(10**5000, 1)],
    "several kinds": [1, "1", None, {"a": 1}, (1, 2), [], b"1", "", {}],
    "fields that are not there": [{"a": None}, {"b": ""}, {"a": "None"}, {}],
    "nested": [{"a": [{"b": [1] * 300}] * 30, "c": {"d": {"e": "f"}}}],
    "nothing": [],
}


def drawn(table: Table, width: int, encoding: str = "utf-8") -> list[str]:
    return [line.plain for line in table_lines(table, width, signs_for(encoding))]


def rows_drawn(rows: list[Any], width: int, encoding: str = "utf-8") -> list[str]:
    return drawn(rows_table(rows, signs_for(encoding)), width, encoding)


def check(rows: list[Any], width: int, encoding: str = "utf-8") -> None:
    lines = rows_drawn(rows, width, encoding)
    assert all(cell_len(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)
    "\n".join(lines).encode(encoding)
    top, heading, rule, *body = lines[: len(rows) + 4]
    assert len(body) == len(rows) + 1, "a row is a line"
    assert {cell_len(line) for line in (top, heading, rule, *body)} == {cell_len(top)}
    assert all(len(line) > 4 and line[2:-2].strip() for line in body[:-1]), "no row is nothing"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("width", [12, *WIDTHS])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rows(name: str, width: int, encoding: str) -> None:
    check(HOSTILE[name], width, encoding)


@given(st.lists(hostile.values, max_size=4), st.sampled_from(WIDTHS))
def test_any_rows(rows: list[Any], width: int) -> None:
    check(rows, width)


@given(st.lists(st.dictionaries(st.text(max_size=30), hostile.values, max_size=30), max_size=3), st.integers(30, 200))
def test_any_records(rows: list[Any], width: int) -> None:
    check(rows, width)


ALIKE = [
    [None, "None", "", "'None'", "''", "·", "-", " ", "…", "...", "x…", "x" * 400, "\n", "\\n", "\u200b", "\\u200b"],
    ["/data/logs/2024/03/17/part-00001.jsonl", "/data/logs/2024/03/17/part-00002.jsonl", "/data"],
    ["x" * 300 + "a" + "y" * 300, "x" * 300 + "b" + "y" * 300],
    [f"https://example.org/{'a' * 90}/{n}" for n in range(20)],
    [1, "1", 1.0, True, "True", None, b"1", (1,), "(1,)"],
]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("values", ALIKE)
def test_different_values_look_different(values: list[Any], width: int, encoding: str) -> None:
    rows = [{"a": value, "n": 7} for value in values] + [{"n": 7}]
    lines = rows_drawn(rows, width, encoding)[3 : 3 + len(rows)]
    assert len(set(lines)) == len(rows)


@pytest.mark.parametrize(
    "value",
    [
        dt.date(2013, 1, 1),
        dt.datetime(2013, 1, 1, 5, 15),
        Decimal("1.50"),
        UUID(int=5),
        np.int64(3),
        np.float64(0.1),
        "02139",
    ],
)
def test_values_of_one_type_stand_without_its_name(value: Any) -> None:
    assert rows_drawn([{"a": value}, {"a": None}], 60)[3].strip("│ ") == str(value)
    assert repr(value) in rows_drawn([{"a": value}, {"a": b"x"}], 60)[3]


def test_numbers_are_at_the_right() -> None:
    lines = rows_drawn([{"n": 5, "word": "a", "yes": True}, {"n": 1234.5, "word": "bc", "yes": False}, {"n": None}], 60)
    assert lines == [
        "┌────────┬──────┬───────┐",
        "│      n │ word │ yes   │",
        "├────────┼──────┼───────┤",
        "│      5 │ a    │ True  │",
        "│ 1234.5 │ bc   │ False │",
        "│   None │ ·    │ ·     │",
        "└────────┴──────┴───────┘",
    ]


FLIGHT = {
    "year": 2013, "month": 1, "day": 1, "dep_time": 517, "sched_dep_time": 515, "dep_delay": 2, "arr_time": 830,
    "sched_arr_time": 819, "arr_delay": 11, "carrier": "UA", "flight": 1545, "tailnum": "N14228", "origin": "EWR",
    "dest": "IAH", "air_time": 227, "distance": 1400, "hour": 5, "minute": 15, "time_hour": "2013-01-01T10:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            60,
            [
                "│ year │ month │ day │ … 14 more │ minute │ time_hour      │",
                "├──────┼───────┼─────┼───────────┼────────┼────────────────┤",
                "│ 2013 │     1 │   1 │ …         │     15 │ 2013-01-01T10… │",
                "└──────┴───────┴─────┴───────────┴────────┴────────────────┘",
                "… 14 more: dep_time, sched_dep_time, dep_delay, arr_time, s…",
            ],
        ),
        (
            80,
            [
                "│ year │ month │ day │ dep_time │ … 12 more │ hour │ minute │ time_hour        │",
                "├──────┼───────┼─────┼──────────┼───────────┼──────┼────────┼──────────────────┤",
                "│ 2013 │     1 │   1 │      517 │ …         │    5 │     15 │ 2013-01-01T10:0… │",
                "└──────┴───────┴─────┴──────────┴───────────┴──────┴────────┴──────────────────┘",
                "… 12 more: sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay, carr…",
            ],
        ),
    ],
)
def test_a_wide_record(width: int, lines: list[str]) -> None:
    assert rows_drawn([FLIGHT], width)[1:] == lines


def test_all_columns_of_a_wide_record_stand_in_a_wide_terminal() -> None:
    lines = rows_drawn([FLIGHT], 200)
    assert "more" not in lines[1] and "…" not in lines[3].replace("2013-01-01T1…", "") and len(lines) == 5


def test_a_table_without_a_frame_or_headings() -> None:
    table = Table([texts_column("", ["a", "bcd"]), texts_column("", ["x", "a long sentence"])], is_framed=False)
    assert drawn(table, 60) == ["a    x", "bcd  a long sentence"]
    assert drawn(table, 13) == ["a    x", "bcd  a long…"]


def test_notes_are_wrapped() -> None:
    table = Table([texts_column("n", ["1"])], ["to be or not to be"], is_framed=False)
    assert drawn(table, 9) == ["n", "1", "to be or", "not to be"]


@pytest.mark.parametrize("width", WIDTHS)
def test_headings_that_begin_alike_stay_apart(width: int) -> None:
    heading = rows_drawn([{f"column {n}": 1 for n in range(100)}], width)[1]
    cells = [cell.strip() for cell in heading.strip("│").split("│")]
    assert len(set(cells)) == len(cells) > 3
