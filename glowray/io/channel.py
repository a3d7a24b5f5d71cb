"""Channels: rows that arrive while the job runs, from an iterable or a queue in the driver."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from glowray.errors import SpentSource
from glowray.io.reader import check_partitions
from glowray.rows import Block

DEFAULT_PARTITIONS = 8
ROWS_A_CHUNK = 16_384


class Channel(Sequence[Block]):
    """The blocks of a channel: row i in block i % n. Nothing is read before the first block is asked for.

    Each block is given once: it is not kept, so that rows that have been used are gone.
    """

    def __init__(self, rows: Iterable[Any] | queue.Queue[Any], partitions: int) -> None:
        self.rows: Iterable[Any] | queue.Queue[Any] | None = rows
        self.partitions = partitions
        self.blocks: list[Block | None] = []

    def __len__(self) -> int:
        return self.partitions

    @overload
    def __getitem__(self, index: int) -> Block: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Block]: ...
    def __getitem__(self, index: int | slice) -> Block | Sequence[Block]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if self.rows is not None:
            rows, self.rows = self.rows, None
            self.blocks = list(dealt(drained(rows), self.partitions))
        block = self.blocks[index] if self.blocks else None
        if block is None:
            raise SpentSource("from_channel() rows can be read once; cache() them for a second action")
        self.blocks[index] = None
        return block


class ChannelReader:
    """A channel as the start of a plan."""

    def __init__(self, channel: Channel) -> None:
        self.blocks = channel

    @property
    def label(self) -> str:
        return "from_channel()"

    @property
    def num_partitions(self) -> int:
        return len(self.blocks)

    @property
    def estimated_bytes(self) -> None:
        return None

    def read(self, index: int) -> Iterator[list[Any]]:
        yield from self.blocks[index].morsels()


def channel_reader(source: Iterable[Any] | queue.Queue[Any], partitions: int | None = None) -> ChannelReader:
    """A reader of an iterable, or of a queue until its first None.

    Raises:
        TypeError: the source is neither.
    """
    check_partitions(partitions)
    if not isinstance(source, (queue.Queue, queue.SimpleQueue)) and not isinstance(source, Iterable):
        raise TypeError(f"from_channel() needs an iterable or a queue.Queue, got {type(source).__name__}")
    return ChannelReader(Channel(source, partitions or DEFAULT_PARTITIONS))


def drained(source: Iterable[Any] | queue.Queue[Any]) -> Iterator[Any]:
    """The rows of a channel to its end; waits for rows that have not arrived yet."""
    return iter(source.get, None) if isinstance(source, (queue.Queue, queue.SimpleQueue)) else iter(source)


def dealt(rows: Iterator[Any], count: int) -> Iterator[Block]:
    """Rows dealt to `count` blocks in turn, encoded as they arrive."""
    waiting: list[list[Any]] = [[] for _ in range(count)]
    done: list[list[Block]] = [[] for _ in range(count)]
    for number, row in enumerate(rows):
        hand = waiting[number % count]
        hand.append(row)
        if len(hand) >= ROWS_A_CHUNK:
            done[number % count].append(Block.from_rows(hand))
            hand.clear()
    for blocks, hand in zip(done, waiting, strict=True):
        yield Block.concat([*blocks, Block.from_rows(hand)])
