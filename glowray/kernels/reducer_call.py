"""Reducers as Python's loops call them: beside a copy of the row, where the reducer may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glowray.functions import Function
from glowray.kernels.steps import Step
from glowray.rows.snapshots import snapshot
from glowray.vectorize.input_rows import may_change_value


def reducer_call(step: Step, function: Function) -> Callable[[Any, Any], Any]:
    """`function(known, value)` for `step`; an error names the value as it was before the call.

    The accumulator stays as the function left it: a copy for each row would make a fold quadratic.
    """
    call = function.call
    if not may_change_value(call):
        return call

    def careful(known: Any, value: Any) -> Any:
        self, original = step, snapshot(value)  # noqa: F841  (what blame.py reads from this frame)
        return call(known, value)

    return careful
