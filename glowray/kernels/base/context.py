"""The state of a running task: its partition, its memory, the rows that it drops and its counters."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from glowray.functions import Cause, Failure
from glowray.functions.blame import noting
from glowray.io.refusals import Refusal
from glowray.kernels.base.morsels import MORSEL
from glowray.kernels.base.row_levels import RowLevels
from glowray.kernels.base.steps import Step
from glowray.rows import Block

FIRST_ERRORS = 3
"""Failing rows that a task reports even if they are skipped. The message of max_errors shows them."""

RUN_BYTES = 128 << 20
"""Bytes of rows that a task sorts in memory, if the user gave no `memory`."""

HELD_BYTES = 2 * RUN_BYTES
"""Bytes of rows that a task holds in memory until it ends, if the user gave no `memory`."""

YOUNG_OBJECTS = 100_000
"""New objects after which Python's garbage collector runs within a task."""

_current: ContextVar[TaskContext | None] = ContextVar("glowray_task", default=None)


@dataclass
class TaskContext:
    """The state of one attempt of a task. It ends with the attempt; the report carries the results on.

    `memory` is the user's `memory=` in bytes. `beside` are the inputs that steps read. `piece` is the most rows that
    are taken at once from a step that makes them one by one. `may_stop`: the task may end before its source does.
    `ended`: a step has found the last row that the stage needs. `levels` counts the rows that are handed to Python.
    """

    partition: int
    offset: int = 0
    memory: int | None = None
    beside: Sequence[Sequence[Block]] = ()
    may_stop: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, Failure]] = field(default_factory=list)
    first_errors: list[Failure] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    parts: list[Any] = field(default_factory=list)
    spilled: int = 0
    piece: int = MORSEL
    ended: bool = False
    levels: RowLevels = field(default_factory=RowLevels)

    @property
    def run_bytes(self) -> int:
        """Bytes of rows that the task may hold to sort: half of `held_bytes`, since sorting columns copies them."""
        return held_bytes(self.memory) // 2

    @property
    def held_bytes(self) -> int:
        """Bytes of rows that the task may hold until it ends. An index of the rows may take as much again."""
        return held_bytes(self.memory)

    def drop(self, step: Step, row: Any, error: BaseException) -> None:
        """Count a row that a step's on_error drops, and keep its error if the step wants that."""
        function = step.functions[0] if step.functions else None
        name = (function and function.name) or step.verb
        self._drop(name, step.verb, step.on_error, lambda: (error, step.cause(row, None)))

    def refuse(self, verb: str, on_error: str, make: Callable[[], Refusal]) -> None:
        """Count a row that a reader cannot make, and keep its error if the source's on_error wants that."""

        def parts() -> tuple[BaseException, Cause]:
            refusal = make()
            return refusal.error, refusal.cause

        self._drop(verb, verb, on_error, parts)

    def _drop(self, name: str, verb: str, on_error: str, parts: Callable[[], tuple[BaseException, Cause]]) -> None:
        self.skipped[name] += 1
        keep = on_error != "skip"
        if keep or len(self.first_errors) < FIRST_ERRORS:
            error, cause = parts()
            failure = Failure.capture(error, verb=verb, cause=cause, partition=self.partition)
            if keep:
                self.errors.append((on_error, failure))
            if len(self.first_errors) < FIRST_ERRORS:
                self.first_errors.append(failure)

    def taken(self) -> tuple[Counter[str], list[tuple[str, Failure]], list[Failure], Counter[str], list[Any]]:
        """Return and clear the collected facts: skipped rows, errors, first errors, counters and parts."""
        found = self.skipped, self.errors, self.first_errors, self.counters, self.parts
        self.skipped, self.errors, self.first_errors, self.counters, self.parts = Counter(), [], [], Counter(), []
        return found


def held_bytes(memory: int | None) -> int:
    """Return the bytes of rows that a task with this `memory=` may hold until it ends."""
    return HELD_BYTES if memory is None else max(2, memory // 2)


def current_task() -> TaskContext | None:
    """Return the context of the task that runs in this thread, or None outside of tasks."""
    return _current.get()


@contextmanager
def running(context: TaskContext) -> Iterator[TaskContext]:
    """Make `context` the current task's until the block ends.

    A task makes millions of rows, and few are garbage. So the garbage collector runs less often until the block ends.
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
