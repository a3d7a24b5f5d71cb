"""Which step failed, on which row: read from the frames that the exception came through."""

from __future__ import annotations

from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from glowray.functions import Failure
from glowray.kernels.combine import CombineByKey
from glowray.kernels.context import TaskContext
from glowray.kernels.keyed import MISSING
from glowray.kernels.loop import FILENAME, Place
from glowray.kernels.steps import Step


@dataclass(frozen=True, slots=True)
class Blame:
    """The step, the row it had at hand, and for a reducer what it was called with."""

    step: Step
    row: Any = Failure.NO_ROW
    arguments: tuple[Any, ...] | None = None


def failure_of(error: BaseException, source: Step, context: TaskContext) -> Failure:
    """An exception of a task, taken with the step and row that it belongs to; of `source` if no step is to blame."""
    found = blame(error) or Blame(source)
    function = getattr(found.step, "function", None)
    if function is None and isinstance(found.step, CombineByKey):
        function = found.step.combiner.add
    return Failure.capture(
        error,
        verb=found.step.verb,
        function=function,
        row=found.row,
        partition=context.partition,
        arguments=found.arguments,
    )


def blame(error: BaseException) -> Blame | None:
    """What the innermost of our own frames was about when `error` was raised."""
    found: Blame | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        found = _at(trace.tb_frame, trace.tb_lineno) or found
        trace = trace.tb_next
    return found


def _at(frame: FrameType, line: int) -> Blame | None:
    if frame.f_code.co_filename == FILENAME:
        place: Place | None = frame.f_globals["__glowray_places__"].get(line)
        return place and Blame(place.step, frame.f_locals.get(place.row), _arguments(frame))
    if not frame.f_globals.get("__name__", "").startswith("glowray.kernels."):
        return None
    for name in ("step", "self"):
        step = frame.f_locals.get(name)
        if isinstance(step, Step):
            arguments = _arguments(frame)
            row = frame.f_locals.get("row", Failure.NO_ROW if arguments is None else arguments[1])
            return Blame(step, row, arguments)
    return None


def _arguments(frame: FrameType) -> tuple[Any, ...] | None:
    known, value = (frame.f_locals.get(name, MISSING) for name in ("known", "value"))
    return None if known is MISSING or value is MISSING else (known, value)
