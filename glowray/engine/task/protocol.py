"""The seam between a plan cut into tasks and the engine that runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from glowray.engine.task.payload import Payload
from glowray.io.channel import Feed
from glowray.kernels import TaskReport
from glowray.resources import NO_NEEDS, Resources
from glowray.rows import Block

T = TypeVar("T")


class Remote(ABC):
    """A block that an engine holds outside of this process. It stays there as long as somebody holds this."""

    @abstractmethod
    def fetch(self) -> Block:
        """Bring the block to this process."""


Ref = Any
"""A Block in this process, a Remote, or a Feed of rows that arrive while the job runs."""


RETRIES = 3
"""How often a task is retried if its worker is lost."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A block that a task reads, or the block's rows [start, stop) only, or one bucket of Buckets."""

    ref: Ref
    start: int | None = None
    stop: int | None = None
    bucket: int | None = None

    @classmethod
    def of(cls, ref: Ref, bucket: int) -> Slot:
        """Return a slot with one bucket of a ref, or all rows of a Block. A slot in place of a ref stays as it is."""
        return ref if isinstance(ref, Slot) else cls(ref, bucket=bucket)


@dataclass(frozen=True, slots=True)
class Heard:
    """Whole lines that an attempt at a task printed: `size` bytes of its output, from byte `start` on.

    Lines without a `start` come from Ray's log. It has all lines of an attempt, but in arbitrary pieces and a moment
    later.
    """

    attempt: int
    lines: list[str]
    start: int | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """One fragment on one partition. `inputs` are lists of slots, one for each side; `identity` is (stage, place in
    stage). `name` is the same for all tasks of a stage, so that Ray's dashboard groups them. `near` is the node where
    other tasks read the same objects. The task may run elsewhere.

    `after` is the number of tasks that follow in its stage. A worker may run the next `follow` tasks behind it in one
    call. `hear` is called, in any thread, with the lines that the task prints elsewhere while it runs. `once`: the task
    has effects, so no second attempt is begun while it runs. A flowing task (`flows`) hands over its rows piece by
    piece, as its input arrives.
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
    follow: int = 0
    near: str = ""
    once: bool = False
    hear: Callable[[Heard], None] | None = None

    @property
    def numbered(self) -> str:
        """Return the name with the task's place in its stage: "flow · 1 map [2/8]".

        The tasks that follow it are counted: "flow · 1 map [2/8 and 3 more]".
        """
        place = self.identity[1]
        others = f" and {self.follow} more" if self.follow else ""
        return f"{self.name} [{place + 1}/{place + 1 + self.after}{others}]"

    @property
    def feed(self) -> Feed | None:
        """Return the feed that the task reads, if its rows arrive while the job runs."""
        refs = (slot.ref for side in self.inputs for slot in side)
        return next((ref for ref in refs if isinstance(ref, Feed)), None)


@dataclass(frozen=True, slots=True)
class Done:
    """A task that has ended: its report, and refs to its blocks (None if it failed).

    For a flowing task it is one piece of its rows. The report is not `final` if more pieces may come.
    """

    task: Task
    report: TaskReport
    blocks: list[Ref] | None


class Stoppable(ABC):
    """Tasks that another thread may call off while an engine waits."""

    @property
    @abstractmethod
    def is_stopped(self) -> bool:
        """Return whether the job needs no further result."""


class Engine(ABC):
    """Runs tasks. Its refs are valid as long as somebody holds them."""

    name: str
    """The engine as flow.stats shows it."""

    is_here: bool = True
    """Whether all tasks run in this process."""

    may_share_store: bool = False
    """Whether tasks may see one object store: plans then leave room for reading blocks in place."""

    @abstractmethod
    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        """Run tasks, a bounded number at a time; yield each as it ends. Closing the iterator cancels the rest.

        If the tasks are Stoppable and are called off, an engine that waits for other processes cancels the rest too.
        Tasks with a feed read one channel together: no two threads of this process may run them at once.
        Flowing tasks run at the same time; an engine may run those of one stage one after the other.

        Raises WorkerLost for a task that was lost as often as it was tried.
        """

    @abstractmethod
    def shared_bytes(self) -> int:
        """Return up to how many bytes of blocks tasks should read in place, by slices instead of copies: of all nodes
        together. With 0 bytes, a task gives a block to each task of the next stage."""

    def store_nodes(self) -> list[str]:
        """Return the nodes whose tasks share a store, as `Task.near` names them. An engine has at least one."""
        return [""]

    def least_groups(self) -> int:
        """Return into how many groups the tasks of a stage are put at least, so that no CPU waits for the last ones.

        0: each task runs in a call of its own.
        """
        return 0

    def ask_nodes(self, question: Callable[[], T], needs: Resources) -> list[tuple[str, T]]:
        """Return each node on which tasks that need `needs` may run, as errors name it, and its answer to a question.

        The question must be a function that can be pickled. With one node the list is empty.
        """
        return []

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        """Return the blocks behind refs, in this process. The refs may be those of other engines."""
        return list(map(local_block, refs))

    def post(self, run: str, text: str | None) -> None:  # noqa: B027 - a process alone has nobody to tell
        """Post the state of a run where all clients of the cluster see it; None removes it. Called in any thread."""

    def begin(self, announce: Callable[[str], None]) -> None:  # noqa: B027 - most engines start nothing
        """Begin a job. `announce` is called in any thread with "starting Ray…", and with "" when that is over."""

    def end(self) -> None:  # noqa: B027
        """End the job: an engine that is still starting is not needed."""


def local_block(ref: Ref) -> Block:
    """Return the block behind a ref, fetched from the engine that holds it."""
    block: Block = ref.fetch() if isinstance(ref, Remote) else ref
    return block
