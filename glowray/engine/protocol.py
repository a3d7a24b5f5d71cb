"""What an engine is: the one seam between a plan cut into tasks and whatever runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glowray.engine.payload import Payload
from glowray.io.channel import Feed
from glowray.kernels import TaskReport
from glowray.kernels.resources import NO_NEEDS, Resources
from glowray.rows import Block


class Remote(ABC):
    """A block that an engine holds outside of this process. It stays there as long as somebody holds this."""

    @abstractmethod
    def fetch(self) -> Block:
        """Bring the block to this process."""


Ref = Any
"""A Block in this process, a Remote, or a Feed: rows that arrive while the job runs."""


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


class Stoppable(ABC):
    """Tasks that another thread may call off while an engine waits for those that run."""

    @property
    @abstractmethod
    def is_stopped(self) -> bool:
        """Whether nobody wants the results any more."""


class Engine(ABC):
    """Runs tasks. Its refs stay valid as long as somebody holds them."""

    name: str
    """The engine as flow.stats shows it."""

    @abstractmethod
    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        """Run tasks, a bounded number at a time, and yield each as it ends. Closing the iterator cancels the rest.

        Tasks that are Stoppable may be called off: an engine that waits for other processes then cancels the rest too.
        Tasks with a feed read one channel together: no two threads of this process may run them at once. Tasks that
        flow run side by side, those of one stage one after the other where it pleases the engine.

        Raises WorkerLost for a task that was lost as often as it was tried.
        """

    @abstractmethod
    def shared_bytes(self) -> int:
        """Return how many bytes of blocks tasks may read in parts where they lie, because all tasks see one store.

        0 says that a task gives each reader a block of its own.
        """

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        """Return the blocks behind refs, in this process. The refs may be those of other engines."""
        return list(map(local_block, refs))

    def begin(self, announce: Callable[[str], None]) -> None:  # noqa: B027 - most engines start nothing
        """Begin a job. `announce` may be called in any thread: with "starting Ray…", and with "" when that is over."""

    def end(self) -> None:  # noqa: B027
        """End the job: whatever still starts is not needed."""


def local_block(ref: Ref) -> Block:
    """Return the block behind a ref, fetched from the engine that holds it."""
    block: Block = ref.fetch() if isinstance(ref, Remote) else ref
    return block
