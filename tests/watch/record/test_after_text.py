"""explain(after=True), flow.stats.to_dict() and the event log: what an action did, on every engine."""

from __future__ import annotations

import json
import warnings

import pytest

import glowray as gr
from glowray.watch.record import event_log as events
from tests.engine.doubles import Lab

STAGE_KEYS = {
    "name", "tasks", "retries", "rows_in", "rows_out", "bytes", "pickled_values", "driver_bytes", "seconds",
    "task_seconds", "spill", "skew", "groups", "group_bytes", "rows_by_level",
}  # fmt: skip


def cleaned(flow: gr.Flow) -> int:
    words = ["1", "2", "3", "4", "9" * 20] * 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gr.PythonRowsWarning)
        pairs = flow.from_items(words, partitions=2).map(lambda word: (word, int(word) % 7), name="parsed")
        return len(pairs.reduce_by_key(lambda a, b: a + b).collect())


def test_the_text_tells_rows_levels_and_reasons(engine: Lab) -> None:
    flow = engine.flow("words")
    assert cleaned(flow) == 5
    text = flow.from_range(1).explain(after=True)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "words"
    assert "map(parsed)" in lines
    (combine,) = (line for line in lines if line.startswith("1  from_items→parsed→combine"))
    assert "20 → " in combine and "arrow 16, python 4" in combine
    assert any(line.startswith("1  4 of 20 rows of map(parsed) ran in Python: ") for line in lines)
    assert any(line.startswith("1  map(parsed)") and line.endswith("ns a row") for line in lines)
    assert lines[-1].startswith("ran  words: 2 stages, ")


def test_nothing_has_run() -> None:
    rows = gr.Flow(engine="inline").from_range(3)
    with pytest.raises(ValueError, match="none has run"):
        rows.explain(after=True)


def test_a_failed_action_says_where_and_why(engine: Lab) -> None:
    flow = engine.flow()
    rows = flow.from_items([1, 2, 0], partitions=3).map(lambda n: 1 // n, name="inverse")
    with pytest.raises(ZeroDivisionError):
        rows.collect()
    text = rows.explain(after=True)
    assert "ZeroDivisionError" in text and "row: 0" in text
    (failed,) = flow.outcome.record.log.of(events.Failed)
    assert (failed.stage, failed.task) == (1, 2)


def test_statistics_as_a_dict(engine: Lab) -> None:
    flow = engine.flow("dict")
    cleaned(flow)
    found = json.loads(json.dumps(flow.stats.to_dict()))
    assert found.keys() >= {"name", "engine", "seconds", "stages"}
    assert [stage.keys() >= STAGE_KEYS for stage in found["stages"]] == [True, True]
    assert found["stages"][0]["rows_by_level"] == {"arrow": 16, "fused": 0, "python": 4}
    assert found["stages"][0]["to_python"][0]["example"] == repr("9" * 20)


def test_events_come_in_order_and_are_json(engine: Lab) -> None:
    flow = engine.flow("log")
    cleaned(flow)
    log = flow.outcome.record.log
    kinds = [event.to_dict()["event"] for event in log.events]
    assert kinds[0] == "plan" and kinds[-1] == "job ends"
    assert kinds.count("stage begins") == kinds.count("stage ends") == 2
    assert kinds.count("task begins") == kinds.count("task ends") == flow.stats.tasks
    assert sum(event.rows for event in log.of(events.RowsHanded) if event.step == "map(parsed)") == 4
    assert json.loads(json.dumps([event.to_dict() for event in log.events]))
    assert all(event.worker for event in log.of(events.TaskEnded))


def test_a_record_keeps_no_rows_alive() -> None:
    class Big:
        alive = 0

        def __init__(self) -> None:
            Big.alive += 1

        def __del__(self) -> None:
            Big.alive -= 1

        def __reduce__(self) -> tuple[type, tuple[()]]:
            return Big, ()

    flow = gr.Flow(engine="inline")
    rows = flow.from_items([Big(), Big()]).map(lambda big: 1)
    assert rows.collect() == [1, 1]
    assert flow.stats.stages[0].times
    del rows
    assert Big.alive == 0
