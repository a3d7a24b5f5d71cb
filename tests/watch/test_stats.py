"""flow.stats: what each stage did, in numbers that the rows explain."""

from __future__ import annotations

from tests.engine.doubles import Lab


def test_tasks_rows_and_bytes(engine: Lab) -> None:
    flow = engine.flow("counted")
    rows = flow.from_items([(n % 2, n) for n in range(8)], partitions=4)
    assert len(rows.reduce_by_key(max).collect()) == 2
    stats = flow.stats
    combine, merge = stats.stages
    count = 8 if engine.tiny else 4
    assert (combine.tasks, combine.done, merge.tasks, merge.done) == (count, count, count, count)
    assert (combine.rows_in, combine.rows_out) == (8, 8), "each partition has both keys" if not engine.tiny else ""
    assert (merge.rows_in, merge.rows_out) == (0, 2) or merge.rows_out == 2
    assert combine.bytes > 0
    assert stats.tasks == 2 * count
    assert stats.driver_bytes == merge.driver_bytes > 0
    assert stats.exchange_driver_bytes == 0
    assert stats.engine == engine.kind


def test_in_one_line(engine: Lab) -> None:
    flow = engine.flow("one line")
    flow.from_items([1, 2, 3], partitions=1).filter(lambda n: n > 1).collect()
    line = str(flow.stats)
    count = "3 tasks" if engine.tiny else "1 task"
    assert line.startswith(f"one line: 1 stage, {count}, 3 rows in, 2 out, ")
    assert line.endswith(f" s, {engine.kind}")


def test_skew(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_items([("a", n) for n in range(64)], partitions=2).partition_by_key(4).collect()
    assert flow.stats.stages[-1].skew == 4.0, "all rows in one of four partitions"
    flow.from_items([]).collect()
    assert flow.stats.stages[-1].skew == 0.0


def test_the_last_action_counts(engine: Lab) -> None:
    flow = engine.flow()
    rows = flow.from_items([3, 1, 2], partitions=2)
    rows.sort().collect()
    before = flow.stats
    rows.count()
    assert len(before.stages) > len(flow.stats.stages) == 1


def test_a_failed_action_counts_too(engine: Lab) -> None:
    flow = engine.flow()
    try:
        flow.from_items([1, 0], partitions=2).map(lambda n: 1 / n).collect()
    except ZeroDivisionError:
        assert flow.stats.stages[0].tasks == 2
        assert flow.stats.stages[0].done >= 1
    else:
        raise AssertionError("nothing was raised")
