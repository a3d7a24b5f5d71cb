"""Test reverse, take_while, drop_while and sliding: several partitions, empty ones, channels, errors past the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import CountingEngine, Lab
from tests.oracle.exact import assert_rows


def parted(flow: gr.Flow, parts: list[list[Any]]) -> Dataset[Any]:
    """Return a dataset with the given partitions."""
    return flow.from_source(lambda index: iter(parts[index]), len(parts))


partitions = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=6)


@pytest.mark.slow
@given(partitions, st.integers(0, 6), st.integers(1, 6), st.integers(1, 4))
def test_as_itertools(parts: list[list[int]], limit: int, size: int, step: int) -> None:
    rows = [row for part in parts for row in part]
    ds = parted(gr.Flow(engine="inline"), parts)

    def below(n: int) -> bool:
        return n < limit

    assert ds.reverse().collect() == rows[::-1]
    assert ds.take_while(below).collect() == list(itertools.takewhile(below, rows))
    assert ds.drop_while(below).collect() == list(itertools.dropwhile(below, rows))
    windows = [rows[start : start + size] for start in range(0, len(rows) - size + 1, step)]
    assert ds.sliding(size, step).collect() == windows
    for made in (ds.reverse(), ds.take_while(below), ds.drop_while(below), ds.sliding(size)):
        assert made.num_partitions == len(parts)
        assert len(made.map_partitions(lambda part: [list(part)]).collect()) == len(parts)


@given(partitions, st.integers(0, 5), st.integers(0, 5))
def test_limits_after_them(parts: list[list[int]], limit: int, n: int) -> None:
    rows = [row for part in parts for row in part]
    ds = parted(gr.Flow(engine="inline"), parts)
    taken = ds.take_while(lambda row: row < limit)
    wanted = list(itertools.takewhile(lambda row: row < limit, rows))
    assert taken.take(n) == wanted[:n]
    assert taken.limit(n).limit(3).collect() == wanted[: min(n, 3)]
    assert ds.reverse().take(n) == rows[::-1][:n]
    both = taken.limit(n).union(taken)
    assert both.collect() == wanted[:n] + wanted


def test_on_every_engine(engine: Lab) -> None:
    rows = engine.flow().from_items([3, 1, 4, 1, 5, 9, 2, 6], partitions=3)
    assert rows.reverse().collect() == [6, 2, 9, 5, 1, 4, 1, 3]
    assert rows.take_while(lambda n: n < 5).collect() == [3, 1, 4, 1]
    assert rows.drop_while(lambda n: n < 5).collect() == [5, 9, 2, 6]
    assert rows.sliding(3, 2).collect() == [[3, 1, 4], [4, 1, 5], [5, 9, 2]]
    assert rows.sliding(2).map(lambda left, right: right - left).collect() == [-2, 3, -3, 4, 4, -7, 4]
    chained = rows.drop_while(lambda n: n > 1).reverse().take_while(lambda n: n != 1).sliding(2)
    assert chained.collect() == [[6, 2], [2, 9], [9, 5]]


def test_rows_of_a_channel(engine: Lab) -> None:
    def rows() -> Dataset[int]:
        return engine.flow().from_channel(iter(range(10)), 2)

    dealt = [*range(0, 10, 2), *range(1, 10, 2)]
    assert rows().reverse().collect() == dealt[::-1]
    assert rows().take_while(lambda n: n < 5).collect() == [0, 2, 4]
    assert rows().drop_while(lambda n: n < 5).collect() == dealt[3:]
    assert rows().sliding(6, 4).collect() == [dealt[:6], dealt[4:]]


def fails_at(place: int) -> Callable[[int], int]:
    def check(n: int) -> int:
        if n >= place:
            raise ZeroDivisionError(n)
        return n

    return check


def test_no_error_past_the_row_that_ends_them(engine: Lab) -> None:
    rows = engine.flow().from_items(range(12), partitions=4)
    assert rows.map(fails_at(4)).take_while(lambda n: n < 3).collect() == [0, 1, 2]
    assert rows.take_while(lambda n: fails_at(4)(n) < 3).collect() == [0, 1, 2]
    assert rows.drop_while(lambda n: fails_at(4)(n) < 3).collect() == list(range(3, 12))
    assert rows.map(fails_at(3)).take_while(lambda n: True).take(3) == [0, 1, 2]
    with pytest.raises(ZeroDivisionError, match="3"):
        rows.map(fails_at(3)).take_while(lambda n: True).take(4)
    with pytest.raises(ZeroDivisionError, match="2"):
        rows.drop_while(lambda n: fails_at(2)(n) >= 0).collect()


def test_an_error_names_the_row(engine: Lab) -> None:
    rows = engine.flow().from_items(range(6), partitions=3)
    for verb in ("take_while", "drop_while"):
        with pytest.raises(ZeroDivisionError) as caught:
            getattr(rows, verb)(lambda n: 1 // (3 - n) or True).collect()
        assert caught.value.__notes__[0].startswith(f"in {verb}(λ ")
        assert caught.value.__notes__[1:3] == ["row: 3", "partition: 1"] or engine.kind == "inline"
        with pytest.raises(ZeroDivisionError):
            caught.value.replay()  # type: ignore[attr-defined]


@pytest.mark.parametrize("policy", ["skip", "collect"])
def test_rows_on_which_the_function_fails_end_nothing(engine: Lab, policy: str) -> None:
    flow = engine.flow()
    rows = flow.from_items(["1", "x", "2", "3", "y", "4"], partitions=3)
    taken = rows.take_while(lambda text: int(text) < 3, on_error=policy)
    assert taken.collect() == ["1", "2"]
    assert flow.skipped == {"take_while": 1}
    assert [error.row for error in flow.errors] == (["x"] if policy == "collect" else [])
    assert rows.drop_while(lambda text: int(text) < 3, on_error=policy).collect() == ["3", "y", "4"]
    assert flow.skipped == {"drop_while": 1}


def test_dead_letters(tmp_path: Path) -> None:
    rows = gr.Flow(engine="inline").from_items(["1", "x", "9", "y"], partitions=2)
    letters = tmp_path / "letters.jsonl"
    assert rows.take_while(lambda text: int(text) < 3, on_error=letters).collect() == ["1"]
    assert letters.read_text().count("\n") == 1
    assert '"x"' in letters.read_text()


def test_partitions_past_the_end_do_not_run(counting: CountingEngine) -> None:
    rows = gr.Flow(engine=counting).from_items(range(64), partitions=64)
    assert rows.take_while(lambda n: n < 2).collect() == [0, 1]
    assert counting.tasks[1] == 3
    counting.tasks.clear()
    assert rows.take_while(lambda n: True).first() == 0
    assert counting.tasks[1] == 1
    counting.tasks.clear()
    assert rows.drop_while(lambda n: n < 2).count() == 62
    assert counting.tasks[2] == 3


def noting(path: Path, row: int) -> int:
    with path.open("a") as file:
        file.write(f"{row} ")
    return row


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_function_is_called_up_to_the_first_false_row(tmp_path: Path, partitions: int) -> None:
    rows = gr.Flow(engine="inline").from_range(10, partitions=partitions)
    taken, dropped = tmp_path / "taken", tmp_path / "dropped"
    assert rows.map(abs).take_while(lambda n: noting(taken, n) < 4).collect() == [0, 1, 2, 3]
    assert rows.drop_while(lambda n: noting(dropped, n) < 4).collect() == list(range(4, 10))
    assert taken.read_text() == dropped.read_text() == "0 1 2 3 4 "


def test_the_end_of_a_part_of_a_union_is_not_that_of_the_whole(engine: Lab) -> None:
    flow = engine.flow()
    first, second = flow.from_items([1, 5, 2], 1), flow.from_items([3, 4, 9, 0], 2)
    both = first.take_while(lambda n: n < 5).union(second)
    assert both.collect() == [1, 3, 4, 9, 0]
    assert both.take_while(lambda n: n < 9).collect() == [1, 3, 4]
    assert both.limit(3).collect() == [1, 3, 4]


def test_key_partitions() -> None:
    rows = gr.Flow(engine="inline").from_items([(n % 3, n) for n in range(9)], 3).partition_by_key(4)
    assert rows.take_while(lambda key, n: True)._node.key_partitions == 4
    assert rows.drop_while(lambda key, n: False)._node.key_partitions == 4
    assert rows.reverse()._node.key_partitions is None
    assert sorted(rows.drop_while(lambda key, n: False).group_by_key().map_values(sorted).collect()) == [
        (0, [0, 3, 6]), (1, [1, 4, 7]), (2, [2, 5, 8]),
    ]  # fmt: skip
    assert sorted(rows.reverse().count_by_key().collect()) == [(0, 3), (1, 3), (2, 3)]
    assert len(rows.reverse().join(rows).collect()) == 27


def test_reverse_keeps_values_exact(engine: Lab) -> None:
    rows: list[Any] = [1, True, 1.0, None, "a", b"a", (1, [2]), {"a": 1}, 2**70, -0.0, {3}]
    assert_rows(engine.flow().from_items(rows, partitions=2).reverse().collect(), rows[::-1])


@pytest.mark.parametrize("memory", [1, 1000])
def test_reverse_of_rows_that_do_not_fit(memory: int) -> None:
    flow = gr.Flow(engine="inline", memory=memory)
    assert flow.from_range(70_000, partitions=2).map(str).reverse().collect() == [str(n) for n in range(70_000)][::-1]
    assert sum(stage.spill for stage in flow.stats.stages) > 0


def test_windows_do_not_share_rows(engine: Lab) -> None:
    def changed(window: list[list[int]]) -> list[list[int]]:
        window[0].append(0)
        return window

    rows = engine.flow().from_items([[1], [2], [3]], partitions=2)
    assert rows.sliding(2).map(changed).collect() == [[[1, 0], [2]], [[2, 0], [3]]]


def test_a_source_is_read_up_to_the_first_false_row(tmp_path: Path) -> None:
    read = tmp_path / "read"

    def source(index: int) -> Iterator[int]:
        for n in range(index * 3, index * 3 + 3):
            yield noting(read, n)

    assert gr.Flow(engine="inline").from_source(source, 5).take_while(lambda n: n < 1).collect() == [0]
    assert read.read_text() == "0 1 "


@pytest.mark.parametrize("verb", ["take_while", "drop_while"])
def test_functions_are_spread(engine: Lab, verb: str) -> None:
    rows = engine.flow().from_items([("a", 1), ("b", 2), ("c", 0)])
    found = getattr(rows, verb)(lambda word, n: n < 2).collect()
    assert found == ([("a", 1)] if verb == "take_while" else [("b", 2), ("c", 0)])


def test_wrong_windows() -> None:
    rows = gr.Flow(engine="inline").from_items([1])
    with pytest.raises(ValueError, match=r"sliding\(\) needs a number of at least 1, got 0"):
        rows.sliding(0)
    with pytest.raises(ValueError, match="at least 1, got -1"):
        rows.sliding(2, step=-1)
