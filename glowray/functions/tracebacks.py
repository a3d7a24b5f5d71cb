"""Carry the user's frames of a traceback between processes as data, and build the traceback again.

A frame is rebuilt as in the `tblib` project: a code object with the same name, file and line runs and fails at once.
Its one instruction has the columns of the original, so the carets are in the same place.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import CodeType, TracebackType

from glowray.boundary import REBUILT, visible


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One line of a traceback as data."""

    filename: str
    module: str
    name: str
    qualname: str
    lineno: int
    end_lineno: int
    column: int
    end_column: int


def frames_of(trace: TracebackType | None) -> tuple[RecordedFrame, ...]:
    """Return the user's frames of a traceback as data."""
    return tuple(map(_frame, visible(trace)))


def rebuilt(frames: tuple[RecordedFrame, ...]) -> TracebackType | None:
    """Return a traceback of these frames. A debugger sees files, lines and names in it, but no variables."""
    result: TracebackType | None = None
    for frame in reversed(frames):
        step = _failed(frame)
        result = TracebackType(result, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return result


def _frame(step: TracebackType) -> RecordedFrame:
    code = step.tb_frame.f_code
    _, end_lineno, column, end_column = _positions(code, step.tb_lasti)
    return RecordedFrame(
        filename=code.co_filename,
        module=str(step.tb_frame.f_globals.get("__name__", "")),
        name=code.co_name,
        qualname=code.co_qualname,
        lineno=step.tb_lineno,
        end_lineno=max(end_lineno or 0, step.tb_lineno),
        column=column or 0,
        end_column=end_column or 0,
    )


def _positions(code: CodeType, instruction: int) -> tuple[int | None, int | None, int | None, int | None]:
    missing = (None, None, None, None)
    return next(islice(code.co_positions(), instruction // 2, None), missing) if instruction >= 0 else missing


@lru_cache(maxsize=256)
def _code(frame: RecordedFrame) -> CodeType:
    places = {
        "lineno": frame.lineno,
        "end_lineno": frame.end_lineno,
        "col_offset": frame.column,
        "end_col_offset": frame.end_column,
    }
    name = ast.Name(id=REBUILT, ctx=ast.Load(), **places)
    tree = ast.Module(body=[ast.Expr(value=name, **places)], type_ignores=[])
    code = compile(tree, frame.filename, "exec")
    return code.replace(co_name=frame.name, co_qualname=frame.qualname)


def _failed(frame: RecordedFrame) -> TracebackType:
    try:
        exec(_code(frame), {"__name__": frame.module})
    except NameError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            return error.__traceback__.tb_next
    raise AssertionError("a name that nobody defines was found")
