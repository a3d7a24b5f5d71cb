"""The sinks of output() in the driver: a queue, a function, or a named channel of the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from glowray.functions import Cause, Failure, Function
from glowray.io.channel import is_queue
from glowray.kernels.partition.partition_steps import row_call
from glowray.rows.objects.snapshots import snapshot
from glowray.vectorize.loops.input_rows import may_change_arguments

Drop = Callable[[str, str, Failure], None]
"""Called with (step, its on_error, failure) for a row that is dropped because a function failed on it."""


class RowSink(Protocol):
    """Takes rows, and is told when there are no more.

    `on_error` is the policy for a row on which the sink fails. `connects` says whether the sink needs a cluster.
    """

    on_error: str
    connects: ClassVar[bool]

    def begin(self) -> None:
        """Check, before anything runs, that the sink can take rows."""
        ...

    def put(self, rows: Iterable[Any], partition: int, drop: Drop) -> None:
        """Take some rows of a partition."""
        ...

    def end(self) -> None:
        """Tell the reader that there are no more rows, so that it does not wait forever."""
        ...


@dataclass
class QueueSink:
    """A queue. One None after the last row ends it."""

    connects: ClassVar[bool] = False
    queue: Any
    on_error: str = "raise"

    def begin(self) -> None:
        """Do nothing: a queue can always take rows."""

    def put(self, rows: Iterable[Any], partition: int, drop: Drop) -> None:
        for row in rows:
            self.queue.put(row)

    def end(self) -> None:
        self.queue.put(None)


@dataclass
class FunctionSink:
    """A function of one row, spread as in map()."""

    connects: ClassVar[bool] = False
    function: Function
    on_error: str

    def begin(self) -> None:
        """Do nothing: a function can always be called."""

    def put(self, rows: Iterable[Any], partition: int, drop: Drop) -> None:
        call = row_call(self.function)
        keep = snapshot if may_change_arguments(self.function.call, self.function.spread or 1) else None
        for row in rows:
            failure, kept = None, row if keep is None else keep(row)
            try:
                call(row)
            except Exception as error:
                cause = Cause.of_row(self.function, kept)
                failure = Failure.capture(error, verb="output", cause=cause, partition=partition)
            if failure is not None:
                if self.on_error == "raise":
                    raise failure.exception()
                drop(self.function.name or "output", self.on_error, failure)

    def end(self) -> None:
        """Do nothing: a function is not told of the end."""


class ChannelSink:
    """A named channel of the connected cluster. It is ended as `glowray send` ends a channel."""

    connects: ClassVar[bool] = True

    def __init__(self, name: str) -> None:
        from glowray.cluster.channels.channel import Sender, checked_name

        self._name, self._open = checked_name(name), Sender
        self._sender: Sender | None = None
        self.on_error = "raise"

    def begin(self) -> None:
        """Open the channel in the connected cluster."""
        self._sender = self._open(self._name)

    def put(self, rows: Iterable[Any], partition: int, drop: Drop) -> None:
        assert self._sender is not None, "it has begun"
        self._sender.send(rows)

    def end(self) -> None:
        if self._sender is not None:
            self._sender.end()


def sink_of(sink: Any, on_error: str, name: str | None = None) -> RowSink:
    """Return the sink for the argument of output().

    Raises:
        TypeError: `sink` is not a queue, a function or a channel's name.
        ValueError: the channel's name is empty.
    """
    if isinstance(sink, str):
        return ChannelSink(sink)
    if is_queue(sink):
        return QueueSink(sink)
    if not callable(sink):
        raise TypeError(f"output() needs a queue.Queue, a function or a channel's name, got {type(sink).__name__}")
    return FunctionSink(Function.of(sink, "output", name=name, ships=False), on_error)
