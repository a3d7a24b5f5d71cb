"""Test the driver's loop on engines whose tasks end in any order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Done, Task
from tests.effort import examples


class Shuffling(InlineEngine):
    """An engine with several tasks in flight, which end in any order."""

    def __init__(self, seed: int, window: int) -> None:
        self.random = random.Random(seed)
        self.window = window

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        waiting = iter(tasks)
        flying: list[Done] = []
        while True:
            for task in waiting:
                flying.extend(super().run([task]))
                if len(flying) == self.window:
                    break
            if not flying:
                return
            yield flying.pop(self.random.randrange(len(flying)))


orders = st.builds(Shuffling, st.integers(0, 1000), st.integers(1, 9))


def on(engine: Shuffling, **options: Any) -> gr.Flow:
    return gr.Flow("any order", engine=engine, **options)


@pytest.mark.slow
@settings(max_examples=examples(25))
@given(orders)
def test_rows_come_in_order_of_partition(engine: Shuffling) -> None:
    numbers = on(engine).from_range(30, partitions=10)
    assert numbers.collect() == list(numbers) == numbers.take(30) == list(range(30))
    assert numbers.sort(lambda n: -n).collect() == list(range(29, -1, -1))
    grouped = numbers.map(lambda n: (n % 3, n)).group_by_key().to_dict()
    assert grouped == {k: [n for n in range(30) if n % 3 == k] for k in range(3)}


@pytest.mark.slow
@settings(max_examples=examples(25))
@given(orders, st.sets(st.integers(0, 29), min_size=1, max_size=5))
def test_the_lowest_partition_fails(engine: Shuffling, failing: set[int]) -> None:
    def fail(n: int) -> int:
        if n in failing:
            raise ValueError(n)
        return n

    rows = on(engine).from_range(30, partitions=10).map(fail)
    for run in (rows.collect, rows.count, rows.sort().collect, lambda: list(rows), lambda: rows.take(30)):
        with pytest.raises(ValueError) as caught:
            run()
        assert caught.value.args == (min(failing),)
    seen = []
    with pytest.raises(ValueError):
        for row in rows:
            seen.append(row)  # noqa: PERF402  (list() would lose what came before the error)
    assert seen == list(range(min(failing)))
    assert rows.take(min(failing)) == list(range(min(failing)))


@given(orders, st.sets(st.integers(0, 29), max_size=6), st.integers(0, 4))
def test_dropped_rows_are_heard_in_order(engine: Shuffling, failing: set[int], limit: int) -> None:
    def fail(n: int) -> int:
        if n in failing:
            raise ValueError(n)
        return n

    flow = on(engine, on_error="collect", max_errors=limit)
    rows = flow.from_range(30, partitions=10).map(fail)
    if len(failing) <= limit:
        assert rows.collect() == [n for n in range(30) if n not in failing]
        assert [error.row for error in flow.errors] == sorted(failing)
        assert flow.skipped == ({"map": len(failing)} if failing else {})
        return
    with pytest.raises(gr.GlowrayError, match=f"max_errors={limit}") as caught:
        rows.collect()
    shown = [line for line in str(caught.value).splitlines() if line.startswith("  ")]
    assert [f"row {n}" in line for line, n in zip(shown, sorted(failing), strict=False)] == [True] * len(shown)
    assert shown


@pytest.mark.slow
def test_too_many_errors_before_a_failure_win_and_after_it_lose() -> None:
    def fail(n: int) -> int:
        raise (ValueError if n != 20 else KeyboardInterrupt)(n)

    for seed in range(20):
        flow = on(Shuffling(seed, 10), on_error="skip", max_errors=12)
        with pytest.raises(gr.GlowrayError, match=r"1[345] rows failed"):
            flow.from_range(30, partitions=10).map(fail).collect()
        flow = on(Shuffling(seed, 10), on_error="skip", max_errors=25)
        with pytest.raises(KeyboardInterrupt):
            flow.from_range(30, partitions=10).map(fail).collect()
