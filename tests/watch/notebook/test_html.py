"""Test plans, progress and errors in HTML: the user's text is escaped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.watch.notebook.html import error_html, is_from_task, printable_lines, progress_html
from glowray.watch.notebook.shown_text import PlanText, RowErrors
from glowray.watch.run.progress_view import Bar, ProgressView
from tests.watch.table.test_html import OURS, Page

TAGS = OURS | {"details", "summary", "pre", "dl", "dt", "dd", "b"}
ATTRIBUTES = {"class", "title", "style", "open"}


def check(html: str) -> None:
    read = Page(html)
    assert read.tags <= TAGS and read.attributes <= ATTRIBUTES
    html.encode()


@given(st.text() | st.just('"><script>alert(1)</script>'), st.booleans())
def test_a_name_is_text(text: str, has_ended: bool) -> None:
    bars = [Bar(1, text, 0, 5, 10, 10, 0.0, None), Bar(2, text, 4, 1, 0, 0, 5.0, 6.0)]
    check(progress_html(ProgressView(text, 2, text, 5, bars, 0.0), 9.0, has_ended=has_ended))
    check(PlanText(text)._repr_html_())


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


@given(st.text() | st.just("</div><script>alert(1)</script>"), st.lists(st.text(), max_size=3))
def test_an_error_is_text(text: str, notes: list[str]) -> None:
    for error in (ValueError(text), KeyError(text), Mute(text)):
        error.__notes__ = notes
        check(error_html(error))


def test_an_error_of_a_task_is_told_from_others() -> None:
    try:
        gr.Flow(engine="inline").from_items([0]).map(lambda n: 1 / n).collect()
    except ZeroDivisionError as error:
        assert is_from_task(error)
        shown = error_html(error)
        assert "<dt>row</dt><dd>0</dd>" in shown and "<dt>partition</dt><dd>0</dd>" in shown
        check(shown)
    else:
        raise AssertionError("nothing was raised")
    assert not is_from_task(ZeroDivisionError("of the cell itself"))


def test_explain_and_errors_are_what_they_were() -> None:
    flow = gr.Flow("f", engine="inline", on_error="collect")
    rows = flow.from_items([0]).map(lambda n: 1 / n)
    text = rows.explain()
    assert isinstance(text, str) and text == str(text) and text.startswith("f\nplan\n")
    rows.collect()
    assert isinstance(flow.errors, list) and isinstance(flow.errors, RowErrors) and flow.errors[0].row == 0


def test_lines_keep_their_ends() -> None:
    assert printable_lines("a\nb\x1b[1m") == "a\nb\\x1b[1m"
