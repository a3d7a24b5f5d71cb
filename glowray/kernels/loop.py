"""A segment's generated loop at work: made callable in a task, and asked which step failed on which row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from glowray.kernels.steps import Step
from glowray.vectorize.weave import Woven

MARK = "__glowray_loop__"


@dataclass(frozen=True, eq=False)
class Loop:
    """The code of a segment's loop, as weaving made it in the driver.

    `steps` are the segment's row steps and, last, whatever takes their rows; `reasons` says for each why it is called
    and not inlined (None: inlined). `found` is the variable that holds a combiner's accumulator.
    """

    woven: Woven
    steps: tuple[Step, ...]
    reasons: tuple[str | None, ...]
    found: str | None = None

    def function(self) -> Callable[..., Any]:
        """The loop as a function over the captured values of this task."""
        function = self.woven.function()
        function.__globals__[MARK] = self
        return function


def loop_of(frame: FrameType) -> Loop | None:
    """The loop that a frame runs, if it is one."""
    loop = frame.f_globals.get(MARK)
    return loop if isinstance(loop, Loop) else None
