"""Test a table in HTML: the user's text is escaped, numbers are on the right, and None differs from 'None'."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.watch.table.cell_text import signs_for
from glowray.watch.table.html import MOST_COLUMNS, page_part, table_html
from glowray.watch.table.rows_table import rows_table
from tests.rows import hostile

OURS = {"div", "style", "table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    """Reads HTML back: the tags, and the texts of cells with their classes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[tuple[str, str]] = []
        self.inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.inside = tag
        if tag in ("td", "th"):
            self.cells.append((dict(attrs).get("class") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("td", "th"):
            kind, text = self.cells[-1]
            self.cells[-1] = kind, text + data


def page(rows: list[Any]) -> Page:
    return Page(page_part(table_html(rows_table(rows, signs_for("utf-8"), ["<b>note</b>"]))))


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a & b", '"><img src=x onerror=alert(1)>', "&lt;", "'" * 9]
)
def test_the_users_text_is_text(text: str) -> None:
    read = page([{text: text * 9}])
    assert read.tags <= OURS and read.attributes <= {"class", "title"}
    assert text in read.cells[0][1] and text in read.cells[1][1]


@given(st.lists(st.dictionaries(st.text(max_size=30), hostile.values, max_size=5), max_size=3))
def test_no_rows_bring_tags(rows: list[Any]) -> None:
    read = page(rows)
    assert read.tags <= OURS and read.attributes <= {"class", "title"}


def test_what_a_cell_looks_like() -> None:
    read = page([{"n": 5, "word": "None"}, {"n": None, "word": None}, {"n": 1}])
    assert read.cells == [
        ("right", "n"),
        ("left", "word"),
        ("right plain", "5"),
        ("left plain", "'None'"),
        ("right pale", "None"),
        ("left pale", "None"),
        ("right plain", "1"),
        ("left pale", "·"),
    ]


def test_of_many_columns_both_ends_are_seen() -> None:
    headings = [text for _, text in page([{f"c{n}": n for n in range(100)}]).cells][: MOST_COLUMNS + 1]
    assert headings[0] == "c0" and headings[-1] == "c99"
    assert headings[MOST_COLUMNS // 2] == f"… {100 - MOST_COLUMNS} more"
