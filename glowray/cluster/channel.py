"""Named channels: rows from one process of a cluster to another, such as `glowray send` and a job's from_channel().

One actor of the cluster holds all of them (`channel_hub`). A channel is there as soon as somebody sends to it or reads
it, and gone when its rows are; it has one reader at a time. What a reader was given stays until it asks for more: one
that is killed loses nothing, and the next one goes on where it had come to.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from glowray.cluster.channel_hub import END, ROWS_A_CALL, Channels, Peer, Room
from glowray.cluster.connect import connect
from glowray.errors import ClusterError
from glowray.rows import pickling

NAMESPACE = "glowray"
ACTOR = "channels"
ON_THE_HEAD = {"node:__internal_head__": 0.001}
"""The channels end with the cluster, not with a worker that leaves it."""

CALL_SECONDS = 5.0
"""How long the actor waits for rows or for room before it answers that there are none yet."""

LOST_SECONDS = 30.0
"""The actor is lost when its answer is so late."""

START_SECONDS = 180.0
"""The actor may have to be started first."""

TELL_SECONDS = 10.0
"""Who waits so long says so."""

_LOOK_SECONDS = 0.2
Tell = Callable[[str], object]


def _tell_on_stderr(text: str) -> None:
    print(f"glowray: {text}", file=sys.stderr, flush=True)


class Patience:
    """How long one side of a channel has waited for the other; `timeout` is when it gives up, in seconds."""

    def __init__(self, timeout: float | None, tell: Tell) -> None:
        self._timeout, self._tell = timeout, tell
        self._began = time.monotonic()
        self._has_told = False

    def reset(self) -> None:
        """Begin to wait anew: the other side has done something."""
        self._began = time.monotonic()
        self._has_told = False

    def call_seconds(self) -> float:
        """Return how long the next call may wait, so that nothing is said too late."""
        waited = time.monotonic() - self._began
        ends = [CALL_SECONDS, *([] if self._has_told else [TELL_SECONDS - waited])]
        return max(0.0, min([*ends, *([] if self._timeout is None else [self._timeout - waited])]))

    def look(self, reason: str) -> bool:
        """Tell the reason, once, when the wait is long; return whether the other side has still time."""
        waited = time.monotonic() - self._began
        if waited >= TELL_SECONDS and not self._has_told:
            self._has_told = True
            self._tell(reason)
        return self._timeout is None or waited < self._timeout


class Sender:
    """Puts rows into a channel of the cluster that this process is, or is then, connected to.

    Args:
        name: the channel's.
        timeout: the seconds after which a wait for a reader is an error; None waits for as long as it takes.
        tell: is called with a line of text, once a wait, when nobody has read for 10 seconds; None: it goes to stderr.
    """

    def __init__(self, name: str, timeout: float | None = None, tell: Tell | None = None) -> None:
        self.name = checked_name(name)
        self._timeout, self._tell = timeout, tell or _tell_on_stderr
        self._hub = Hub()
        self._identity = uuid.uuid4().hex
        self._parts: deque[tuple[int, int]] = deque()  # the positions of rows sent that are not known to be delivered
        self.taken = 0
        """How many rows the channel has taken."""
        self.delivered = 0
        """How many of them a reader is known to have got."""
        self._put([], 0.0)

    def send(self, rows: Iterable[Any]) -> None:
        """Send rows, and wait while there is no room.

        Raises:
            ClusterError: the cluster has lost the channel, or nobody reads it and the time is up.
        """
        dumped = [pickling.dumps(row) for row in rows]
        for start in range(0, len(dumped), ROWS_A_CALL):
            self._send(dumped[start : start + ROWS_A_CALL])

    def end(self) -> None:
        """Tell the reader that there will be no more."""
        self._send([END])

    def _send(self, rows: list[bytes]) -> None:
        patience = Patience(self._timeout, self._tell)
        room = self._put(rows, patience.call_seconds())
        count = len(rows) - rows.count(END)
        self.taken += count
        self._parts.append((room.end - len(rows), room.end - len(rows) + count))
        self._count(room.delivered)
        while not room.is_there:
            if not patience.look(f"waiting for {_reader(self.name, room.reader)}"):
                raise ClusterError(
                    f"the channel {self.name!r} had no reader for {self._timeout:g} s: {self.taken} lines were taken, "
                    f"{self.delivered} of them were delivered"
                )
            before = room.delivered
            room = self._put([], patience.call_seconds())
            self._count(room.delivered)
            if room.delivered > before:
                patience.reset()

    def _put(self, rows: list[bytes], seconds: float) -> Room:
        found: Room = self._hub.call("put", seconds, self.name, rows, self._identity, self._hub.job, seconds)
        return found

    def _count(self, delivered: int) -> None:
        """Count the rows before a position as delivered."""
        while self._parts and self._parts[0][0] < delivered:
            start, end = self._parts.popleft()
            self.delivered += min(end, delivered) - start
            if end > delivered:
                self._parts.appendleft((delivered, end))


class Receiver:
    """The rows of a channel, up to its end, as `Arrivals` of a job; iterating gives all that are there at a time.

    Args:
        name: the channel's.
        timeout: the seconds after which a wait for rows is an error; None waits for as long as it takes.
        tell: is called with a line of text, once a wait, when for 10 seconds there was no row and nobody to send one;
            None: it goes to stderr.
    """

    def __init__(self, name: str, timeout: float | None = None, tell: Tell | None = None) -> None:
        self.name = checked_name(name)
        self.identity = uuid.uuid4().hex
        self._timeout, self._tell = timeout, tell or _tell_on_stderr
        self._hub = Hub()
        self._rows: deque[bytes] = deque()
        self._is_closed = False
        self._position: int = self._hub.call("begin", 0.0, self.name, self.identity, self._hub.job)

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
        """Return the next row, waited for."""
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
        """Leave what was not read to the next reader."""
        if not self._is_closed:
            self._is_closed = True
            self._hub.actor.leave.remote(self.name, self.identity, self._position)

    def _fetch(self) -> bool:
        """Wait for rows; False if nobody wants them any more."""
        patience = Patience(self._timeout, self._tell)
        while not self._is_closed:
            seconds = patience.call_seconds()
            arguments = (self.name, self.identity, self._hub.job, self._position, seconds)
            found = self._hub.call("get", seconds, *arguments, is_wanted=lambda: not self._is_closed)
            if found is None:
                break
            if found.is_taken_over:
                raise ClusterError(f"another reader has taken over the channel {self.name!r}: it has one at a time")
            if found.rows:
                self._rows.extend(found.rows)
                return True
            if found.sender is not None and not found.sender.has_ended and self._timeout is None:
                patience.reset()  # it may have nothing to send
            elif not patience.look(f"waiting for rows of the channel {self.name!r}: {_sender(found.sender)}"):
                raise ClusterError(f"nothing came through the channel {self.name!r} for {self._timeout:g} s")
        return False


class Hub:
    """The actor of the connected cluster; connects to the one that is named or runs here, if none is."""

    def __init__(self) -> None:
        import ray

        if not ray.is_initialized():
            connect()
        self.job: str = ray.get_runtime_context().get_job_id()
        self._allowed = START_SECONDS
        with _told():
            options = {"name": ACTOR, "namespace": NAMESPACE, "lifetime": "detached", "get_if_exists": True}
            made = ray.remote(Channels).options(**options, num_cpus=0, resources=ON_THE_HEAD, max_concurrency=1000)
            self.actor = made.remote()

    def call(self, method: str, seconds: float, *arguments: Any, is_wanted: Callable[[], bool] = lambda: True) -> Any:
        """Return the answer to a call that takes up to `seconds`; None as soon as it is not wanted any more.

        Raises ClusterError when the actor is lost, or does not answer.
        """
        import ray

        deadline = time.monotonic() + seconds + self._allowed
        with _told():
            asked = getattr(self.actor, method).remote(*arguments)
            while not ray.wait([asked], timeout=_LOOK_SECONDS)[0]:
                if not is_wanted():
                    return None
                if time.monotonic() > deadline:
                    raise ClusterError(
                        f"the cluster lost its channels, and what was in them: no answer for {self._allowed:.0f} s"
                    )
            self._allowed = LOST_SECONDS
            return ray.get(asked)


def _reader(name: str, reader: Peer | None) -> str:
    """Say which reader a sender waits for."""
    if reader is None:
        return f"a reader of the channel {name!r}: nobody has read it yet"
    return f"the reader of the channel {name!r}, {_last_heard(reader)}"


def _sender(sender: Peer | None) -> str:
    """Say who does not send."""
    return "nobody has sent to it yet" if sender is None else f"its sender was {_last_heard(sender)}"


def _last_heard(peer: Peer) -> str:
    ended = ", and its process has ended" if peer.has_ended else ""
    return f"last heard {peer.heard:.0f} s ago{ended}"


def checked_name(name: str) -> str:
    """The name of a channel.

    Raises:
        ValueError: it is empty.
    """
    if not name.strip():
        raise ValueError("a channel needs a name with something in it")
    return name


@contextmanager
def _told() -> Iterator[None]:
    import ray

    try:
        yield
    except ray.exceptions.RayError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ClusterError(f"the cluster lost its channels, and what was in them: {first}") from error
