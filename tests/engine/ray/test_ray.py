"""Test the parts that only the Ray engine has: references, the store, names, cancelling."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.engine.ray.engine import AHEAD, RayEngine
from glowray.engine.ray.start import ray_engine
from glowray.engine.task.protocol import Task
from glowray.resources import Resources
from tests.engine.doubles import Lab

pytestmark = pytest.mark.ray


def references() -> set[str]:
    """Return the ids of the objects that this process keeps alive in Ray's store."""
    import ray

    gc.collect()
    worker = ray._private.worker.global_worker
    return {name for name, counts in worker.core_worker.get_all_reference_counts().items() if counts["local"]}


def test_a_token_guards_the_ray_of_the_tests(ray_lab: Lab) -> None:
    import os
    import stat

    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert stat.S_IMODE(Path(os.environ["RAY_AUTH_TOKEN_PATH"]).stat().st_mode) == 0o600


def test_references_go_with_the_datasets(ray_lab: Lab) -> None:
    ray_engine()
    flow = ray_lab.flow()
    flow.from_range(4, partitions=2).collect()
    before = references()
    kept = flow.from_items([(n % 3, "x" * 1000) for n in range(30)], partitions=3).map_values(str.upper).cache()
    assert kept.group_by_key().count() == 3
    assert len(references() - before) >= 3, "the cache is in the store"
    del kept
    flow.from_range(4, partitions=2).collect()
    assert references() - before == set()


def test_uncache_frees(ray_lab: Lab) -> None:
    flow = ray_lab.flow()
    flow.from_range(4, partitions=2).collect()
    before = references()
    kept = flow.from_range(4, partitions=2).map(str).cache()
    kept.count()
    assert references() - before != set()
    kept.uncache()
    assert references() - before == set()


def test_items_are_sent_to_the_store_once(ray_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    sent: list[Any] = []
    put = ray.put
    monkeypatch.setattr(ray, "put", lambda value, **options: sent.append(value) or put(value, **options))
    rows = ray_lab.flow().from_items(range(100), partitions=5)
    rows.cartesian(rows).count()
    rows.sum()
    assert sum(isinstance(value, gr.rows.Block) for value in sent) == 5


def test_a_fragment_is_sent_once_a_stage(ray_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    sent: list[Any] = []
    put = ray.put
    flow = ray_lab.flow()
    monkeypatch.setattr(ray, "put", lambda value, **options: sent.append(value) or put(value, **options))
    flow.from_range(100, partitions=9).map(lambda n: (n % 5, n)).reduce_by_key(max).collect()
    assert len(sent) == len(flow.stats.stages) == 2
    assert flow.stats.tasks == 18


def test_no_row_passes_the_driver_between_stages(ray_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[int] = []
    fetch = RayEngine.fetch
    monkeypatch.setattr(RayEngine, "fetch", lambda engine, refs: fetched.append(len(refs)) or fetch(engine, refs))
    rows = ray_lab.flow().from_range(100, partitions=3).map(lambda n: (n % 5, n))
    rows.join(rows.reduce_by_key(max)).sort().repartition(4).count()
    assert fetched == []
    assert rows.take(2) == [(0, 0), (1, 1)]
    assert fetched == [1]


def test_few_tasks_are_in_flight(ray_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ray_engine()
    taken, done, most = 0, 0, 0
    run = engine.run

    def watched(tasks: Iterator[Task]) -> Iterator[Any]:
        nonlocal done, most

        def counted() -> Iterator[Task]:
            nonlocal taken
            for task in tasks:
                taken += 1
                yield task

        for each in run(counted()):
            most = max(most, taken - done)
            done += 1
            yield each

    monkeypatch.setattr(engine, "run", watched)
    assert ray_lab.flow().from_range(60, partitions=60).map(str).count() == 60
    assert done == 60
    assert most <= AHEAD * 2, "two CPUs"


def test_leaving_an_iteration_cancels_what_runs(ray_lab: Lab, tmp_path: Path) -> None:
    def work(n: int) -> int:
        if n:
            (tmp_path / str(n)).touch()
        return n

    before = references()
    rows = iter(ray_lab.flow().from_range(200, partitions=200).map(work))
    assert next(rows) == 0
    rows.close()  # type: ignore[attr-defined]
    del rows
    assert len(list(tmp_path.iterdir())) <= 2 * AHEAD * 2
    assert references() - before == set()


def test_tasks_that_end_by_themselves_are_not_cancelled(
    ray_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray fails on this: if a task ends while Ray cancels it, the driver crashes."""
    import ray

    cancelled: list[object] = []
    cancel = ray.cancel
    monkeypatch.setattr(ray, "cancel", lambda ref, **options: (cancelled.append(ref), cancel(ref, **options)))
    monkeypatch.setattr("glowray.engine.ray.calls.stop_tasks.GRACE_SECONDS", 300.0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            ray_lab.flow().from_range(4, partitions=4).map(lambda n: n // 0).collect()
    assert cancelled == []

    monkeypatch.setattr("glowray.engine.ray.calls.stop_tasks.GRACE_SECONDS", 0.0)
    gate = tmp_path / "gate"
    os.mkfifo(gate)

    def wait(n: int) -> int:
        if n == 0:
            raise LookupError(n)
        return len(gate.read_bytes())

    with pytest.raises(LookupError):
        ray_lab.flow().from_range(2, partitions=2).map(wait).collect()
    assert len(cancelled) == 1


def test_tasks_have_readable_names(ray_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ray_engine()
    names: list[str] = []
    submit = engine._submit
    monkeypatch.setattr(engine, "_submit", lambda group, *rest: names.append(group[0].name) or submit(group, *rest))
    flow = ray_lab.flow("word count")
    flow.from_items(["a b", "b"], partitions=2).flat_map(str.split).map(lambda w: (w, 1)).reduce_by_key(max).collect()
    assert names[0] == "word count · 1 from_items→flat_map→map→combine"
    assert names[-1] == "word count · 2 merge"


def test_classes_of_this_file_come_back_as_themselves(ray_lab: Lab) -> None:
    class Local:
        def __init__(self, n: int) -> None:
            self.n = n

    rows = ray_lab.flow().from_range(3, partitions=2).map(Local).collect()
    assert [row.n for row in rows] == [0, 1, 2]
    assert all(type(row) is Local for row in rows)


@pytest.mark.parametrize(
    "needs", [{"num_cpus": 999}, {"memory": 2**60}, {"labels": {"zone": "mars"}}, {"num_cpus": 1, "num_gpus": 999}]
)
def test_what_no_node_offers_is_told(local_ray: None, monkeypatch: pytest.MonkeyPatch, needs: dict[str, Any]) -> None:
    engine = RayEngine()
    wanted = Resources.of(**needs)
    with pytest.warns(RuntimeWarning, match=re.escape(f"no node of the cluster offers {wanted} now")):
        engine._look_for(wanted)
    engine._look_for(wanted)  # it warns only once


def test_what_a_node_offers_is_not_told(local_ray: None) -> None:
    for needs in ({}, {"num_cpus": 2}, {"num_cpus": 0.5, "memory": 1000}, {"labels": {"zone": "!mars"}}):
        RayEngine()._look_for(Resources.of(**needs))
