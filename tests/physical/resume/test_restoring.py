"""Test that a second run takes all that the first one saved, and gives the same rows, for pipelines of all verbs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import glowray as gr
from glowray.flow import Flow
from glowray.functions.fingerprints.digest import class_content
from glowray.io.filesystem.location import Location
from glowray.io.saved.saved_folder import SavedFolder
from glowray.rows.objects import class_names
from tests.effort import examples
from tests.engine.doubles import Lab
from tests.oracle.exact import assert_rows
from tests.oracle.pipelines import Pipeline, pipelines

KEY = b"k" * 32


@contextmanager
def resuming(folder: Path | str, engine: Any = "inline") -> Iterator[Flow]:
    """Return a flow of a job of its own: for what is saved, it is another process."""
    saved = SavedFolder(Location(str(folder)), KEY)
    flow = gr.Flow("resumed", engine=engine)
    flow.settings = replace(flow.settings, saved=saved)
    try:
        yield flow
    finally:
        saved.leave()


@pytest.fixture(autouse=True)
def _named_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_names, "_namers", [class_content])


@pytest.mark.slow
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(pipelines())
def test_rows_are_those_of_an_undisturbed_run(pipeline: Pipeline) -> None:
    folder = tempfile.mkdtemp()
    for _ in range(2):
        with resuming(folder) as flow:
            rows = pipeline.on(flow).collect()
        assert_rows(rows, pipeline.wanted.all, ordered=pipeline.wanted.ordered)
    shutil.rmtree(folder)


def add(a: int, b: int) -> int:
    return a + b


PROGRAMS: dict[str, Any] = {
    "reduce_by_key": lambda rows: rows.reduce_by_key(add).map(list),
    "group_by_key": lambda rows: rows.group_by_key().map(list),
    "sort": lambda rows: rows.sort().map(list),
    "sort of sums": lambda rows: rows.reduce_by_key(add).sort().reduce_by_key(add).sort(),
    "join": lambda rows: rows.join(rows.reduce_by_key(add)).map(list),
    "distinct": lambda rows: rows.distinct().map(list),
    "repartition": lambda rows: rows.repartition(3).map(list),
    "zip_with_index": lambda rows: rows.zip_with_index().map(list),
    "union": lambda rows: rows.union(rows.reduce_by_key(add)).sort().map(list),
    "top": lambda rows: rows.top(3),
    "reduce": lambda rows: rows.map(lambda key, n: n).reduce(add),
    "cache": lambda rows: rows.reduce_by_key(add).cache().map(list),
    "sliding": lambda rows: rows.sort().sliding(2),
    "aggregates": lambda rows: rows.agg_by_key(n=gr.agg.count(), s=gr.agg.sum()),
    "sample": lambda rows: rows.sample(0.5, seed=3).sort().map(list),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_all_stages_but_the_last_are_taken(engine: Lab, program: str, tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        with resuming(tmp_path, engine.kind) as flow:
            rows = flow.from_range(40, partitions=4).map(lambda n: (n % 7, n))
            found.append((PROGRAMS[program](rows).collect(), flow.stats))
    (first, _), (second, stats) = found
    assert first == second
    *before, last = stats.stages
    assert [stage.restored for stage in before] == [stage.tasks for stage in before], stats
    assert before and not last.restored
    assert not any(stage.unsaved for stage in before)


def test_counters_and_dropped_rows_are_exact(engine: Lab, tmp_path: Path) -> None:
    def checked(n: int) -> tuple[int, int]:
        gr.counter("seen").add(1)
        if n % 5 == 0:
            raise ValueError(f"{n} is bad")
        return n % 3, n

    letters = tmp_path / "letters.jsonl"
    for _ in range(2):
        with resuming(tmp_path / "saved", engine.kind) as flow:
            rows = flow.from_range(20, partitions=4).map(checked, on_error=letters).reduce_by_key(add).sort()
            assert rows.collect() == [(0, 48), (1, 60), (2, 52)]
            assert flow.counters["seen"] == 20
            assert flow.skipped == {"map": 4}
            assert len(letters.read_text().splitlines()) == 4


def test_rows_of_a_class_of_the_user_are_instances_of_it(engine: Lab, tmp_path: Path) -> None:
    for _ in range(2):
        with resuming(tmp_path, engine.kind) as flow:
            points = flow.from_range(6, partitions=2).map(lambda n: (n % 2, Point(n))).reduce_by_key(Point.larger)
            assert sorted(points.map(lambda key, point: isinstance(point, Point)).collect()) == [True, True]


class Point:
    def __init__(self, n: int) -> None:
        self.n = n

    def larger(self, other: Point) -> Point:
        return max(self, other, key=lambda point: point.n)


def test_a_stage_is_taken_only_over_whole_stages(tmp_path: Path) -> None:
    """Else rows of two runs would be mixed, if functions give other rows each time."""
    for _ in range(2):
        with resuming(tmp_path) as flow:
            rows = flow.from_range(40, partitions=4).map(lambda n: (n % 7, n)).reduce_by_key(add).sort()
            rows.collect()
    assert [stage.restored for stage in flow.stats.stages] == [4, 4, 1, 4, 0]
    with resuming(tmp_path) as flow:
        assert flow.settings.saved is not None
        listing = flow.settings.saved.listing()
        first = min(
            listing,
            key=lambda each: (
                (tmp_path / each / f"task-000002-{listing[each].get(2, 0)}.saved").stat().st_mtime_ns
                if 2 in listing[each]
                else float("inf")
            ),
        )
        next((tmp_path / first).glob("task-000002-*")).unlink()
        flow.settings.saved._listing = None
        flow.from_range(40, partitions=4).map(lambda n: (n % 7, n)).reduce_by_key(add).sort().collect()
    assert [stage.restored for stage in flow.stats.stages] == [3, 0, 0, 0, 0]


def test_a_full_disk_does_not_stop_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("glowray.io.saved.task_files.TaskFiles.write", refuse)
    with resuming(tmp_path) as flow:
        rows = flow.from_range(6, partitions=2).map(lambda n: (n % 2, n)).reduce_by_key(add).sort()
        assert rows.collect() == [(0, 6), (1, 9)]
    assert "No space left on device" in rows.explain(after=True)
