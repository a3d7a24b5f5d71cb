"""The loops of a fragment: each segment's functions woven into one generated loop, in the driver, where sources are."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from typing import Any

from glowray.functions import Function, spread_arguments
from glowray.kernels import Fragment
from glowray.kernels.column_chain import ColumnChain
from glowray.kernels.combine import CombineByKey
from glowray.kernels.context import current_task
from glowray.kernels.exchange import Count, Exchange, OneBlock
from glowray.kernels.fold_table import keyed_kind
from glowray.kernels.join_step import JoinInPlace
from glowray.kernels.keyed import keyed_row
from glowray.kernels.loop import Loop
from glowray.kernels.partition_steps import BlockStep, PartitionStep, PassOn
from glowray.kernels.record_rows import Form, RecordLoop
from glowray.kernels.segment import Segment, segments
from glowray.kernels.sources import MergeByKey, Read, Source
from glowray.kernels.steps import RowStep, Step
from glowray.physical.columns import Folding, columns_of
from glowray.physical.kinds import one_kind, source_kind
from glowray.physical.likeness import as_first, likeness, step_likeness
from glowray.physical.plain_calls import compile_loops, with_reason
from glowray.physical.pruning import pruned
from glowray.physical.record_loops import displayed, form_of, join_form, pruned_read, read_form, used_of, variables_of
from glowray.physical.sinks import Combine, Keep, appending, counting, yielding
from glowray.physical.stage import Branch, StageRun
from glowray.vectorize.arrow.kinds import Kind, RecordOf, TupleOf
from glowray.vectorize.arrow.reducers import Fold, fold_of
from glowray.vectorize.chain import Chain, Sink, define
from glowray.vectorize.know import know
from glowray.vectorize.known import Known
from glowray.vectorize.remembered import remembered, remembering
from glowray.vectorize.step_code import Call, Link
from glowray.vectorize.weave import Weaver, Woven, load, place, store


def weave(stage: StageRun, vectorize: bool) -> list[Fragment]:
    """What the tasks of each branch run; with `vectorize` functions that are known become loops and column programs.

    Branches that are alike share their loops. Leaves in the stage what kind of rows will come out, as far as that is
    known.
    """
    woven: dict[Hashable, tuple[Fragment, Kind | None]] = {}
    found: list[tuple[Fragment, Kind | None]] = []
    with remembering():
        for branch in stage.plan.branches:
            alike = likeness(branch, stage.runs)
            first = woven.get(alike)
            made = None if first is None else as_first(first[0], branch, stage.runs)
            if first is None or made is None:
                found.append(_fragment_or_calls(branch, stage, vectorize))
                woven.setdefault(alike, found[-1])
            else:
                found.append((made, first[1]))
    stage.row_kind = one_kind(kind for _, kind in found)
    return [fragment for fragment, _ in found]


def _fragment_or_calls(branch: Branch, stage: StageRun, vectorize: bool) -> tuple[Fragment, Kind | None]:
    """The fragment of a branch; one that only calls its functions where the compiler fails on them.

    This is the one guard around the compiler: whatever goes wrong with what it makes of a function is not the user's.
    """
    if vectorize:
        try:
            fragment, kind = _fragment(branch, stage, True)
            compile_loops(fragment)
            return fragment, kind
        except Exception as error:
            fragment, kind = _fragment(branch, stage, False)
            return with_reason(fragment, f"the compiler failed on this step ({type(error).__name__}: {error})"), kind
    return _fragment(branch, stage, False)


def _fragment(branch: Branch, stage: StageRun, vectorize: bool) -> tuple[Fragment, Kind | None]:
    kind = source_kind(branch, stage.runs) if vectorize else None
    source = branch.source
    if isinstance(source, MergeByKey):
        source, kind = _merging(source, kind)
    row_type = source.reader.row_type if isinstance(source, Read) else None
    loops: list[Loop] = []
    for segment in segments(branch.steps):
        loop = _whole_loop(segment, source, stage.exchange, row_type, vectorize)
        form = form_of(kind) or (None if loops else join_form(branch, stage.runs))
        if kind is not None:
            given = kind
            chain, reasons, kind = _column_chain(segment, source, stage.exchange, given, loop)
            if chain and not loops and stage.plan.prunes and isinstance(source, Read) and isinstance(given, RecordOf):
                fewer = pruned(source, given, segment, len(chain.steps), stage.exchange)
                few = None if fewer is None else source_kind(replace(branch, source=fewer), stage.runs)
                if fewer is not None and few is not None:
                    source = fewer
                    chain, reasons, kind = _column_chain(segment, source, stage.exchange, few, loop)
            parts = [len(step.parts) for step in segment.rows] + [1]
            by_part = tuple(reason for reason, count in zip(reasons, parts, strict=True) for _ in range(count))
            loop = replace(loop, columns=chain, column_reasons=by_part)
        if vectorize and loop.columns is None and segment.rows:
            source, records = _record_loop(segment, source, stage, form, loop.cells, is_first=not loops)
            loop = replace(loop, records=records)
        loops.append(loop)
        row_type = None
    return Fragment(source, branch.steps, stage.exchange, stage.plan.stream, tuple(loops), len(branch.beside)), kind


def _merging(source: MergeByKey, kind: Kind | None) -> tuple[MergeByKey, Kind | None]:
    """The source with what its function does to columns, and the kind of the merged rows."""
    known = None if kind is None else know(source.function.call, 2)
    fold = fold_of(known) if isinstance(known, Known) else None
    if not isinstance(fold, Fold) or not keyed_kind(kind, fold):
        return source, None
    return replace(source, fold=fold, kind=kind), kind


def _column_chain(
    segment: Segment, source: Source, exchange: Exchange, kind: Kind, whole: Loop
) -> tuple[ColumnChain | None, tuple[str | None, ...], Kind | None]:
    """The segment over columns, why steps are left to Python (one a step), and the kind of the rows that come out."""
    end = segment.end
    takes_blocks = end is None or isinstance(end, BlockStep)
    found = columns_of(segment.rows, end if isinstance(end, Folding) else None, kind, takes_blocks)
    steps, reasons = tuple(found.steps), tuple(found.reasons)
    result = steps[-1].result if steps else kind
    is_whole = len(steps) == len(segment.rows)

    def loop(rows: tuple[RowStep, ...], end: CombineByKey | PartitionStep | None, row_kind: Kind) -> Loop:
        exchange_then = exchange if rows or end else OneBlock()
        return _loop(Segment(rows, end), source, exchange_then, _type(row_kind), True, whole.cells)[0]

    if not steps and (segment.rows or not (found.fold or takes_blocks)):
        return None, reasons, None
    is_appending = end is None and not isinstance(exchange, Count)
    by_row = whole if is_appending else _loop(Segment(segment.rows, None), source, OneBlock(), _type(kind), True)[0]
    if found.fold is not None:
        combine = loop((), end, result) if isinstance(end, CombineByKey) else None
        pair = result if combine and isinstance(result, TupleOf) else None
        folded = None if pair is None else TupleOf((pair.fields[0], found.fold.kind))
        return ColumnChain(kind, steps, by_row, None, found.fold, combine), reasons, folded
    rest = None if is_whole and not isinstance(end, CombineByKey) else loop(segment.rows[len(steps) :], end, result)
    after = end.kind_after(result) if isinstance(end, BlockStep) else result
    return ColumnChain(kind, steps, by_row, rest), reasons, after if is_whole and takes_blocks else None


def _record_loop(
    segment: Segment, source: Source, stage: StageRun, form: Form | None, cells: int | None, is_first: bool
) -> tuple[Source, RecordLoop | None]:
    """The segment over the fields of its rows, and the source, which then reads only the columns that are looked at."""
    is_read = isinstance(source, Read) and is_first
    form = read_form(source) if isinstance(source, Read) and is_first else form
    if form is None:
        return source, None
    weaver = Weaver()
    row = displayed(form, weaver)
    variables = dict(variables_of(row))
    loop, used, _ = _woven(segment, source, stage.exchange, weaver, row, True, cells)
    if isinstance(source, Read) and is_read and stage.plan.prunes:
        source, form = pruned_read(source, form, {str(variables[name][0]) for name in used})
    at = dict(zip(map(form.keys, form.leaves()), form.leaves(), strict=True))
    return source, RecordLoop(form, tuple(at[variables[name]] for name in used), variables, loop)


def _type(kind: Kind) -> type | None:
    return kind if isinstance(kind, type) else None


def _whole_loop(segment: Segment, source: Source, exchange: Exchange, kind: type | None, vectorize: bool) -> Loop:
    """A segment's loop over Python's rows: once more where it has shown what accumulators are."""
    if isinstance(segment.end, PassOn):  # a long chain is cut there into segments that often are the same
        alike = (*map(step_likeness, segment.rows), kind, vectorize)
        loop, _ = remembered(PassOn, *alike, find=lambda: _loop(segment, source, exchange, kind, vectorize))
        return replace(loop, steps=(*(part for step in segment.rows for part in step.parts), segment.end))
    loop, cells = _loop(segment, source, exchange, kind, vectorize)
    return loop if cells is None else _loop(segment, source, exchange, kind, vectorize, cells)[0]


def _loop(
    segment: Segment, source: Source, exchange: Exchange, kind: type | None, vectorize: bool, cells: int | None = None
) -> tuple[Loop, int | None]:
    weaver = Weaver()
    row = weaver.fresh("row")
    if kind is not None:
        weaver.types[row] = kind
    loop, _, width = _woven(segment, source, exchange, weaver, load(row), vectorize, cells)
    return loop, width


def _woven(
    segment: Segment, source: Source, exchange: Exchange, weaver: Weaver, row: ast.expr, vectorize: bool,
    cells: int | None,
) -> tuple[Loop, list[str], int | None]:  # fmt: skip
    """A segment's loop, the variables of its row that it uses, in the order in which it takes them, and `width`."""
    chain = Chain([_link(step, vectorize) for step in segment.rows], weaver)
    parts = [part for step in segment.rows for part in step.parts]
    combine = None
    if isinstance(segment.end, CombineByKey):
        combine = Combine(segment.end, chain, weaver, len(parts), cells, vectorize)
        parameters = ["rows", "get", "entries", "missing", "miss"]
        sink: Sink = combine
    elif isinstance(segment.end, JoinInPlace):
        parameters, sink = ["rows", "entries", "slow"], Keep(segment.end, chain, weaver, len(parts))
    elif segment.end is not None:
        parameters, sink = ["rows"], yielding
    elif isinstance(exchange, Count):
        parameters, sink = ["rows", "count"], counting
    else:
        parameters, sink = ["rows", "append"], appending
    line = weaver.own_lines("source")
    body = chain.body(row, sink)
    used = used_of(row, body)
    targets: list[ast.expr] = [store(name) for name in used]
    target = targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store())
    loop = place([ast.For(target, load("rows"), body, [])], line)
    woven = Woven("loop", define("loop", parameters, loop, line), weaver.bindings, weaver.positions, "loop")
    reasons = [*chain.reasons, combine.reason if combine else None]
    last = segment.end or (parts[-1] if parts else Step(source.verb, source.label))
    steps = (*parts, last)
    if combine is None:
        return Loop(woven, steps, tuple(reasons)), used, None
    return Loop(woven, steps, tuple(reasons), combine.found, cells), used, combine.width


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
    """The fields of a row that is not a plain tuple of as many as the function takes."""
    return spread_arguments(row, function.spread or 0, function)


def drop_row(step: RowStep, row: Any, error: BaseException, place: int) -> None:
    """Give a row, and the error of the step's function at a place, to the task that runs."""
    task = current_task()
    assert task is not None, "loops run in tasks"
    task.drop(step.parts[place], row, error)
