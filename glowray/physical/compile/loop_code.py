"""The code of loops: row steps and the end of a loop woven into one function, in the driver, where sources are."""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

from glowray.functions import Function, spread_arguments
from glowray.kernels.base.context import current_task
from glowray.kernels.base.keyed import keyed_row
from glowray.kernels.base.steps import RowStep, Step
from glowray.kernels.compiled.local_combine import FoldIntoTable
from glowray.kernels.compiled.row_loop import Append, CountOnly, LoopEnd
from glowray.kernels.ends.sources import ReadSource, Source
from glowray.kernels.loops.generated_loop import Loop
from glowray.kernels.loops.record_rows import RecordLoop, leaves
from glowray.kernels.partition.join_step import KeepKeys
from glowray.kernels.partition.partition_steps import PassOn
from glowray.kernels.task.segment import Segment
from glowray.physical.compile.branch_likeness import step_likeness
from glowray.physical.compile.loop_endings import Combine, Keep, appending, counting, yielding
from glowray.physical.compile.record_loops import displayed, pruned_read, read_kind, used_of, variables_of
from glowray.rows.types.kinds import Kind
from glowray.vectorize.definition.answer_cache import remembered
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.loops.chain import Chain, Sink, define
from glowray.vectorize.loops.code.weaver import Weaver, Woven, load, place, store
from glowray.vectorize.loops.step_code import Call, Link


def whole_loop(segment: Segment, end: LoopEnd, source: Source, row_type: type | None, vectorize: bool) -> Loop:
    """Return a segment's loop over Python's rows: woven once more where it has shown what accumulators are."""
    if isinstance(segment.end, PassOn):  # a long chain is cut there into segments that often are the same
        alike = (*map(step_likeness, segment.rows), row_type, vectorize)
        first = remembered(PassOn, *alike, find=lambda: loop_over(segment, end, source, row_type, vectorize)[0])
        return Loop(first.woven, (*parts_of(segment.rows), segment.end), first.reasons)
    loop, cells = loop_over(segment, end, source, row_type, vectorize)
    return loop if cells is None else loop_over(segment, end, source, row_type, vectorize, cells)[0]


def loop_over(
    segment: Segment, end: LoopEnd, source: Source, row_type: type | None, vectorize: bool, cells: int | None = None
) -> tuple[Loop, int | None]:
    """Return the loop over rows of a type (None: of any), and how many fields accumulators have if they are tuples."""
    weaver = Weaver()
    row = weaver.fresh("row")
    if row_type is not None:
        weaver.types[row] = row_type
    loop, _, width = _woven(segment, end, source, weaver, load(row), vectorize, cells)
    return loop, width


def record_loop(
    segment: Segment, end: LoopEnd, source: Source, kind: Kind | None, cells: int | None, is_first: bool, prunes: bool
) -> tuple[Source, RecordLoop | None]:
    """Return the loop over the fields of rows, and the source, which then reads only the columns that are looked at."""
    is_read = isinstance(source, ReadSource) and is_first
    kind = read_kind(source) if isinstance(source, ReadSource) and is_first else kind
    if kind is None:
        return source, None
    weaver = Weaver()
    row = displayed(kind, weaver)
    variables = dict(variables_of(row))
    loop, used, _ = _woven(segment, end, source, weaver, row, True, cells)
    if isinstance(source, ReadSource) and is_read and prunes:
        source, kind = pruned_read(source, kind, {str(variables[name][0]) for name in used})
    at = {keys: path for path, keys in leaves(kind)}
    return source, RecordLoop(kind, tuple(at[variables[name]] for name in used), variables, loop)


def parts_of(rows: tuple[RowStep, ...]) -> list[RowStep]:
    """Return the steps as errors and explain() name them: one a function."""
    return [part for step in rows for part in step.parts]


def _woven(
    segment: Segment, end: LoopEnd, source: Source, weaver: Weaver, row: ast.expr, vectorize: bool, cells: int | None
) -> tuple[Loop, list[str], int | None]:
    """Return a loop, the variables of its row that it uses, in the order in which it takes them, and `width`."""
    chain = Chain([_link(step, vectorize) for step in segment.rows], weaver)
    parts = parts_of(segment.rows)
    combine = None
    sink: Sink = yielding
    if isinstance(end, FoldIntoTable):
        sink = combine = Combine(end.step, chain, weaver, len(parts), cells, vectorize)
    elif isinstance(end, KeepKeys):
        sink = Keep(end.step, chain, weaver)
    elif isinstance(end, CountOnly):
        sink = counting
    elif isinstance(end, Append):
        sink = appending
    line = weaver.own_lines("source")
    body = chain.body(row, sink)
    used = used_of(row, body)
    targets: list[ast.expr] = [store(name) for name in used]
    target = targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store())
    loop = place([ast.For(target, load("rows"), body, [])], line)
    woven = Woven(
        "loop", define("loop", ["rows", *end.parameters], loop, line), weaver.bindings, weaver.positions, "loop"
    )
    reasons = (*chain.reasons, combine.reason if combine else None)
    steps = (*parts, segment.end or (parts[-1] if parts else Step(source.verb, source.label)))
    if combine is None:
        return Loop(woven, steps, reasons), used, None
    return Loop(woven, steps, reasons, combine.found, cells), used, combine.width


def _link(step: RowStep, vectorize: bool) -> Link:
    calls = [
        Call(
            function.call,
            know(function.call) if vectorize else None,
            function.spread,
            partial(spread_fields, function),
        )
        for function in step.functions
    ]
    drop = None if step.on_error == "raise" else partial(drop_row, step)
    return Link(step, tuple(calls), partial(keyed_row, verb=step.verb), drop)


def spread_fields(function: Function, row: Any) -> tuple[Any, ...]:
    """Return the arguments for a function whose row is not a plain tuple of as many fields as it takes."""
    return spread_arguments(row, function.spread or 0, function)


def drop_row(step: RowStep, row: Any, error: BaseException, place: int) -> None:
    """Give a row, and the error of the step's function at a place, to the task that runs."""
    task = current_task()
    assert task is not None, "loops run in tasks"
    task.drop(step.parts[place], row, error)
