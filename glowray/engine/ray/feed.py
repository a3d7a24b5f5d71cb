"""Rows of a channel on their way to Ray tasks. Two threads of the driver read and send them; an actor holds them.

A task may wait for rows that do not exist yet, for any time. A waiting task holds its CPU.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from glowray.engine.ray.nodes.watch import cluster_watch
from glowray.errors import GlowrayError, WorkerLost
from glowray.functions.exceptions import put_together, take_apart
from glowray.io.channel import Deal, Feed
from glowray.rows import Block

WAITING_ROWS = 65_536
"""Rows that are read ahead at most: this many in the driver, and as many in the hub for the first running task."""

Key = tuple[int, int]
Piece = tuple[Key, list[Any], int]
"""(key of the feed, [ref of a block], row count of the block). Ray does not resolve a ref in a list."""


class Pump:
    """Sends the rows of a deal to the hub as they arrive, as long as the hub has room."""

    def __init__(self, deal: Deal, hub: Any) -> None:
        self.deal, self.hub, self.watch = deal, hub, cluster_watch()
        self.keys = {id(feed): key for key, feed in _numbered(deal)}
        self.name = uuid.uuid4().hex
        self._is_closed = False
        self.watch.get([hub.open.remote(self.name, list(self.keys.values()))])
        deal.closing.append(self.close)
        for work, name in ((self._read, "read"), (self._send, "send")):
            threading.Thread(target=work, name=f"glowray-channel-{name}", daemon=True).start()

    def remote(self, feed: Feed, keeps: bool) -> RemoteFeed:
        """Return the feed as a task on a worker reads it. If it `keeps`, another attempt at the task can read again."""
        return RemoteFeed(self.hub, self.name, self.keys[id(feed)], keeps)

    def done(self, feed: Feed) -> None:
        """Drop the rows of a feed whose task has ended."""
        if not self.watch.is_lost:
            self.hub.done.remote(self.name, self.keys[id(feed)])

    def close(self) -> None:
        """End both threads. The reading thread ends once it has its next row."""
        with self.deal.changed:
            self._is_closed = True
            self.deal.changed.notify_all()
        if not self.watch.is_lost:
            self.hub.close.remote(self.name)

    def _read(self) -> None:
        changed = self.deal.changed
        while True:
            with changed:
                changed.wait_for(lambda: self._is_closed or self._waiting() < WAITING_ROWS)
                if self._is_closed or self.deal.has_ended:
                    return
            self.deal.read()

    def _waiting(self) -> int:
        return sum(len(feed) for _, feed in _numbered(self.deal))

    def _send(self) -> None:
        import ray

        try:
            while rows := self._taken():
                pieces = [(key, [ray.put(Block.from_rows(own))], len(own)) for key, own in rows]
                self.watch.get([self.hub.put.remote(self.name, pieces)])
            errors = {key: take_apart(feed.error) for key, feed in _numbered(self.deal) if feed.error is not None}
            self.watch.get([self.hub.end.remote(self.name, errors)])
        except (ray.exceptions.RayError, GlowrayError):
            return  # the hub or the cluster was lost; whoever waits for the reading tasks gets the error

    def _taken(self) -> list[tuple[Key, list[Any]]]:
        """Wait for rows and return them by feed; return [] at the end."""
        changed = self.deal.changed
        with changed:
            changed.wait_for(lambda: self._is_closed or self.deal.has_ended or self._waiting())
            if self._is_closed:
                return []
            taken = [(key, feed.take()) for key, feed in _numbered(self.deal) if len(feed)]
            changed.notify_all()
            return taken


def _numbered(deal: Deal) -> Iterator[tuple[Key, Feed]]:
    for reader, feeds in enumerate(deal.feeds):
        for place, feed in enumerate(feeds):
            yield (reader, place), feed


def start_hub() -> Any:
    """Start the actor that holds the rows of all channels of a driver, as each process takes long to start."""
    import ray

    return ray.remote(FeedHub).options(num_cpus=0, max_concurrency=1000).remote()


class FeedHub:
    """Holds the blocks of channels on their way, numbered in order for each feed.

    In each channel, the first feed whose task has not ended holds back the sender at WAITING_ROWS. The other feeds have
    no limit: their blocks wait in the object store, which spills to disk.
    """

    def __init__(self) -> None:
        self.channels: dict[str, Way] = {}
        self.changed = asyncio.Condition()

    async def open(self, name: str, keys: list[Key]) -> None:
        """Begin a channel with these feeds."""
        self.channels[name] = Way(keys)

    async def put(self, name: str, pieces: list[Piece]) -> None:
        """Add blocks; return when there is room for more."""
        async with self.changed:
            way = self.channels.get(name)
            if way is not None:
                way.add(pieces)
                self.changed.notify_all()
                await self.changed.wait_for(lambda: name not in self.channels or way.has_room())

    async def end(self, name: str, errors: dict[Key, Any]) -> None:
        """End a channel. `errors` has the error of each feed that ends with one."""
        async with self.changed:
            if name in self.channels:
                self.channels[name].errors = errors
            self.changed.notify_all()

    async def get(self, name: str, key: Key, number: int, keeps: bool) -> tuple[list[Any] | None, Any]:
        """Wait for a block by its number; return (list with its ref, None), or at the end (None, the error or None)."""
        async with self.changed:
            await self.changed.wait_for(lambda: name not in self.channels or self.channels[name].is_there(key, number))
            if name not in self.channels:
                return None, None
            found = self.channels[name].get(key, number, keeps)
            self.changed.notify_all()
            return found

    async def done(self, name: str, key: Key) -> None:
        """Drop a feed after its last reader."""
        async with self.changed:
            if name in self.channels:
                self.channels[name].pieces.pop(key, None)
            self.changed.notify_all()

    async def close(self, name: str) -> None:
        """Drop a channel after its last reader."""
        async with self.changed:
            self.channels.pop(name, None)
            self.changed.notify_all()


class Way:
    """The blocks of one channel in the hub."""

    def __init__(self, keys: list[Key]) -> None:
        self.pieces: dict[Key, list[list[Any] | None]] = {key: [] for key in keys}
        self.rows: dict[Key, list[int]] = {key: [] for key in keys}
        self.read = dict.fromkeys(keys, 0)
        self.errors: dict[Key, Any] | None = None

    def add(self, pieces: list[Piece]) -> None:
        for key, ref, rows in pieces:
            if key in self.pieces:
                self.pieces[key].append(ref)
                self.rows[key].append(rows)

    def has_room(self) -> bool:
        first = min(self.pieces, default=None)
        return first is None or sum(self.rows[first][self.read[first] :]) < WAITING_ROWS

    def is_there(self, key: Key, number: int) -> bool:
        return self.errors is not None or key not in self.pieces or number < len(self.pieces[key])

    def get(self, key: Key, number: int, keeps: bool) -> tuple[list[Any] | None, Any]:
        pieces = self.pieces.get(key, [])
        if number >= len(pieces):
            return None, (self.errors or {}).get(key)
        self.read[key] = max(self.read[key], number)
        if not keeps:
            pieces[:number] = [None] * number
        return pieces[number], None


@dataclass(frozen=True)
class RemoteFeed:
    """A feed as a worker reads it."""

    hub: Any
    channel: str
    key: Key
    keeps: bool

    def morsels(self) -> Iterator[list[Any]]:
        """Yield the rows as they arrive. An error of the channel's source is raised after the rows before it."""
        number = 0
        while True:
            block, error = self._block(number)
            if block is None:
                if error is not None:
                    raise put_together(error)
                return
            yield from block.morsels()
            number += 1

    def _block(self, number: int) -> tuple[Block | None, Any]:
        import ray

        try:
            ref, error = ray.get(self.hub.get.remote(self.channel, self.key, number, self.keeps))
            return (None, error) if ref is None else (ray.get(ref[0]), None)
        except ray.exceptions.RayError as lost:
            raise WorkerLost(f"the rows of a channel were lost on their way to a task: {lost}") from lost
