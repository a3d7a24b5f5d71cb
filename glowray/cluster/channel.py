"""Named channels: rows from one process of a cluster to another, such as `glowray send` and a job's from_channel().

One actor of the cluster holds all of them. A channel is there as soon as somebody sends to it or reads it, and gone
when its rows are; it has one reader at a time. What a reader was given stays until it asks for more: one that is killed
loses nothing, and the next one goes on where it had come to.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from glowray.cluster.connect import connect
from glowray.errors import ClusterError
from glowray.rows import pickling

NAMESPACE = "glowray"
ACTOR = "channels"
END = b""
"""Stands in a channel for its end; no pickled row is empty."""

MOST_BYTES = 8 * 1024 * 1024
"""A channel that holds more lets its senders wait."""

ROWS_A_CALL = 4096
_LOOK_SECONDS = 0.2


class Waiting:
    """The rows of one channel that nobody is done with; `first` counts those before them."""

    def __init__(self) -> None:
        self.rows: deque[bytes] = deque()
        self.first = 0
        self.bytes = 0
        self.reader = ""

    def add(self, rows: list[bytes]) -> None:
        self.rows.extend(rows)
        self.bytes += sum(map(len, rows))

    def drop(self, position: int) -> None:
        """Forgets the rows before a position."""
        while self.rows and self.first < position:
            self.bytes -= len(self.rows.popleft())
            self.first += 1

    def from_position(self, position: int) -> list[bytes]:
        """Some rows from a position on, none past an end."""
        found: list[bytes] = []
        for place in range(position - self.first, min(len(self.rows), position - self.first + ROWS_A_CALL)):
            found.append(self.rows[place])
            if found[-1] == END:
                break
        return found


class Channels:
    """The actor."""

    def __init__(self) -> None:
        self.channels: dict[str, Waiting] = {}
        self.changed = asyncio.Condition()

    async def put(self, name: str, rows: list[bytes]) -> None:
        """Takes rows in; answers when there is room for more."""
        async with self.changed:
            self.channels.setdefault(name, Waiting()).add(rows)
            self.changed.notify_all()
            await self.changed.wait_for(lambda: self._bytes(name) < MOST_BYTES)

    async def begin(self, name: str, reader: str) -> int:
        """A new reader, and nobody else from now on: the position where it begins."""
        async with self.changed:
            channel = self.channels.setdefault(name, Waiting())
            channel.reader = reader
            self.changed.notify_all()
            return channel.first

    async def get(self, name: str, reader: str, position: int) -> list[bytes] | None:
        """Rows from a position on, waited for; those before it are done with. None: somebody else reads now."""
        async with self.changed:
            self._drop(name, reader, position)
            await self.changed.wait_for(lambda: not self._reads(name, reader) or self._is_there(name, position))
            return self.channels[name].from_position(position) if self._reads(name, reader) else None

    async def leave(self, name: str, reader: str, position: int) -> None:
        """The reader is done with the rows before a position, and wants no more."""
        async with self.changed:
            self._drop(name, reader, position)
            if self._reads(name, reader) and not self.channels[name].rows:
                del self.channels[name]
            self.changed.notify_all()

    def _drop(self, name: str, reader: str, position: int) -> None:
        if self._reads(name, reader):
            self.channels[name].drop(position)
            self.changed.notify_all()

    def _reads(self, name: str, reader: str) -> bool:
        return name in self.channels and self.channels[name].reader == reader

    def _is_there(self, name: str, position: int) -> bool:
        channel = self.channels[name]
        return position < channel.first + len(channel.rows)

    def _bytes(self, name: str) -> int:
        return self.channels[name].bytes if name in self.channels else 0


class Sender:
    """Puts rows into a channel of the cluster that this process is, or is then, connected to."""

    def __init__(self, name: str) -> None:
        self.name = checked_name(name)
        self.actor = _actor()

    def send(self, rows: Iterable[Any]) -> None:
        """Sends rows, and waits while there is no room.

        Raises:
            ClusterError: the cluster has lost the channel.
        """
        self._put([pickling.dumps(row) for row in rows])

    def end(self) -> None:
        """Tells the reader that there will be no more."""
        self._put([END])

    def _put(self, rows: list[bytes]) -> None:
        import ray

        with _told():
            for start in range(0, len(rows), ROWS_A_CALL):
                ray.get(self.actor.put.remote(self.name, rows[start : start + ROWS_A_CALL]))


class Receiver:
    """The rows of a channel, up to its end, as `Arrivals` of a job; iterating gives all that are there at a time."""

    def __init__(self, name: str) -> None:
        import ray

        self.name = checked_name(name)
        self.actor = _actor()
        self.identity = uuid.uuid4().hex
        self._rows: deque[bytes] = deque()
        self._is_closed = False
        with _told():
            self._position: int = ray.get(self.actor.begin.remote(self.name, self.identity))

    def __iter__(self) -> Iterator[list[Any]]:
        while self._fetch():
            rows = [pickling.loads(row) for row in self._rows if row != END]
            yield rows
            has_ended = self._rows[-1] == END
            self._position += len(self._rows)
            self._rows.clear()
            if has_ended:
                break
        self.close()

    def next(self) -> Any:
        """The next row, waited for."""
        if not self._rows and not self._fetch():
            raise StopIteration
        row = self._rows.popleft()
        self._position += 1
        if row == END:
            self.close()
            raise StopIteration
        return pickling.loads(row)

    def ready(self) -> bool:
        """Whether the next row, or the end, is here."""
        return bool(self._rows)

    def close(self) -> None:
        """What was not read is for the next reader."""
        if not self._is_closed:
            self._is_closed = True
            self.actor.leave.remote(self.name, self.identity, self._position)

    def _fetch(self) -> bool:
        """Waits for rows; False if nobody wants them any more."""
        import ray

        with _told():
            asked = self.actor.get.remote(self.name, self.identity, self._position)
            while not ray.wait([asked], timeout=_LOOK_SECONDS)[0]:
                if self._is_closed:
                    return False
            rows = ray.get(asked)
        if rows is None:
            raise ClusterError(f"another reader has taken over the channel {self.name!r}: it has one at a time")
        self._rows.extend(rows)
        return True


def checked_name(name: str) -> str:
    """The name of a channel.

    Raises:
        ValueError: it is empty.
    """
    if not name.strip():
        raise ValueError("a channel needs a name with something in it")
    return name


def _actor() -> Any:
    """The actor of the connected cluster; connects to the one that is named or runs here, if none is."""
    import ray

    if not ray.is_initialized():
        connect()
    with _told():
        options = {"name": ACTOR, "namespace": NAMESPACE, "lifetime": "detached", "get_if_exists": True}
        return ray.remote(Channels).options(**options, num_cpus=0, max_concurrency=1000).remote()


@contextmanager
def _told() -> Iterator[None]:
    import ray

    try:
        yield
    except ray.exceptions.RayError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ClusterError(f"the cluster lost its channels, and what was in them: {first}") from error
