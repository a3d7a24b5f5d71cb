"""Map lines of generated code to lines of users' functions, so that tracebacks show the user's code.

Each function or step that goes into a loop gets a span of new lines. With f on lines 7 to 9 of job.py:

    Span(start=4, length=3, filename="job.py", first_line=7) → generated line 5 is line 8 of job.py
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import CodeType, TracebackType
from typing import NamedTuple


class LinePlace(NamedTuple):
    """A generated line and the columns, from `start` to `end`, of the code there."""

    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Span:
    """Consecutive generated lines for the lines of one function, or for a step's own work."""

    start: int
    length: int
    step: int
    row: str  # the step's row, as an expression of the generated function's variables
    filename: str | None  # None: the step's own work (a call, an unpacking), not the user's code
    first_line: int
    name: str
    is_generator: bool = False
    caller: LinePlace | None = None  # the place of the call, if another function's code calls this function

    def value(self, variables: Mapping[str, object]) -> object:
        """Return the step's row, made of the values of the generated function's variables."""
        return _value(ast.parse(self.row, mode="eval").body, variables)


@dataclass
class Positions:
    """The table from generated lines to users' lines. It is pickled with the generated code."""

    spans: list[Span] = field(default_factory=list)
    following: int = 1

    def open(self, span: Span) -> Span:
        """Reserve generated lines for a span, and return the span with its start."""
        span = replace(span, start=self.following)
        self.following += span.length
        self.spans.append(span)
        return span

    def find(self, line: int) -> Span | None:
        """Return the span of a generated line, or None."""
        index = bisect_right(self.spans, line, key=lambda span: span.start) - 1
        if index < 0 or line >= self.spans[index].start + self.spans[index].length:
            return None
        return self.spans[index]

    def last(self, step: int) -> Span | None:
        """Return the last span of a step, whose row is the one that its functions were given; None if it has none."""
        return next((span for span in reversed(self.spans) if span.step == step and span.row), None)

    def place(self, line: int) -> tuple[str, int, str] | None:
        """Return (filename, line, function name) of a generated line. Return None for a step's own work."""
        span = self.find(line)
        if span is None or span.filename is None:
            return None
        return span.filename, span.first_line + line - span.start, span.name

    def retrace(self, error: BaseException, code: CodeType) -> BaseException:
        """Return the error with a traceback of the user's files, lines and function names.

        Frames above the generated code are left out. A StopIteration from an inlined generator becomes a RuntimeError,
        as in Python.
        """
        entries = list(_entries(error.__traceback__))
        inner: list[TracebackType] = []
        for index, trace in enumerate(entries):
            if trace.tb_frame.f_code is code or trace.tb_frame.f_code in _nested(code):
                inner = entries[index:]
                break
        spans = [self.find(trace.tb_lineno) if trace.tb_frame.f_code is code else None for trace in inner]
        error = _as_generator(error) if any(map(self._is_generator, spans)) else error
        result: TracebackType | None = None
        own = {code, *_nested(code)}
        for trace in reversed(inner):
            if trace.tb_frame.f_code not in own:
                result = TracebackType(result, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
            else:
                columns = list(trace.tb_frame.f_code.co_positions())[trace.tb_lasti // 2][2:]
                result = self._standing(LinePlace(trace.tb_lineno, columns[0] or 0, columns[1] or 0), result)
        return error.with_traceback(result)

    def _is_generator(self, span: Span | None) -> bool:
        """Return whether a line belongs to a generator, or to a function that a generator called."""
        while span is not None:
            if span.is_generator:
                return True
            span = None if span.caller is None else self.find(span.caller.line)
        return False

    def _standing(self, at: LinePlace | None, result: TracebackType | None) -> TracebackType | None:
        """Put traceback entries for the user's function at a generated line, and for its callers, before `result`."""
        while at is not None:
            span = self.find(at.line)
            place = self.place(at.line)
            if place is not None:
                stand = _stand(*place, at.start, at.end)
                result = TracebackType(result, stand.tb_frame, stand.tb_lasti, place[1])
            at = None if span is None else span.caller
        return result


def _value(row: ast.expr, variables: Mapping[str, object]) -> object:
    if isinstance(row, ast.Tuple):
        return tuple(_value(field, variables) for field in row.elts)
    if isinstance(row, ast.Dict):
        pairs = zip(row.keys, row.values, strict=True)
        return {ast.literal_eval(key): _value(value, variables) for key, value in pairs if key is not None}
    if isinstance(row, ast.Name):
        return variables.get(row.id)
    return ast.literal_eval(row)


def _as_generator(error: BaseException) -> BaseException:
    if not isinstance(error, StopIteration):
        return error
    raised = RuntimeError("generator raised StopIteration")
    raised.__cause__ = error
    return raised


def _entries(trace: TracebackType | None) -> list[TracebackType]:
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    return entries


def _nested(code: CodeType) -> list[CodeType]:
    found = []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += [constant, *_nested(constant)]
    return found


def _stand(filename: str, line: int, name: str, start: int, end: int) -> TracebackType:
    """Return a traceback entry for this place, by running code of this name that only raises there."""
    call = ast.Raise(ast.Name("error", ast.Load()), None)
    for node in (call, call.exc):
        node.lineno = node.end_lineno = line  # type: ignore[union-attr]
        node.col_offset, node.end_col_offset = start, max(end, start)  # type: ignore[union-attr]
    module = ast.fix_missing_locations(ast.Module([call], []))
    code = compile(module, filename, "exec").replace(co_name=name, co_qualname=name)
    mark = _Mark()
    try:
        exec(code, {"__name__": name, "error": mark})
    except _Mark:
        return _entries(mark.__traceback__)[-1]
    raise AssertionError("code that only raises did not raise")


class _Mark(Exception):  # noqa: N818
    """Raised to get a frame, and caught at once."""


def move(node: ast.AST, span: Span) -> ast.AST:
    """Shift the lines of a copied node from the user's file into the span. Columns stay."""
    if not isinstance(node, ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern):
        return node
    last = span.start + span.length - 1
    shift = span.start - span.first_line if span.filename is not None else None
    start = min(max(node.lineno + shift, span.start), last) if shift is not None else span.start
    end = min(max((node.end_lineno or node.lineno) + shift, start), last) if shift is not None else span.start
    node.lineno, node.end_lineno = start, end
    if start == end and (node.end_col_offset or 0) < node.col_offset:
        node.end_col_offset = node.col_offset
    return node
