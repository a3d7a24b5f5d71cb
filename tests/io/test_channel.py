"""Test that channels read no row before it is needed, and copy each row as it arrives."""

from __future__ import annotations

import itertools
import multiprocessing
import queue
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import SpentSource
from glowray.io import channel
from glowray.io.channel import Deal, FromIterable, FromQueue, channel_reader
from tests.oracle.exact import assert_rows
from tests.rows.hostile import values


def opened(source: Any, partitions: int = 1, readers: int = 1) -> Deal:
    return channel_reader(source, partitions).channel.open(readers)


def rows_of(deal: Deal, reader: int, place: int) -> list[Any]:
    return [row for morsel in deal.feeds[reader][place].morsels() for row in morsel]


def counted(limit: int = 10**9) -> tuple[list[int], Iterator[int]]:
    """Return an iterator of numbers, and the list of the numbers that were taken from it."""
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(limit):
            taken.append(number)
            yield number

    return taken, numbers()


@given(st.lists(values, max_size=20), st.integers(1, 7), st.integers(1, 3), st.data())
def test_every_reader_gets_every_row_in_its_partition(
    rows: list[Any], partitions: int, readers: int, data: st.DataObject
) -> None:
    deal = opened(rows, partitions, readers)
    order = data.draw(st.permutations(list(itertools.product(range(readers), range(partitions)))))
    for reader, place in order:
        assert_rows(rows_of(deal, reader, place), rows[place::partitions])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), max_size=20), st.integers(1, 9))
def test_feeds_may_be_read_by_turns(turns: list[tuple[int, int]], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "ROWS_A_BLOCK", block)
        deal = opened(range(40), 3)
        streams = [itertools.chain.from_iterable(feed.morsels()) for feed in deal.feeds[0]]
        seen: list[list[int]] = [[], [], []]
        for place, count in turns:
            seen[place].extend(itertools.islice(streams[place], count))
        for place, stream in enumerate(streams):
            assert seen[place] + list(stream) == list(range(place, 40, 3))


def test_nothing_is_read_before_it_is_asked_for() -> None:
    taken, numbers = counted()
    reader = channel_reader(numbers, 2)
    deal = reader.channel.open(1)
    assert taken == []
    stream = itertools.chain.from_iterable(deal.feeds[0][0].morsels())
    assert next(stream) == 0 and taken == [0]
    assert next(stream) == 2 and taken == [0, 1, 2]
    assert list(itertools.islice(itertools.chain.from_iterable(deal.feeds[0][1].morsels()), 1)) == [1]
    assert taken == [0, 1, 2]


def test_what_is_there_is_one_morsel() -> None:
    _, numbers = counted()
    assert [list(morsel) for morsel in itertools.islice(opened(numbers).feeds[0][0].morsels(), 2)] == [[0], [1]]
    rows: queue.Queue[int | None] = queue.Queue()
    for number in (1, 2):
        rows.put(number)
    morsels = opened(rows).feeds[0][0].morsels()
    assert list(next(morsels)) == [1, 2]
    for number in (3, None, 4):
        rows.put(number)
    assert [list(morsel) for morsel in morsels] == [[3]]
    assert rows.get_nowait() == 4, "what follows the end is nobody's here"
    for given_rows in ([1, 2], (1, 2), range(1, 3), deque([1, 2]), {1: "", 2: ""}):
        assert [list(morsel) for morsel in opened(given_rows).feeds[0][0].morsels()] == [[1, 2]]


@pytest.mark.parametrize("make", [queue.Queue, queue.LifoQueue, queue.SimpleQueue, multiprocessing.Queue])
def test_queues_of_threads_and_of_processes(make: Any) -> None:
    rows = make()
    for number in [None, 2, 1] if make is queue.LifoQueue else [1, 2, None]:
        rows.put(number)
    assert rows_of(opened(rows), 0, 0) == [1, 2]


def test_a_row_that_compares_oddly_is_no_end() -> None:
    class Equal:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    rows: queue.Queue[Any] = queue.Queue()
    for row in (Equal(), 0, "", None):
        rows.put(row)
    found = rows_of(opened(rows), 0, 0)
    assert [type(row).__name__ for row in found] == ["Equal", "int", "str"]


def test_a_row_is_a_copy_as_of_its_arrival() -> None:
    def growing() -> Iterator[list[int]]:
        row: list[int] = []
        for number in range(3):
            row.append(number)
            yield row

    deal = opened(growing(), 1, 2)
    rows = rows_of(deal, 0, 0)
    rows[0].append(9)
    assert rows_of(deal, 1, 0) == [[0], [0, 1], [0, 1, 2]]


def test_an_error_comes_in_its_turn_to_the_partition_it_belongs_to() -> None:
    def failing() -> Iterator[int]:
        yield from range(4)
        raise LookupError("gone")

    deal = opened(failing(), 3, 2)
    for reader in range(2):
        assert rows_of(deal, reader, 0) == [0, 3]
        assert rows_of(deal, reader, 2) == [2]
        stream = itertools.chain.from_iterable(deal.feeds[reader][1].morsels())
        assert next(stream) == 1
        with pytest.raises(LookupError, match="gone"):
            next(stream)


def test_a_row_that_cannot_be_pickled_is_an_error_in_its_turn() -> None:
    stream = itertools.chain.from_iterable(opened([1, threading.Lock(), 2]).feeds[0][0].morsels())
    assert next(stream) == 1
    with pytest.raises(TypeError, match=r"a row must be picklable, but from_channel\(\) gave one that is not"):
        next(stream)


def test_a_channel_is_read_once() -> None:
    reader = channel_reader([1])
    reader.channel.open(1)
    with pytest.raises(SpentSource, match=r"cache\(\) them"):
        reader.channel.open(1)


def test_a_reader_that_waits_for_a_queue_is_let_go() -> None:
    arrivals = FromQueue(queue.Queue())
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(StopIteration):
            arrivals.next()
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    arrivals.close()
    thread.join(60)
    assert ended.is_set()


def test_only_what_cannot_make_one_wait_is_there_at_once() -> None:
    class Slow(list[int]):
        """A list of another class, which may iterate in its own way."""

    assert FromIterable([1]).ready()
    for rows in (Slow([1]), iter([1]), map(str, [1])):
        assert not FromIterable(rows).ready()
