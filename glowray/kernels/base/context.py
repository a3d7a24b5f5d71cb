"""What a running task knows and collects: its partition, dropped rows, counters."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from glowray.functions import Failure
from glowray.functions.blame import noting
from glowray.kernels.base.morsels import MORSEL
from glowray.kernels.base.steps import Step
from glowray.rows import Block

FIRST_ERRORS = 3
"""How many failing rows a task tells of even where they are skipped: for the message of max_errors."""

RUN_BYTES = 128 << 20
"""Rows that a task sorts in memory, in bytes, where nothing says how much memory it may take."""

HELD_BYTES = 2 * RUN_BYTES
"""Rows that a task holds in memory until it ends, in the same case."""

YOUNG_OBJECTS = 100_000
"""New objects after which Python's garbage collector runs within a task."""

_current: ContextVar[TaskContext | None] = ContextVar("glowray_task", default=None)


@dataclass
class TaskContext:
    """The state of one task attempt; nothing of it outlives the attempt but what the report carries.

    `memory` is what was asked for the task, in bytes; `beside` are the inputs that its steps read. `piece` is how many
    of the rows that steps make one by one are taken at once. `ended`: a step has found the row
    after which no row of the stage is wanted.
    """

    partition: int
    offset: int = 0
    memory: int | None = None
    beside: Sequence[Sequence[Block]] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, Failure]] = field(default_factory=list)
    first_errors: list[Failure] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    parts: list[Any] = field(default_factory=list)
    spilled: int = 0
    piece: int = MORSEL
    ended: bool = False

    @property
    def run_bytes(self) -> int:
        """Rows that the task may hold to sort them; as columns they are there twice while they are put in order."""
        return RUN_BYTES if self.memory is None else max(1, self.memory // 4)

    @property
    def held_bytes(self) -> int:
        """Rows that the task may hold until it ends, as columns, and of an index of them as much again."""
        return 2 * self.run_bytes

    def drop(self, step: Step, row: Any, error: BaseException) -> None:
        """Counts a row that a step's on_error drops, and keeps its error where the step wants that."""
        function = step.functions[0] if step.functions else None
        self.skipped[(function and function.name) or step.verb] += 1
        keep = step.on_error != "skip"
        if keep or len(self.first_errors) < FIRST_ERRORS:
            failure = Failure.capture(error, verb=step.verb, cause=step.cause(row, None), partition=self.partition)
            if keep:
                self.errors.append((step.on_error, failure))
            if len(self.first_errors) < FIRST_ERRORS:
                self.first_errors.append(failure)

    def taken(self) -> tuple[Counter[str], list[tuple[str, Failure]], list[Failure], Counter[str], list[Any]]:
        """What was collected since this was last asked: skipped, errors, first errors, counters, parts."""
        found = self.skipped, self.errors, self.first_errors, self.counters, self.parts
        self.skipped, self.errors, self.first_errors, self.counters, self.parts = Counter(), [], [], Counter(), []
        return found


def current_task() -> TaskContext | None:
    """The context of the task that runs in this thread, or None outside of tasks."""
    return _current.get()


@contextmanager
def running(context: TaskContext) -> Iterator[TaskContext]:
    """Makes `context` the current task's for the time of the block.

    A task makes rows by the million, few of them garbage: the collector looks for cycles less often meanwhile.
    """
    token = _current.set(context)
    usual = gc.get_threshold()
    if 0 < usual[0] < YOUNG_OBJECTS:
        gc.set_threshold(YOUNG_OBJECTS, *usual[1:])
    try:
        with noting():
            yield context
    finally:
        gc.set_threshold(*usual)
        _current.reset(token)
