"""Generated code of a run of row steps: made callable in a task, and marked so that an error's frames lead to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glowray.kernels.base.steps import Step
from glowray.vectorize.loops.code.weaver import Woven

MARK = "__glowray_loop__"
"""The global of a generated function that holds its Loop."""

Run = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Loop:
    """The code of a loop over rows, as weaving made it in the driver.

    `steps` are the row steps, one for each function, and then the step that takes their rows. `reasons` says why each
    is called and not inlined, None if it is inlined. `found` is the variable of a combiner's accumulator. `cells` is
    the number of its fields, if it is a tuple that the combiner's table holds as a list.
    """

    woven: Woven
    steps: tuple[Step, ...]
    reasons: tuple[str | None, ...]
    found: str | None = None
    cells: int | None = None

    def function(self) -> Run:
        """Return the loop as a function over the captured values of this task."""
        function = self.woven.function()
        function.__globals__[MARK] = self
        return function
