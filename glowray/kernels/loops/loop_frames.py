"""Where an error stands in generated loops: the one place that reads frames.

A generated loop has no handler of its own. Its table says for each line which step that is, and which variable holds
the step's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType, FrameType

from glowray.functions.blame import Blame
from glowray.kernels.base.keyed import MISSING
from glowray.kernels.loops.generated_loop import MARK, Loop
from glowray.kernels.loops.record_rows import RecordRows
from glowray.vectorize.loops.code.line_table import Span


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """The innermost generated loop that an error came through, and the step and row that it was at."""

    loop: Loop
    code: CodeType
    blame: Blame

    def retrace(self, error: BaseException) -> BaseException:
        """Return the error with the lines of the user's functions in its traceback."""
        return self.loop.woven.positions.retrace(error, self.code)


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
    variables = frame.f_locals
    rows = variables.get("rows")
    fields = rows.known() if isinstance(rows, RecordRows) else {}
    row = span.value({**fields, **variables})
    known = variables.get(loop.found, MISSING) if loop.found else MISSING
    arguments = None
    if span.step == len(loop.steps) - 1 and known is not MISSING and isinstance(row, tuple):
        arguments = (known if loop.cells is None else tuple(known), row[-1])
    return LoopPlace(loop, frame.f_code, Blame(loop.steps[span.step], row, arguments))


def _is_whole(loop: Loop, code: CodeType) -> bool:
    """Return whether code is the loop itself: that of a comprehension or lambda inside it does not know the row."""
    return code.co_filename.startswith("<glowray ") and code.co_qualname == loop.woven.name
