"""The operators of a task, which run between its source and its exchange."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsels
from glowray.kernels.base.steps import Step
from glowray.kernels.ends.sources import Source
from glowray.kernels.loops.generated_loop import Loop


class TaskOperator(Protocol):
    """A part of a task: morsels come in, morsels go out, and nothing is computed before it is asked for."""

    @property
    def takes_blocks(self) -> bool:
        """Whether rows had better come as columns."""
        ...

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The generated code that it runs."""
        ...

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that it runs."""
        ...

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        """Return what becomes of a stream."""
        ...


PlainOperators = Callable[[Source, Sequence[Step]], Sequence[TaskOperator]]
"""Makes operators that only call the functions of steps, and make no row before it is asked for."""
