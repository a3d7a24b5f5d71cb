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
from glowray.rows.copies import copier

ROWS_A_BLOCK = 16_384
"""Rows that wait for their task become a block, which takes less memory, at so many."""

_AT_HAND = (list, tuple, range, str, bytes, bytearray, dict, set, frozenset, deque)
_LOOK_SECONDS = 0.2


class Arrivals(Protocol):
    """Where the rows of a channel come from."""

    def next(self) -> Any:
        """The next row, waited for; raises StopIteration at the end."""
        ...

    def ready(self) -> bool:
        """Whether the next row is there already; False where nobody can know."""
        ...

    def close(self) -> None:
        """Nobody wants more: a `next` that waits may end."""
        ...


class FromIterable:
    """An iterable's rows: each is made when it is asked for, so only those of Python's own containers are there."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._is_at_hand = type(rows) in _AT_HAND
        self._rows = iter(rows)

    def next(self) -> Any:
        return next(self._rows)

    def ready(self) -> bool:
        return self._is_at_hand

    def close(self) -> None:
        """Nothing can wake up an iterator."""


class FromQueue:
    """A queue's rows up to the first None."""

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
    """Rows that are read once, by one action; nothing of them is read before it."""

    def __init__(self, arrivals: Callable[[], Arrivals], partitions: int) -> None:
        self.partitions = partitions
        self._arrivals: Callable[[], Arrivals] | None = arrivals

    def open(self, readers: int) -> Deal:
        """Begins to read.

        Raises:
            SpentSource: another action has read it.
        """
        arrivals, self._arrivals = self._arrivals, None
        if arrivals is None:
            raise SpentSource("from_channel() rows can be read once; cache() them for a second action")
        return Deal(arrivals(), self.partitions, readers)


class Deal:
    """An action's reading of a channel: row i goes to feed i % n of each of its readers.

    A row is a copy as of its arrival, one for each reader. Feeds are read in any order: rows that arrive for another
    one wait there.
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
        """Waits for a row and deals it, or hears that there are no more, or why."""
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
        """Ends the reading: the action is over."""
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
        """Takes a row in; many that nobody has asked for yet are held as a block."""
        self._rows.append(row)
        if len(self._rows) >= ROWS_A_BLOCK:
            self._blocks.append(Block.from_rows(list(self._rows)))
            self._rows.clear()

    def take(self) -> list[Any]:
        """The next rows of those that are there, not all of them if they are many."""
        if self._blocks:
            return self._blocks.popleft().rows()
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def morsels(self) -> Iterator[Iterator[Any]]:
        """Again and again the rows that are there, each read when it is asked for; waits for those that are not.

        What went wrong with the reading is raised here, in its turn.
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
    """A channel as the start of a plan; `arrivals` opens it, `name` is that of one of the cluster."""

    def __init__(self, arrivals: Callable[[], Arrivals], partitions: int | None, name: str = "") -> None:
        check_partitions(partitions)
        self.channel, self.name = Channel(arrivals, partitions or 1), name

    @property
    def connects(self) -> bool:
        """Whether a cluster is needed to read it."""
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
    """A reader of an iterable, or of a queue until its first None.

    Raises:
        TypeError: the source is neither.
    """
    if is_queue(source):
        return ChannelReader(lambda: FromQueue(source), partitions)
    if not isinstance(source, Iterable):
        raise TypeError(f"from_channel() needs an iterable or a queue.Queue, got {type(source).__name__}")
    return ChannelReader(lambda: FromIterable(source), partitions)


def is_queue(source: Any) -> bool:
    """Whether it is a queue of threads or processes; one of asyncio cannot be waited for here."""
    is_async = type(source).__module__.startswith("asyncio")
    return hasattr(source, "get_nowait") and hasattr(source, "empty") and not is_async


def _copier(row: Any) -> Callable[[], Any]:
    try:
        return copier(row)
    except Exception as error:
        raise TypeError(f"a row must be picklable, but from_channel() gave one that is not: {error}") from error
