"""Named channels: rows from one process of a cluster to another, such as `glowray send` and a job's from_channel().

One actor of the cluster holds all channels (`hub`). Sending or reading creates a channel, and it is removed
when a reader leaves it empty. A channel has one reader at a time. The actor keeps rows until the reader asks for the
next ones. If a reader is killed, the next reader gets these rows again.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from glowray.cluster.channels.hub import END, ROWS_A_CALL, Channels, Peer, Room
from glowray.cluster.client.connect import connect
from glowray.errors import ClusterError
from glowray.rows.objects import pickling

NAMESPACE = "glowray"
ACTOR = "channels"
ON_THE_HEAD = {"node:__internal_head__": 0.001}
"""A resource of the head's node: the actor runs there, as workers may leave the cluster."""

CALL_SECONDS = 5.0
"""How long the actor waits for rows, or for room, before it answers that there are none yet."""

LOST_SECONDS = 30.0
"""How late an answer may be before the actor counts as lost."""

START_SECONDS = 180.0
"""The same for the first call, which may have to start the actor."""

TELL_SECONDS = 10.0
"""How long one side waits before it prints the reason of its wait."""

_LOOK_SECONDS = 0.2
Tell = Callable[[str], object]


def _tell_on_stderr(text: str) -> None:
    print(f"glowray: {text}", file=sys.stderr, flush=True)


class Patience:
    """A timer of one side of a channel, which waits for the other. After `timeout` seconds it gives up."""

    def __init__(self, timeout: float | None, tell: Tell) -> None:
        self._timeout, self._tell = timeout, tell
        self._began = time.monotonic()
        self._has_told = False

    def reset(self) -> None:
        """Begin to wait anew, as the other side has done something."""
        self._began = time.monotonic()
        self._has_told = False

    def call_seconds(self) -> float:
        """Return how many seconds the next call may take, so that it ends before a message or an error is due."""
        waited = time.monotonic() - self._began
        ends = [CALL_SECONDS, *([] if self._has_told else [TELL_SECONDS - waited])]
        return max(0.0, min([*ends, *([] if self._timeout is None else [self._timeout - waited])]))

    def look(self, reason: str) -> bool:
        """Tell the reason, once, if the wait is long. Return whether there is still time."""
        waited = time.monotonic() - self._began
        if waited >= TELL_SECONDS and not self._has_told:
            self._has_told = True
            self._tell(reason)
        return self._timeout is None or waited < self._timeout


class Sender:
    """Puts rows into a channel of the connected cluster. If this process has no cluster yet, it connects first.

    Args:
        name: the channel's name.
        timeout: the seconds after which a wait for a reader is an error; None: never.
        tell: called with a line of text, once a wait, if nobody has read for 10 seconds; None: print to stderr.
    """

    def __init__(self, name: str, timeout: float | None = None, tell: Tell | None = None) -> None:
        self.name = checked_name(name)
        self._timeout, self._tell = timeout, tell or _tell_on_stderr
        self._hub = Hub()
        self._identity = uuid.uuid4().hex
        self._parts: deque[tuple[int, int]] = deque()  # (start, end): positions of rows not known to be delivered
        self.taken = 0
        """How many rows the channel has taken."""
        self.delivered = 0
        """How many of these rows have surely reached a reader."""
        self._put([], 0.0)

    def send(self, rows: Iterable[Any]) -> None:
        """Send rows; wait while the channel has no room.

        Raises:
            ClusterError: the cluster has lost the channel, or nobody has read it within the timeout.
        """
        dumped = [pickling.dumps(row) for row in rows]
        for start in range(0, len(dumped), ROWS_A_CALL):
            self._send(dumped[start : start + ROWS_A_CALL])

    def end(self) -> None:
        """Tell the reader that no more rows follow."""
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
    """The rows of a channel up to its end, as `Arrivals` of a job. Iterating yields lists of the rows that are there.

    Args:
        name: the channel's name.
        timeout: the seconds after which a wait for rows is an error; None: never.
        tell: called with a line of text, once a wait, if for 10 seconds there was no row and no sender; None: print to
            stderr.
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
        """Wait for the next row and return it.

        Raises:
            StopIteration: the channel has ended.
        """
        if not self._rows and not self._fetch():
            raise StopIteration
        row = self._rows.popleft()
        self._position += 1
        if row == END:
            self.close()
            raise StopIteration
        return pickling.loads(row)

    def ready(self) -> bool:
        """Return whether the next row, or the end, has arrived."""
        return bool(self._rows)

    def close(self) -> None:
        """Stop reading. The next reader gets the rows that were not read."""
        if not self._is_closed:
            self._is_closed = True
            self._hub.actor.leave.remote(self.name, self.identity, self._position)

    def _fetch(self) -> bool:
        """Wait for rows; return False if this receiver was closed meanwhile."""
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
                patience.reset()  # the sender lives and may have nothing to send
            elif not patience.look(f"waiting for rows of the channel {self.name!r}: {_sender(found.sender)}"):
                raise ClusterError(f"nothing came through the channel {self.name!r} for {self._timeout:g} s")
        return False


class Hub:
    """The actor of the connected cluster. A process without a cluster first connects to the named or local one."""

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
        """Return the answer to a call that may take `seconds`, or None as soon as `is_wanted` returns False.

        Raises ClusterError if the actor is lost or does not answer.
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
    """Return a text that names the reader a sender waits for."""
    if reader is None:
        return f"a reader of the channel {name!r}: nobody has read it yet"
    return f"the reader of the channel {name!r}, {_last_heard(reader)}"


def _sender(sender: Peer | None) -> str:
    """Return a text about the sender that a reader waits for."""
    return "nobody has sent to it yet" if sender is None else f"its sender was {_last_heard(sender)}"


def _last_heard(peer: Peer) -> str:
    ended = ", and its process has ended" if peer.has_ended else ""
    return f"last heard {peer.heard:.0f} s ago{ended}"


def checked_name(name: str) -> str:
    """Return the name of a channel after checking it.

    Raises:
        ValueError: the name is empty.
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
