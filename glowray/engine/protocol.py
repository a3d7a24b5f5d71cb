"""What an engine is: the one seam between a plan cut into tasks and whatever runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from glowray.engine.payload import Payload
from glowray.io.channel import Feed
from glowray.kernels import TaskReport
from glowray.resources import NO_NEEDS, Resources
from glowray.rows import Block

Ref = Any
"""A Block in this process, a handle of the engine to one elsewhere, or a Feed: rows that arrive while the job runs."""


RETRIES = 3
"""How often a task whose worker was lost is tried again."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A block that a task reads, or only its rows [start, stop)."""

    ref: Ref
    start: int | None = None
    stop: int | None = None

    @classmethod
    def of(cls, ref: Ref) -> Slot:
        """All that a ref stands for: a block, or where another slot is what a task gave, the rows of that."""
        return ref if isinstance(ref, Slot) else cls(ref)


@dataclass(frozen=True, slots=True)
class Heard:
    """Whole lines that an attempt at a task printed: `size` bytes from byte `start` of its output on.

    Lines with no `start` are from Ray's log, which has all lines of an attempt, cut anywhere, and a moment later.
    """

    attempt: int
    lines: list[str]
    start: int | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """One fragment on one partition. `inputs` are lists of slots, one a side; `identity` is (stage, place in stage).

    `after` is the number of tasks that follow in its stage. `hear` is called, in any thread, with what the task prints
    elsewhere while it runs. A task that `flows` gives what it has made after each piece of the rows that arrive.
    """

    name: str
    identity: tuple[int, int]
    payload: Payload
    partition: int
    inputs: tuple[tuple[Slot, ...], ...]
    outputs: int
    offset: int = 0
    resources: Resources = NO_NEEDS
    retries: int = RETRIES
    flows: bool = False
    after: int = 0
    hear: Callable[[Heard], None] | None = None

    @property
    def feed(self) -> Feed | None:
        """Where its rows come from, if they arrive while the job runs."""
        refs = (slot.ref for side in self.inputs for slot in side)
        return next((ref for ref in refs if isinstance(ref, Feed)), None)


@dataclass(frozen=True, slots=True)
class Done:
    """A task that has ended: its report, and refs to its blocks (None where it failed).

    Of one that flows, a piece of its rows, with a report that is not `final` as long as there may be more.
    """

    task: Task
    report: TaskReport
    blocks: list[Ref] | None


@runtime_checkable
class Stoppable(Protocol):
    """Tasks that another thread may call off while an engine waits for those that run."""

    @property
    def is_stopped(self) -> bool:
        """Whether nobody wants the results any more."""
        ...


class Engine(Protocol):
    """Runs tasks; its refs stay valid as long as somebody holds them."""

    name: str

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        """Runs tasks, a bounded number at a time, and gives each as it ends. Closing the iterator cancels the rest.

        Tasks that are Stoppable may be called off: an engine that waits for other processes then cancels the rest too.
        Tasks that flow run side by side, those of one stage one after the other where it pleases the engine.
        """
        ...

    def shared_bytes(self) -> int:
        """Up to how many bytes of blocks tasks had better read parts of where these lie: none of them is copied."""
        ...

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        """The blocks behind refs, in this process."""
        ...


@runtime_checkable
class Starting(Protocol):
    """An engine that may start another one while it runs tasks."""

    announce: Callable[[str], None]
    """Is called in any thread with what the engine starts, "starting Ray…", and with "" when that is over."""

    def end(self) -> None:
        """The job is over: what still starts is not needed."""
        ...
