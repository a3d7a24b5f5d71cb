"""Test from_channel(): rows pass while they arrive, on every engine, with the results of rows that were there first."""

from __future__ import annotations

import asyncio
import itertools
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine import automatic
from glowray.engine.ray import start as ray_start
from glowray.engine.ray.feed import WAITING_ROWS
from glowray.errors import SpentSource, TooManyErrors, WorkerLost
from tests.engine.doubles import Lab

PATIENCE = 120


class Dialogue:
    """A source that gives a row only after the job put out the row before. A step that holds back rows would hang."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.heard: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __iter__(self) -> Iterator[int]:
        for number in range(self.count):
            yield number
            self.heard.get(timeout=PATIENCE)

    def hear(self, row: Any) -> None:
        self.heard.put(row)


def endless(lab: Lab, partitions: int = 1) -> Dataset[int]:
    return lab.flow().from_channel(itertools.count(), partitions)


@pytest.mark.parametrize("partitions", [1, 3])
def test_an_endless_channel_gives_its_first_rows(engine: Lab, partitions: int) -> None:
    squares = [n * n for n in range(0, 100, partitions)]
    assert endless(engine, partitions).map(lambda n: n * n).take(3) == squares[:3]
    assert endless(engine, partitions).filter(lambda n: n > 5).first() == next(
        n for n in range(0, 99, partitions) if n > 5
    )
    assert (
        endless(engine, partitions).limit(4).map(lambda n: -n).collect() == [-n for n in range(0, 100, partitions)][:4]
    )
    assert not endless(engine, partitions).is_empty()
    assert list(itertools.islice(endless(engine, partitions), 5)) == list(range(0, 100, partitions))[:5]


def test_rows_are_shown_of_an_endless_channel(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    endless(engine).map(lambda n: f"row {n}").show(2)
    out = capsys.readouterr().out
    assert "row 0" in out and "row 1" in out and "row 2" not in out


PLANS: dict[str, Callable[[Dataset[int]], Dataset[Any]]] = {
    "as it is": lambda ds: ds,
    "map": lambda ds: ds.map(lambda n: n),
    "flat_map": lambda ds: ds.flat_map(lambda n: [n]),
    "map_partitions": lambda ds: ds.map_partitions(lambda rows: (n for n in rows)),
    "zip_with_index": lambda ds: ds.zip_with_index().keys(),
    "map after map_partitions": lambda ds: ds.map_partitions(lambda rows: rows).map(lambda n: n),
    "batches of one": lambda ds: ds.map_batches(lambda t: t, batch_size=1).map(lambda row: row["value"]),
    "after others": lambda ds: ds.flow.from_items([], partitions=2).union(ds),
}


@pytest.mark.parametrize("plan", PLANS)
def test_a_row_comes_out_before_the_next_is_there(engine: Lab, plan: str) -> None:
    source = Dialogue(4)
    seen = []
    for row in PLANS[plan](engine.flow().from_channel(source)):
        seen.append(row)
        source.hear(row)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("plan", PLANS)
def test_an_output_is_fed_before_the_next_row_is_there(engine: Lab, plan: str) -> None:
    source = Dialogue(4)
    flow = engine.flow()
    seen = []

    def hear(row: int) -> None:
        seen.append(row)
        source.hear(row)

    PLANS[plan](flow.from_channel(source)).output(hear)
    assert flow.run() == [None]
    assert seen == [0, 1, 2, 3]


def test_two_outputs_of_one_channel_are_fed_together(engine: Lab) -> None:
    rows: queue.Queue[int | None] = queue.Queue()
    out: queue.Queue[Any] = queue.Queue()
    flow = engine.flow()
    source = flow.from_channel(rows)
    source.output(out)
    source.map(lambda n: (n, n * n)).output(lambda n, square: rows.put(n + 1 if n < 4 else None))
    rows.put(0)
    assert flow.run() == [None, None]
    assert list(iter(out.get, None)) == [0, 1, 2, 3, 4]
    assert (flow.stats.tasks, flow.stats.stages[0].rows_in, flow.stats.stages[1].rows_out) == (2, 5, 5)


def test_an_output_that_needs_all_rows_keeps_no_other_from_its_own(engine: Lab) -> None:
    source = Dialogue(4)
    flow = engine.flow()
    totals: list[int] = []
    rows = flow.from_channel(source)
    rows.reduce(lambda a, b: a + b).output(totals.append)
    rows.map(lambda n: (n % 2, n)).group_by_key().output(totals.append)
    rows.output(source.hear)
    flow.run()
    assert totals == [6, (0, [0, 2]), (1, [1, 3])]


def test_outputs_that_move_rows_share_the_channel(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow()
    seen: list[int] = []
    totals: list[Any] = []
    source = flow.from_channel(iter(range(10)), partitions=3)
    source.output(seen.append)
    source.map(lambda n: (n % 2, n)).reduce_by_key(lambda a, b: a + b).output(totals.append)
    source.write_text(tmp_path / "out", defer=True)
    flow.run()
    assert seen == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]
    assert sorted(totals) == [(0, 20), (1, 25)]
    assert engine.flow().read_text(tmp_path / "out").map(int).collect() == seen


@settings(max_examples=15)
@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_row_i_goes_to_partition_i_modulo_n(rows: list[int], partitions: int) -> None:
    for source in (rows, iter(rows), (row for row in rows)):
        dataset = gr.Flow(engine="inline").from_channel(source, partitions)
        assert dataset.num_partitions == partitions
        placed = dataset.map_partitions(lambda index, rows: ((index, row) for row in rows)).collect()
        assert placed == [(place, row) for place in range(partitions) for row in rows[place::partitions]]


def test_so_it_is_on_every_engine(engine: Lab) -> None:
    placed = (
        engine.flow().from_channel(iter(range(10)), 4).map_partitions(lambda index, rows: ((index, n) for n in rows))
    )
    assert placed.collect() == [(place, n) for place in range(4) for n in range(place, 10, 4)]


def test_by_itself_a_channel_is_one_partition_in_order(engine: Lab) -> None:
    rows = engine.flow().from_channel(iter("abc"))
    assert rows.num_partitions == 1 and rows.collect() == ["a", "b", "c"]
    assert gr.Flow(partitions=5).from_channel([]).num_partitions == 5
    assert engine.flow().from_channel([]).collect() == []
    assert engine.flow().from_channel(iter([]), partitions=3).sum() == 0


def test_what_a_function_captured_is_its_partitions_own(engine: Lab) -> None:
    def numbered() -> Callable[[int], int]:
        seen: list[int] = []
        return lambda row: seen.append(row) or len(seen)  # type: ignore[func-returns-value]

    rows = engine.flow().from_channel(iter(range(6)), partitions=2).map(numbered())
    assert list(rows) == [1, 2, 3, 1, 2, 3]


def test_a_function_may_change_its_row(engine: Lab) -> None:
    given_rows = [[1], [2]]
    source = engine.flow().from_channel(iter(given_rows))
    both = source.map(lambda row: row.append(0) or row).union(source)
    assert both.collect() == [[1, 0], [2, 0], [1], [2]]
    assert given_rows == [[1], [2]]


def test_a_second_action_is_an_error(engine: Lab) -> None:
    rows = engine.flow().from_channel(iter([3, 1]))
    kept = rows.map(lambda n: n).cache()
    assert "from_channel" in kept.explain(), "looking reads nothing"
    assert (kept.collect(), kept.sum(), kept.max()) == ([3, 1], 4, 3)
    for again in (rows.collect, rows.first, lambda: list(rows)):
        with pytest.raises(SpentSource):
            again()
    assert kept.take(1) == [3]


def test_an_iteration_that_was_left_has_read_its_channel(engine: Lab) -> None:
    rows = engine.flow().from_channel(iter(range(10)))
    assert next(iter(rows)) == 0
    with pytest.raises(SpentSource):
        rows.collect()


def failing() -> Iterator[int]:
    yield from range(4)
    raise LookupError("the source is gone")


def test_an_error_of_the_source_is_its_own(engine: Lab) -> None:
    with pytest.raises(LookupError, match="the source is gone") as caught:
        engine.flow().from_channel(failing(), partitions=3).map(lambda n: n).collect()
    assert caught.value.__notes__ == ["in from_channel()", "partition: 1"]
    frames = []
    trace = caught.value.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert frames == ["test_an_error_of_the_source_is_its_own", "failing"]


def test_rows_before_an_error_come_first(engine: Lab) -> None:
    seen = []
    with pytest.raises(LookupError):
        for row in engine.flow().from_channel(failing()):
            seen.append(row)  # noqa: PERF402  (list() would lose what came before the error)
    assert seen == [0, 1, 2, 3]
    assert engine.flow().from_channel(failing()).take(4) == [0, 1, 2, 3]
    with pytest.raises(LookupError):
        engine.flow().from_channel(failing()).take(5)
    with pytest.raises(ZeroDivisionError):
        engine.flow().from_channel(failing()).map(lambda n: 1 // (n - 2)).collect()


def test_an_output_has_its_rows_and_its_end_before_the_error(engine: Lab) -> None:
    flow = engine.flow()
    out: queue.Queue[Any] = queue.Queue()
    flow.from_channel(failing()).map(lambda n: n).output(out)
    with pytest.raises(LookupError):
        flow.run()
    assert [out.get_nowait() for _ in range(out.qsize())] == [0, 1, 2, 3, None]


@pytest.mark.parametrize("ending", [list, lambda ds: ds.collect()])
def test_a_row_that_cannot_be_pickled(engine: Lab, ending: Callable[[Dataset[Any]], Any]) -> None:
    with pytest.raises(TypeError, match=r"a row must be picklable, but from_channel\(\) gave one that is not"):
        ending(engine.flow().from_channel([1, threading.Lock()]).map(str))


def test_bad_rows_are_told_of_while_rows_arrive(engine: Lab) -> None:
    flow = engine.flow(on_error="collect")
    rows = iter(flow.from_channel(itertools.count()).map(lambda n: 1 // (n % 2)))
    assert next(rows) == 1
    assert flow.errors[0].row == 0
    assert flow.skipped == {"map": len(flow.errors)}


def test_too_many_bad_rows_end_an_endless_channel(engine: Lab) -> None:
    flow = engine.flow(on_error="skip", max_errors=3)
    with pytest.raises(TooManyErrors, match="rows failed, more than max_errors=3 allows"):
        for _ in flow.from_channel(itertools.count()).map(lambda n: 1 // (n % 2)):
            pass


def test_take_leaves_the_rest_in_the_queue() -> None:
    rows: queue.Queue[int] = queue.Queue()
    for number in range(5):
        rows.put(number)
    flow = gr.Flow(engine="inline")
    assert flow.from_channel(rows).map(lambda n: n).take(2) == [0, 1]
    assert flow.from_channel(rows).first() == 2
    assert rows.qsize() == 2


@pytest.mark.parametrize("wrong", [None, 5, asyncio.Queue(), object()])
def test_what_is_no_channel(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"from_channel\(\) needs an iterable or a queue\.Queue"):
        gr.from_channel(wrong)
    with pytest.raises(ValueError, match="at least 1"):
        gr.from_channel([], partitions=0)


def test_a_channel_stays_with_the_process_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The automatic engine would move tasks to a Ray in another process, which cannot read the channel."""
    monkeypatch.setattr(automatic, "PATIENCE", -1.0)
    monkeypatch.setattr(automatic, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(ray_start, "begun_ray_engine", lambda over, is_worth_it: pytest.fail("handed over"))
    flow = gr.Flow()
    assert flow.from_channel(iter(range(4)), partitions=4).map(lambda n: os.getpid()).collect() == [os.getpid()] * 4
    assert [n for n, _ in zip(flow.from_channel(itertools.count()), range(3), strict=False)] == [0, 1, 2]


def test_a_name_is_a_channel_of_the_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOWRAY_HOME", str(tmp_path))
    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    flow = gr.Flow(engine="inline")
    rows = flow.from_channel("words", partitions=2)
    assert rows.num_partitions == 2 and "from_channel('words')" in rows.explain()
    with pytest.raises(gr.ClusterError, match="no cluster is named"):
        rows.collect()
    rows.output("counted")
    flow.from_items([1]).output("counted")
    with pytest.raises(gr.ClusterError, match="no cluster is named"):
        flow.run()
    for wrong in (flow.from_channel, flow.from_items([1]).output):
        with pytest.raises(ValueError, match="needs a name"):
            wrong(" ")


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("glowray-channel")]


@pytest.mark.ray
def test_no_thread_outlives_its_action(ray_lab: Lab) -> None:
    rows: queue.Queue[int | None] = queue.Queue()
    for number in range(3):
        rows.put(number)
    iteration = iter(ray_lab.flow().from_channel(rows))
    assert next(iteration) == 0
    assert len(threads()) == 2
    iteration.close()  # type: ignore[attr-defined]
    assert endless(ray_lab).take(2) == [0, 1]
    for thread in threads():
        thread.join(PATIENCE)
    assert threads() == []


@pytest.mark.ray
def test_no_more_is_read_than_there_is_room_for(ray_lab: Lab) -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    iteration = iter(ray_lab.flow().from_channel(numbers()))
    assert list(itertools.islice(iteration, 10)) == list(range(1, 11))
    iteration.close()  # type: ignore[attr-defined]
    assert taken < 8 * WAITING_ROWS


def killing(folder: Path) -> Callable[[int], int]:
    """Return a function that kills its process at row 2, once."""

    def kill(n: int) -> int:
        if n == 2 and not (folder / "killed").exists():
            (folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    return kill


@pytest.mark.ray
def test_a_task_that_was_lost_reads_its_rows_again(ray_lab: Lab, tmp_path: Path) -> None:
    rows = ray_lab.flow().from_channel(iter(range(6)), partitions=2).map(killing(tmp_path))
    assert rows.collect() == [0, 2, 4, 1, 3, 5]
    assert rows.flow.stats.retries == 1


@pytest.mark.ray
def test_a_task_that_was_lost_after_it_gave_rows_is_an_error(ray_lab: Lab, tmp_path: Path) -> None:
    source = Dialogue(5)
    seen = []
    with pytest.raises(WorkerLost, match="it read a channel, whose rows cannot be read again"):
        for row in ray_lab.flow().from_channel(source).map(killing(tmp_path)):
            seen.append(row)
            source.hear(row)
    assert seen == [0, 1]
