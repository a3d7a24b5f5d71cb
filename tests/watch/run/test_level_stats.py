"""flow.stats counts each row at the level at which it ran, and tells which step handed rows to Python, and why."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.kernels.loops.generated_loop import Loop
from glowray.watch.run.stats import Stats
from tests.effort import examples
from tests.engine.doubles import Lab

LARGEST = 2**63 - 1
INTS = st.lists(st.integers(-9, 9) | st.sampled_from([LARGEST, LARGEST - 1, 2**62]), min_size=1, max_size=60)
LARGE = "9" * 20
TEXTS = st.lists(st.sampled_from(["12", "3", " 7 ", LARGE, "٣"]), min_size=1, max_size=40)


def opaque(n: int) -> Any:
    return [n]


CHAINS: dict[str, tuple[Any, Callable[[Dataset[Any]], Dataset[Any]]]] = {
    "columns": (INTS, lambda ds: ds.map(lambda n: n + 3).filter(lambda n: n % 2).map(lambda n: n * 5)),
    "columns, then a loop": (INTS, lambda ds: ds.map(lambda n: n * 3).filter(lambda n: n % 2).map(opaque).map(repr)),
    "texts": (TEXTS, lambda ds: ds.map(lambda s: s.strip()).map(lambda s: int(s)).filter(lambda n: n < 7)),
    "more rows": (TEXTS, lambda ds: ds.flat_map(lambda s: s.split("2")).map(lambda s: int(s or "5"))),
    "a fold": (INTS, lambda ds: ds.map(lambda n: (n % 3, n + 1)).reduce_by_key(lambda a, b: a + b)),
    "one fold": (INTS, lambda ds: ds.map(lambda n: n - 3).reduce(lambda a, b: a + b)),
    "calls only": (INTS, lambda ds: ds.map(opaque).map(len)),
    "a whole partition": (INTS, lambda ds: ds.map(lambda n: n + 3).map_partitions(lambda rows: rows)),
    "an order": (INTS, lambda ds: ds.map(lambda n: n + 3).sort(lambda n: -n)),
    "a join": (INTS, lambda ds: ds.map(lambda n: (n, n + 1)).join(ds.map(lambda n: (n, n))).map(lambda k, a, b: a + b)),
    "no function": (INTS, lambda ds: ds.distinct()),
}


def ran(flow: gr.Flow, rows: Dataset[Any]) -> tuple[Any, Stats]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gr.PythonRowsWarning)
        return rows.collect(), flow.stats


@pytest.mark.parametrize(("rows", "chain"), CHAINS.values(), ids=CHAINS)
@settings(max_examples=examples(30))
@given(data=st.data())
def test_the_rows_of_all_levels_are_the_rows_that_came_in(rows: Any, chain: Any, data: st.DataObject) -> None:
    flow = gr.Flow(engine="inline")
    _, stats = ran(flow, chain(flow.from_items(data.draw(rows), 2)))
    for stage in stats.stages:
        assert sum(stage.rows_by_level.values()) == stage.rows_in
        assert all(rows >= 0 for rows in stage.rows_by_level.values())


FUNCTION = Loop.function


class Calls:
    """Counts the rows that go through the loops of Python, which stand behind column programs."""

    def __init__(self) -> None:
        self.rows = 0

    def function(self, loop: Loop) -> Any:
        run = FUNCTION(loop)

        def counted(rows: Iterable[Any], *others: Any) -> Any:
            return run(self.each(rows), *others)

        return counted

    def each(self, rows: Iterable[Any]) -> Iterator[Any]:
        for row in rows:
            self.rows += 1
            yield row


@pytest.mark.parametrize("name", ["columns", "texts", "more rows"])
@settings(max_examples=examples(30))
@given(data=st.data())
def test_the_rows_that_went_to_python_are_counted(name: str, data: st.DataObject) -> None:
    rows, chain = CHAINS[name]
    flow, calls = gr.Flow(engine="inline"), Calls()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Loop, "function", lambda loop: calls.function(loop))
        _, stats = ran(flow, chain(flow.from_items(data.draw(rows), 2)))
    (stage,) = stats.stages
    assert stage.rows_by_level["python"] == calls.rows == sum(step.rows for step in stage.to_python)
    assert stage.rows_by_level["fused"] == 0


def test_python_gets_the_rows_that_fail_and_no_others(engine: Lab) -> None:
    flow = engine.flow()
    words = ["1", LARGE, *"2345678", LARGE] * 3
    rows = flow.from_items(words, partitions=2).map(lambda word: word.strip()).map(lambda word: int(word))
    made, stats = ran(flow, rows)
    assert made == list(map(int, words))
    (stage,) = stats.stages
    assert stage.rows_by_level == {"arrow": 24, "fused": 0, "python": 6}
    (step,) = stage.to_python
    assert (step.rows, step.of, step.example) == (6, 30, repr(LARGE))
    assert "int" in step.reason


def test_the_example_is_the_row_that_the_step_was_given() -> None:
    flow = gr.Flow(engine="inline")
    lines = ["1 2 3", f"4 {LARGE} 5", "6 7 8", "9 1 2", "3 4 5"]
    rows = flow.from_items(lines, partitions=1).flat_map(lambda line: line.split(" ")).map(lambda w: (int(w), 1))
    _, stats = ran(flow, rows)
    (step,) = stats.stages[0].to_python
    assert (step.rows, step.of, step.example) == (1, 5, repr(LARGE))


def test_an_example_is_cut() -> None:
    flow = gr.Flow(engine="inline")
    _, stats = ran(flow, flow.from_items(["9" * 1000], 1).map(lambda word: int(word)))
    assert len(stats.stages[0].to_python[0].example) == 80


@pytest.mark.parametrize(
    ("rows", "chain", "reason"),
    [
        (["a", "b", None, "c", "d", "e"], lambda ds: ds.map(lambda s: s.lower()), "lower"),
        ([1, LARGEST, 2, 3, 4, 5], lambda ds: ds.map(lambda n: n + 1), "arithmetic"),
        (["1", LARGE], lambda ds: ds.aggregate(0, lambda total, s: total + int(s), lambda a, b: a + b), "fold"),
        ([("a", LARGEST), ("a", 1)], lambda ds: ds.reduce_by_key(lambda a, b: a + b), "fold"),
    ],
)
def test_the_reason_names_what_columns_cannot_do(rows: list[Any], chain: Any, reason: str) -> None:
    flow = gr.Flow(engine="inline")
    try:
        _, stats = ran(flow, chain(flow.from_items(rows, partitions=1)))
    except AttributeError:
        stats = flow.stats
    step = stats.stages[0].to_python[0]
    assert reason in step.reason


def test_a_fold_hands_over_the_rows_after_the_last_that_it_folded() -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_range(200_000, partitions=1).map(lambda n: "1" if n < 150_000 else "99999999999999999999")
    made, stats = ran(flow, rows.aggregate(0, lambda total, s: total + int(s), lambda a, b: a + b))
    levels = stats.stages[0].rows_by_level
    assert made == [150_000 + 50_000 * (10**20 - 1)]
    assert levels["python"] == stats.stages[0].to_python[0].rows == 200_000 - 131_072


def test_a_warning_once_a_job() -> None:
    flow = gr.Flow("cleaning", engine="inline")
    rows = flow.from_items((["1"] * 22 + [LARGE] * 3) * 4, partitions=4).map(lambda word: int(word))
    with pytest.warns(gr.PythonRowsWarning) as found:
        rows.collect()
    (warning,) = found
    assert warning.filename == __file__
    assert str(warning.message).startswith("cleaning: 12 of 100 rows of map(")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow.from_items((["1"] * 9 + [LARGE]) * 10, partitions=4).map(lambda word: int(word)).collect()
        flow.from_items([LARGE], partitions=1).map(opaque).collect()


def test_a_stage_without_functions_counts_the_form_of_its_rows(engine: Lab) -> None:
    flow = engine.flow()
    assert flow.from_items([(1, 2), (1, 3)]).group_by_key().count() == 1
    assert flow.stats.stages[1].rows_by_level["python"] + flow.stats.stages[1].rows_by_level["arrow"] == 2


@pytest.mark.ray
def test_a_task_that_is_tried_again_counts_once(ray_lab: Lab, tmp_path: Path) -> None:
    def die_once(word: int) -> int:
        marker = tmp_path / "died"
        if word == 6 and not marker.exists():
            marker.touch()
            os._exit(1)
        return word

    flow = ray_lab.flow()
    words = ["1", LARGE, *"3456"]
    rows = flow.from_items(words, partitions=1).map(lambda word: int(word)).map(die_once)
    made, stats = ran(flow, rows)
    assert made == list(map(int, words))
    assert stats.retries == 1
    assert [(step.rows, step.of) for step in stats.stages[0].to_python] == [(1, 6)]
    assert stats.stages[0].rows_by_level == {"arrow": 0, "fused": 5, "python": 1}


def test_a_few_rows_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gr.Flow(engine="inline").from_items([LARGE] * 19, partitions=1).map(lambda word: int(word)).collect()
