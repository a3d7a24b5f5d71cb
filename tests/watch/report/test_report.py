"""flow.report() is one page that loads nothing and runs nothing of the user's; flow.trace() is a trace for Perfetto."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.watch.record import event_log as events
from glowray.watch.record.run_record import RunRecord
from glowray.watch.report.report import report
from glowray.watch.report.summary import closing_sentence, slowest_function
from glowray.watch.report.timeline import timeline
from tests.engine.doubles import Lab

EVIL = "<script>alert('&\"')</script>"
EMPTY = {"meta", "br", "line", "rect", "hr"}


class Page(HTMLParser):
    """The elements and the text of a page. Tags have to be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page)
        assert not self.open, "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


LARGE = 4 * 10**18  # twice as much fits into 64 bits, and three times as much does not


def ran(flow: gr.Flow, words: list[str]) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gr.PythonRowsWarning)
        pairs = flow.from_items(words, partitions=2).map(lambda word: (word, len(word) * LARGE), name=EVIL)
        return pairs.reduce_by_key(lambda a, b: a + b).sort().collect()


def test_the_page_stands_alone_and_escapes_what_the_user_wrote(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow(EVIL)
    ran(flow, [EVIL, "a", "b", "c", "É" + EVIL, "a", "b", "c", "d", "e"])
    flow.report(tmp_path / "run.html")
    text = (tmp_path / "run.html").read_text("utf-8")
    page = Page(text)
    assert "script" not in page.tags and EVIL in page.text
    assert not page.addresses and "url(" not in text and "@import" not in text
    for heading in ("Plan, coloured by time", "Tasks on the time line", "Stages", "Where the time went"):
        assert heading in page.text
    assert "columns do not compute len, arithmetic of it exactly" in page.text
    assert "The slowest function: " in page.text and "ns a row" in page.text
    assert page.text.strip().endswith(".")
    assert "prefers-color-scheme:dark" in text


def test_a_run_that_failed_says_where_and_why(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow()
    with pytest.raises(ZeroDivisionError):
        flow.from_items([1, 2, 0], partitions=3).map(lambda n: {EVIL: 1 // n}).collect()
    flow.report(tmp_path / "run.html")
    page = Page((tmp_path / "run.html").read_text("utf-8"))
    assert "It failed in stage 1, task 3" in page.text
    assert "ZeroDivisionError" in page.text and "row: 0" in page.text and __file__ in page.text


def test_a_run_that_died_in_its_first_task_claims_nothing_of_times_and_rows() -> None:
    page = Page(report(RunRecord()))
    assert "No task ended, so the time of no function is known." in page.text
    assert "No rows were counted." in page.text and "ran as columns" not in page.text


def check_event(event: dict[str, Any]) -> None:
    """Check an event against the Trace Event Format."""
    assert event["ph"] in ("M", "X", "b", "e", "i")
    assert isinstance(event["name"], str) and isinstance(event["pid"], int) and isinstance(event["tid"], int)
    if event["ph"] == "M":
        assert event["name"] in ("process_name", "thread_name") and isinstance(event["args"]["name"], str)
        return
    assert isinstance(event["ts"], int) and event["ts"] > 0
    if event["ph"] == "X":
        assert event["dur"] >= 0
    if event["ph"] in "be":
        assert event["cat"] and "id" in event
    if event["ph"] == "i":
        assert event["s"] in ("g", "p", "t")


def test_the_trace_is_of_chromes_format(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow("traced")
    ran(flow, ["a", "b", "a"])
    flow.trace(tmp_path / "run.json")
    found = json.loads((tmp_path / "run.json").read_text())
    for event in found["traceEvents"]:
        check_event(event)
    tracks = {event["tid"] for event in found["traceEvents"] if event["name"] == "thread_name"}
    tasks = [event for event in found["traceEvents"] if event["ph"] == "X"]
    assert len(tasks) == flow.stats.tasks and {task["tid"] for task in tasks} <= tracks
    begun = [event["id"] for event in found["traceEvents"] if event["ph"] == "b"]
    assert begun == [event["id"] for event in found["traceEvents"] if event["ph"] == "e"]
    assert found["otherData"]["name"] == "traced"


def test_a_failure_is_in_the_trace(tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    with pytest.raises(ZeroDivisionError):
        flow.from_items([0]).map(lambda n: 1 // n).collect()
    flow.trace(tmp_path / "run.json")
    found = json.loads((tmp_path / "run.json").read_text())
    (failure,) = (event for event in found["traceEvents"] if event["name"] == "failure")
    check_event(failure)
    assert "ZeroDivisionError" in failure["args"]["error"]


@pytest.mark.parametrize("write", [gr.Flow.report, gr.Flow.trace])
def test_what_cannot_be_written(write: Callable[[gr.Flow, Path], None], tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    with pytest.raises(ValueError, match="none has run"):
        write(flow, tmp_path / "run")
    flow.from_range(3).count()
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write(flow, tmp_path / "missing" / "run")
    assert not list(tmp_path.iterdir())


def test_tasks_that_overlap_stand_in_rows_of_their_own() -> None:
    spans = [(0.0, 2.0), (1.0, 2.0), (2.5, 1.0)]
    tasks = [
        events.TaskEnded(start + seconds, 1, place, "w", seconds, 1, 1, 1, 0, 0)
        for place, (start, seconds) in enumerate(spans)
    ]
    tops = re.findall(r'<rect[^>]* y="(\d+)"', timeline(tasks, 0.0, 4.0))
    assert tops[0] == tops[1] != tops[2]


def test_the_sentence_says_where_most_of_the_time_went() -> None:
    flow = gr.Flow(engine="inline")
    flow.from_range(20_000, partitions=2).map(lambda n: sum(range(n % 300))).count()
    record = flow.outcome.record
    assert re.match(r"Of \d+\.\d\d s in tasks, \d+ % went to map\(λ n: sum", closing_sentence(record))
    slowest = slowest_function(record)
    assert slowest is not None and slowest.part.rows == 20_000 and slowest.part.nanoseconds > 0
