"""Channels: rows that arrive while the job runs, from an iterable or a queue in the driver."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from glowray.errors import SpentSource
from glowray.io.reader import ArrivingReader, check_partitions
from glowray.rows import Block
from glowray.rows.objects.value_copies import copier

ROWS_A_BLOCK = 16_384
"""The number of waiting rows of a feed that are packed into a block, which takes less memory."""

# Iterables of these types have their next row at once; any other may wait before it gives one.
_AT_HAND = (list, tuple, range, str, bytes, bytearray, dict, set, frozenset, deque)
_LOOK_SECONDS = 0.2  # between two looks whether a queue's reader was closed


class Arrivals(Protocol):
    """The source of a channel's rows."""

    def next(self) -> Any:
        """Wait for the next row and return it. Raises StopIteration at the end."""
        ...

    def ready(self) -> bool:
        """Return whether `next` returns without waiting; False if that is unknown."""
        ...

    def close(self) -> None:
        """End the reading; a `next` that waits in another thread may raise StopIteration."""
        ...


class FromIterable:
    """Rows of an iterable. Only Python's own containers are ready: any other may wait while it makes the next row."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._is_at_hand = type(rows) in _AT_HAND
        self._rows = iter(rows)

    def next(self) -> Any:
        return next(self._rows)

    def ready(self) -> bool:
        return self._is_at_hand

    def close(self) -> None:
        """Do nothing: an iterator that waits cannot be woken up."""


class FromQueue:
    """Rows of a queue up to the first None."""

    def __init__(self, rows: Any) -> None:
        self._queue = rows
        self._is_closed = False

    def next(self) -> Any:
        while not self._is_closed:
            try:
                row = self._queue.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            if row is None:
                break
            return row
        raise StopIteration

    def ready(self) -> bool:
        return not self._queue.empty()

    def close(self) -> None:
        self._is_closed = True


class Channel:
    """Rows that one action reads, once. No row is read before that action."""

    def __init__(self, arrivals: Callable[[], Arrivals], partitions: int) -> None:
        self.partitions = partitions
        self._arrivals: Callable[[], Arrivals] | None = arrivals

    def open(self, readers: int) -> Deal:
        """Begin to read, with one feed for each partition and reader.

        Raises:
            SpentSource: another action has read the channel.
        """
        arrivals, self._arrivals = self._arrivals, None
        if arrivals is None:
            raise SpentSource("from_channel() rows can be read once; cache() them for a second action")
        return Deal(arrivals(), self.partitions, readers)


class Deal:
    """Deals the rows of a channel for one action. With n partitions, row i goes to feed i % n of each reader.

    Each reader gets its own copy of a row, made when the row arrives. Feeds may be read in any order: a row that
    arrives for another feed waits there.
    """

    def __init__(self, arrivals: Arrivals, partitions: int, readers: int) -> None:
        self.arrivals = arrivals
        self.feeds = [[Feed(self, place) for place in range(partitions)] for _ in range(readers)]
        self.changed = threading.Condition()
        self.has_ended = False
        self.closing: list[Callable[[], None]] = []
        self._partitions = partitions
        self._dealt = 0

    def read(self) -> None:
        """Wait for a row and put a copy into a feed of each reader. At the end, or after an error, end all feeds."""
        place = self._dealt % self._partitions
        try:
            copy = _copier(self.arrivals.next())
            copies = [copy() for _ in self.feeds]
        except BaseException as error:
            with self.changed:
                self.has_ended = True
                if not isinstance(error, StopIteration):
                    for feeds in self.feeds:
                        feeds[place].error = error
                self.changed.notify_all()
            return
        with self.changed:
            for feeds, row in zip(self.feeds, copies, strict=True):
                feeds[place].add(row)
            self._dealt += 1
            self.changed.notify_all()

    def close(self) -> None:
        """End the reading, because the action is over."""
        self.arrivals.close()
        for close in self.closing:
            close()


class Feed:
    """The rows of one partition for one reader."""

    def __init__(self, deal: Deal, place: int) -> None:
        self.deal, self.place = deal, place
        self.error: BaseException | None = None
        self._blocks: deque[Block] = deque()
        self._rows: deque[Any] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._blocks)) + len(self._rows)

    def add(self, row: Any) -> None:
        """Add a row. When ROWS_A_BLOCK rows wait, pack them into a block."""
        self._rows.append(row)
        if len(self._rows) >= ROWS_A_BLOCK:
            self._blocks.append(Block.from_rows(list(self._rows)))
            self._rows.clear()

    def take(self) -> list[Any]:
        """Remove and return the rows of the first waiting block; if no block waits, all waiting rows."""
        if self._blocks:
            return self._blocks.popleft().rows()
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def morsels(self) -> Iterator[Iterator[Any]]:
        """Yield lazy morsels of the rows that are ready. Between two morsels wait for the next row.

        An error of the source is raised here, after the rows before it.
        """
        while self._is_there():
            yield self._there()

    def _is_there(self) -> bool:
        while not (self._blocks or self._rows):
            if self.deal.has_ended:
                if self.error is not None:
                    raise self.error
                return False
            self.deal.read()
        return True

    def _there(self) -> Iterator[Any]:
        while True:
            if self._blocks:
                yield from self._blocks.popleft().rows()
            elif self._rows:
                yield self._rows.popleft()
            elif self.deal.has_ended or not self.deal.arrivals.ready():
                return
            else:
                self.deal.read()


class ChannelReader(ArrivingReader):
    """A channel as the source of a plan. `arrivals` opens it; `name` is the name of a channel of the cluster, or ""."""

    def __init__(self, arrivals: Callable[[], Arrivals], partitions: int | None, name: str = "") -> None:
        check_partitions(partitions)
        self.channel, self.name = Channel(arrivals, partitions or 1), name

    @property
    def connects(self) -> bool:
        """Whether reading it needs a cluster."""
        return bool(self.name)

    @property
    def label(self) -> str:
        return f"from_channel({self.name and repr(self.name)})"

    @property
    def num_partitions(self) -> int:
        return self.channel.partitions

    @property
    def estimated_bytes(self) -> None:
        return None


def channel_reader(source: Any, partitions: int | None = None) -> ChannelReader:
    """Return a reader of an iterable, or of a queue up to its first None.

    Raises:
        TypeError: the source is neither.
    """
    if is_queue(source):
        return ChannelReader(lambda: FromQueue(source), partitions)
    if not isinstance(source, Iterable):
        raise TypeError(f"from_channel() needs an iterable or a queue.Queue, got {type(source).__name__}")
    return ChannelReader(lambda: FromIterable(source), partitions)


def is_queue(source: Any) -> bool:
    """Return whether it is a queue of threads or processes. Nothing here can wait for a queue of asyncio."""
    is_async = type(source).__module__.startswith("asyncio")
    return hasattr(source, "get_nowait") and hasattr(source, "empty") and not is_async


def _copier(row: Any) -> Callable[[], Any]:
    try:
        return copier(row)
    except Exception as error:
        raise TypeError(f"a row must be picklable, but from_channel() gave one that is not: {error}") from error
