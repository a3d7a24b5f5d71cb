"""Which step failed, on which row: read from the frames that the exception came through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import FrameType, TracebackType
from typing import Any

from glowray.functions import Failure
from glowray.kernels.context import TaskContext
from glowray.kernels.keyed import MISSING
from glowray.kernels.loop import Loop, loop_of
from glowray.kernels.record_rows import RecordRows
from glowray.kernels.steps import Step


@dataclass(frozen=True, slots=True)
class Blame:
    """The step, the row it had at hand, and for a reducer what it was called with."""

    step: Step
    row: Any = Failure.NO_ROW
    arguments: tuple[Any, ...] | None = None


def failure_of(error: BaseException, source: Step, context: TaskContext) -> Failure:
    """An exception of a task, taken with the step and row that it belongs to; of `source` if no step is to blame."""
    error = _of_user(error)
    found, frame = _innermost(error) or (Blame(source), None)
    if frame is not None:
        loop = loop_of(frame)
        assert loop is not None
        error = loop.woven.positions.retrace(error, frame.f_code)
    return Failure.capture(
        error,
        verb=found.step.verb,
        function=next(iter(found.step.functions), None),
        row=found.row,
        partition=context.partition,
        arguments=found.arguments,
    )


def blame(error: BaseException) -> Blame | None:
    """What the innermost of our own frames was about when `error` was raised."""
    found = _innermost(error)
    return found and found[0]


def _innermost(error: BaseException) -> tuple[Blame, FrameType | None] | None:
    """The innermost frame that knows a step: with that frame itself where it is a generated loop's."""
    found: tuple[Blame, FrameType | None] | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        loop = loop_of(frame)
        if loop is not None and _is_whole(loop, frame):
            found = _in_loop(loop, error, frame) or found
        elif (kernel := _in_kernel(frame)) is not None:
            found = _with_row_of(kernel, found and found[0], frame), None
        trace = trace.tb_next
    return found


def _is_whole(loop: Loop, frame: FrameType) -> bool:
    """Whether a frame runs the loop itself: one of a comprehension or lambda inside it does not know the row."""
    code = frame.f_code
    return code.co_filename.startswith("<glowray ") and code.co_qualname == loop.woven.name


def _in_loop(loop: Loop, error: BaseException, frame: FrameType) -> tuple[Blame, FrameType] | None:
    rows = frame.f_locals.get("rows")
    known_fields = rows.known if isinstance(rows, RecordRows) else None
    place = loop.woven.positions.blame(error, frame.f_code, known_fields)
    if place is None:
        return None
    index, row = place
    step = loop.steps[index]
    known = frame.f_locals.get(loop.found, MISSING) if loop.found else MISSING
    if index == len(loop.steps) - 1 and known is not MISSING and isinstance(row, tuple):
        return Blame(step, row, (known if loop.cells is None else tuple(known), row[-1])), frame
    return Blame(step, row), frame


def _with_row_of(kernel: Blame, around: Blame | None, frame: FrameType) -> Blame:
    """A frame that has only a reducer's arguments takes the row of the frame around it, if that is at the same step.

    Where the frame kept a copy of the value, the copy stands in the row too: (key, value) → (key, original).
    """
    if kernel.row is not Failure.NO_ROW:
        return kernel
    row = around.row if around is not None and around.step is kernel.step else Failure.NO_ROW
    if kernel.arguments is not None:
        value, original = frame.f_locals["value"], kernel.arguments[1]
        if row is value or row is Failure.NO_ROW:
            row = original
        elif isinstance(row, tuple) and row[-1] is value:
            row = (*row[:-1], original)
    return replace(kernel, row=row)


def _of_user(error: BaseException) -> BaseException:
    """The StopIteration that Python has turned into a RuntimeError because a loop or step of ours is a generator."""
    cause = error.__cause__
    if isinstance(error, RuntimeError) and isinstance(cause, StopIteration) and _innermost(cause) is not None:
        return cause
    return error


def _in_kernel(frame: FrameType) -> Blame | None:
    if not frame.f_globals.get("__name__", "").startswith("glowray.kernels."):
        return None
    for name in ("step", "self"):
        step = frame.f_locals.get(name)
        if isinstance(step, Step):
            return Blame(step, frame.f_locals.get("row", Failure.NO_ROW), _arguments(frame))
    return None


def _arguments(frame: FrameType) -> tuple[Any, ...] | None:
    known, value, original = (frame.f_locals.get(name, MISSING) for name in ("known", "value", "original"))
    value = value if original is MISSING else original
    return None if known is MISSING or value is MISSING else (known, value)
