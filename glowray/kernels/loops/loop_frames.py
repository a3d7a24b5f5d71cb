"""The place of an error in a generated loop. No other module reads frames.

A generated loop has no handler of its own. Its table says for each line which step that is, and which variable holds
the step's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from glowray.functions.blame import Blame, FailingStep
from glowray.functions.replay import NO_ROW
from glowray.kernels.base.keyed import MISSING
from glowray.kernels.loops.generated_loop import MARK, Loop
from glowray.kernels.loops.record_rows import RecordRows
from glowray.vectorize.loops.code.line_table import Span


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """The innermost generated loop that an error came through, and the step and row that it was at.

    `frame` is the loop's, stopped at that row.
    """

    loop: Loop
    frame: FrameType
    blame: Blame

    def row_before(self, step: FailingStep, count: int) -> Any:
        """Return the row with which the `count` steps before `step` began; NO_ROW if the loop lacks one of them."""
        first = len(self.loop.steps) - 1 - count
        span = self.loop.woven.positions.last(first) if self.loop.steps[-1] is step else None
        return NO_ROW if span is None else span.value(_variables(self.frame))

    def retrace(self, error: BaseException) -> BaseException:
        """Return the error with the lines of the user's functions in its traceback."""
        return self.loop.woven.positions.retrace(error, self.frame.f_code)


def came_through_loop(error: BaseException) -> bool:
    """Return whether a step of a generated loop raised the error, or let it through."""
    return _innermost(error) is not None


def loop_place(error: BaseException) -> LoopPlace | None:
    """Return the place of the error in the innermost generated loop that was at a step; None if there is none."""
    found = _innermost(error)
    return None if found is None else _place(*found)


def _innermost(error: BaseException) -> tuple[Loop, Span, FrameType] | None:
    found: tuple[Loop, Span, FrameType] | None = None
    trace = error.__traceback__
    while trace is not None:
        loop = trace.tb_frame.f_globals.get(MARK)
        if isinstance(loop, Loop) and _is_whole(loop, trace.tb_frame.f_code):
            span = loop.woven.positions.find(trace.tb_lineno)
            if span is not None and span.row:
                found = loop, span, trace.tb_frame
        trace = trace.tb_next
    return found


def _place(loop: Loop, span: Span, frame: FrameType) -> LoopPlace:
    variables = _variables(frame)
    row = span.value(variables)
    known = variables.get(loop.found, MISSING) if loop.found else MISSING
    arguments = None
    if span.step == len(loop.steps) - 1 and known is not MISSING and isinstance(row, tuple):
        arguments = (known if loop.cells is None else tuple(known), row[-1])
    return LoopPlace(loop, frame, Blame(loop.steps[span.step], row, arguments))


def _variables(frame: FrameType) -> Mapping[str, Any]:
    """Return the variables of a loop, with all fields of the record that it took last."""
    rows = frame.f_locals.get("rows")
    fields = rows.known() if isinstance(rows, RecordRows) else {}
    return {**fields, **frame.f_locals}


def _is_whole(loop: Loop, code: CodeType) -> bool:
    """Return whether code is the loop itself: that of a comprehension or lambda inside it does not know the row."""
    return code.co_filename.startswith("<glowray ") and code.co_qualname == loop.woven.name
