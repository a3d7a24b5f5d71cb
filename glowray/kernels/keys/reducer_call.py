"""Reducers as Python's loops call them: beside a copy of the row, where the reducer may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glowray.functions import Function
from glowray.functions.blame import noted
from glowray.kernels.base.keyed import MISSING
from glowray.kernels.base.steps import Step
from glowray.kernels.loops.failed_step import blame
from glowray.rows.objects.snapshots import snapshot
from glowray.vectorize.loops.input_rows import may_change_value


def reducer_call(function: Function) -> Callable[[Any, Any], Any]:
    """Return `function(known, value)`; where it may change the value, an error names the value before the call.

    The accumulator stays as the function left it: a copy for each row would make a fold quadratic.
    """
    call = function.call
    if not may_change_value(call):
        return call

    def careful(known: Any, value: Any) -> Any:
        original = snapshot(value)
        try:
            return call(known, value)
        except BaseException as error:
            blame(error, arguments=(known, original))
            raise

    return careful


def blame_reducer(error: BaseException, step: Step, known: Any, value: Any, key: Any = MISSING) -> None:
    """Note that a step failed to fold a value, of a key if it folds by key, into the accumulator `known`.

    `known` is MISSING if the reducer was not called.
    """
    found = noted(error)
    if found is not None and found.arguments is not None:
        known, value = found.arguments
    row = value if key is MISSING else (key, value)
    blame(error, step, row, None if known is MISSING else (known, value))
