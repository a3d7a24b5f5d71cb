"""The actor that holds all named channels of a cluster, on the head's node.

Every call has a time limit. So an answer tells the caller that the cluster lives, and a call tells the actor that its
caller lives.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

END = b""
"""The end of a channel's rows. No pickled row is empty."""

MOST_BYTES = 8 * 1024 * 1024
"""If a channel holds more bytes, its senders wait."""

ROWS_A_CALL = 4096
"""Rows in one call at most."""


class Peer(NamedTuple):
    """The other side of a channel, as the actor knows it."""

    job: str
    """The Ray job of its process, in hexadecimal."""

    heard: float
    """The monotonic time of its last call; in answers, the seconds since then."""

    has_ended: bool = False
    """Whether its process has ended."""


class Room(NamedTuple):
    """The answer to a sender: whether there is room for more rows, and who reads.

    `end` is the position after the sender's rows. `delivered` is the position of the first row that may not have
    reached the reader.
    """

    is_there: bool
    end: int
    delivered: int
    reader: Peer | None


class Rows(NamedTuple):
    """The answer to a reader: rows, and who sends them. `is_taken_over`: another process has become the reader."""

    rows: list[bytes]
    sender: Peer | None
    is_taken_over: bool = False


class Waiting:
    """The rows of one channel that the reader may still need. `first` is the position of the first of them."""

    def __init__(self, first: int) -> None:
        self.rows: deque[bytes] = deque()
        self.first = first
        self.bytes = 0
        self.reader = ""
        self.peers: dict[str, Peer] = {}
        """Senders and readers, by identity."""

    @property
    def end(self) -> int:
        """Return the position after the last row."""
        return self.first + len(self.rows)

    def add(self, rows: list[bytes]) -> None:
        self.rows.extend(rows)
        self.bytes += sum(map(len, rows))

    def drop(self, position: int) -> None:
        """Forget the rows before a position."""
        while self.rows and self.first < position:
            self.bytes -= len(self.rows.popleft())
            self.first += 1

    def from_position(self, position: int) -> list[bytes]:
        """Return at most ROWS_A_CALL rows from a position on, none past an end."""
        found: list[bytes] = []
        for place in range(position - self.first, min(len(self.rows), position - self.first + ROWS_A_CALL)):
            found.append(self.rows[place])
            if found[-1] == END:
                break
        return found


class Channels:
    """The actor. A caller passes an identity of its own and its Ray job with each call."""

    def __init__(self) -> None:
        self.channels: dict[str, Waiting] = {}
        self.changed = asyncio.Condition()
        self.first = 0
        """The position where a new channel begins, so that a name's positions never repeat."""

    async def put(self, name: str, rows: list[bytes], sender: str, job: str, seconds: float) -> Room:
        """Add rows, perhaps none, and wait up to `seconds` for room for more."""
        async with self.changed:
            channel = self._channel(name)
            channel.add(rows)
            end = channel.end
            channel.peers[sender] = Peer(job, time.monotonic())
            if END in rows:
                del channel.peers[sender]
            self.changed.notify_all()
            await self._wait(lambda: self._bytes(name) < MOST_BYTES, seconds)
            channel = self._channel(name)
            room = Room(channel.bytes < MOST_BYTES, end, channel.first, channel.peers.get(channel.reader))
        return room if room.is_there else room._replace(reader=await _known(room.reader))

    async def begin(self, name: str, reader: str, job: str) -> int:
        """Make `reader` the only reader of a channel; return the position where it begins."""
        async with self.changed:
            channel = self._channel(name)
            channel.peers.pop(channel.reader, None)
            channel.reader, channel.peers[reader] = reader, Peer(job, time.monotonic())
            self.changed.notify_all()
            return channel.first

    async def get(self, name: str, reader: str, job: str, position: int, seconds: float) -> Rows:
        """Drop the rows before `position` and wait up to `seconds` for rows from there on."""
        async with self.changed:
            self._drop(name, reader, position)
            self._hear(name, reader, job)
            await self._wait(lambda: not self._reads(name, reader) or self._is_there(name, position), seconds)
            if not self._reads(name, reader):
                return Rows([], None, is_taken_over=True)
            self._hear(name, reader, job)
            channel = self.channels[name]
            rows = channel.from_position(position)
            senders = [peer for identity, peer in channel.peers.items() if identity != reader]
        return Rows(rows, None if rows else await _liveliest(senders))

    async def leave(self, name: str, reader: str, position: int) -> None:
        """Drop the rows before `position` and let the reader go. A channel without rows is removed."""
        async with self.changed:
            self._drop(name, reader, position)
            if self._reads(name, reader):
                channel = self.channels[name]
                if not channel.rows:
                    self.first = max(self.first, channel.first)
                    del self.channels[name]
            self.changed.notify_all()

    def _channel(self, name: str) -> Waiting:
        return self.channels.setdefault(name, Waiting(self.first))

    async def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait_for(condition)
        except TimeoutError:
            pass  # the answer says which rows have arrived so far

    def _hear(self, name: str, reader: str, job: str) -> None:
        if self._reads(name, reader):
            self.channels[name].peers[reader] = Peer(job, time.monotonic())

    def _drop(self, name: str, reader: str, position: int) -> None:
        if self._reads(name, reader):
            self.channels[name].drop(position)
            self.changed.notify_all()

    def _reads(self, name: str, reader: str) -> bool:
        return name in self.channels and self.channels[name].reader == reader

    def _is_there(self, name: str, position: int) -> bool:
        return position < self.channels[name].end

    def _bytes(self, name: str) -> int:
        return self.channels[name].bytes if name in self.channels else 0


async def _known(peer: Peer | None) -> Peer | None:
    """Return a peer with the seconds since its last call, and with whether its process has ended."""
    if peer is None:
        return None
    has_ended = await asyncio.to_thread(_has_ended, peer.job)
    return Peer(peer.job, time.monotonic() - peer.heard, has_ended)


async def _liveliest(peers: list[Peer]) -> Peer | None:
    """Return a peer whose process lives. If there is none, return the peer that called last."""
    known = [peer for peer in [await _known(peer) for peer in peers] if peer is not None]
    return min(known, key=lambda peer: (peer.has_ended, peer.heard), default=None)


def _has_ended(job: str) -> bool:
    """Return whether the head says that the driver of a Ray job has ended."""
    import ray

    client: Any = ray._private.worker.global_worker.gcs_client
    found = client.get_all_job_info(
        job_or_submission_id=job, skip_submission_job_info_field=True, skip_is_running_tasks_field=True
    )
    return any(info.is_dead for info in found.values())
