"""The loops of a fragment: each segment's functions woven into one generated loop, in the driver, where sources are."""

from __future__ import annotations

import ast
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
from glowray.kernels.partition_steps import BlockStep, PartitionStep
from glowray.kernels.record_rows import Form, RecordLoop
from glowray.kernels.segment import Segment, segments
from glowray.kernels.sources import MergeByKey, Read, Source
from glowray.kernels.steps import FunctionStep, RowStep
from glowray.physical.columns import Folding, columns_of
from glowray.physical.kinds import one_kind, source_kind
from glowray.physical.pruning import pruned
from glowray.physical.record_loops import displayed, form_of, join_form, pruned_read, read_form, used_of, variables_of
from glowray.physical.stage import Branch, Stage
from glowray.vectorize.arrow.kinds import Kind, RecordOf, TupleOf
from glowray.vectorize.arrow.reducers import Fold, fold_of
from glowray.vectorize.chain import Chain, Sink, Verb, define
from glowray.vectorize.chain import Step as ChainStep
from glowray.vectorize.inline import inline
from glowray.vectorize.know import know
from glowray.vectorize.known import Known, Refused
from glowray.vectorize.rename import simple_copy
from glowray.vectorize.weave import Weaver, Woven, assign, load, place, store

VERBS: dict[str, Verb] = {
    "Map": "map",
    "ForEach": "map",
    "FlatMap": "flat_map",
    "Filter": "filter",
    "MapValues": "map_values",
    "FlatMapValues": "flat_map_values",
    "KeyBy": "key_by",
    "Keys": "keys",
    "Values": "values",
}


def weave(stage: Stage, vectorize: bool) -> list[Fragment]:
    """What the tasks of each branch run; with `vectorize` functions that are known become loops and column programs.

    Leaves in the stage what kind of rows will come out, as far as that is known.
    """
    woven = [_fragment(branch, stage, vectorize) for branch in stage.branches]
    stage.row_kind = one_kind(kind for _, kind in woven)
    return [fragment for fragment, _ in woven]


def _fragment(branch: Branch, stage: Stage, vectorize: bool) -> tuple[Fragment, Kind | None]:
    kind = source_kind(branch) if vectorize else None
    source = branch.source
    if isinstance(source, MergeByKey):
        source, kind = _merging(source, kind)
    row_type = getattr(source.reader, "row_type", None) if isinstance(source, Read) else None
    loops: list[Loop] = []
    for segment in segments(branch.steps):
        loop = _loop(segment, source, stage.exchange, row_type, vectorize)
        form = form_of(kind) or (None if loops else join_form(branch))
        if kind is not None:
            given = kind
            chain, reasons, kind = _column_chain(segment, source, stage.exchange, given, loop)
            if chain is not None and not loops and isinstance(source, Read) and isinstance(given, RecordOf):
                fewer = pruned(source, given, segment, len(chain.steps), stage.exchange)
                few = None if fewer is None else source_kind(replace(branch, source=fewer))
                if fewer is not None and few is not None:
                    source = fewer
                    chain, reasons, kind = _column_chain(segment, source, stage.exchange, few, loop)
            loop = replace(loop, columns=chain, column_reasons=reasons)
        if vectorize and loop.columns is None and segment.rows:
            source, records = _record_loop(segment, source, stage.exchange, form, is_first=not loops)
            loop = replace(loop, records=records)
        loops.append(loop)
        row_type = None
    return Fragment(source, branch.steps, stage.exchange, stage.stream, tuple(loops), len(branch.beside)), kind


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
        return _loop(Segment(rows, end), source, exchange if rows or end else OneBlock(), _type(row_kind), True)

    if not steps and (segment.rows or not (found.fold or takes_blocks)):
        return None, reasons, None
    is_appending = end is None and not isinstance(exchange, Count)
    by_row = whole if is_appending else _loop(Segment(segment.rows, None), source, OneBlock(), _type(kind), True)
    if found.fold is not None:
        combine = loop((), end, result) if isinstance(end, CombineByKey) else None
        pair = result if combine and isinstance(result, TupleOf) else None
        folded = None if pair is None else TupleOf((pair.fields[0], found.fold.kind))
        return ColumnChain(kind, steps, by_row, None, found.fold, combine), reasons, folded
    rest = None if is_whole and not isinstance(end, CombineByKey) else loop(segment.rows[len(steps) :], end, result)
    after = end.kind_after(result) if isinstance(end, BlockStep) else result
    return ColumnChain(kind, steps, by_row, rest), reasons, after if is_whole and takes_blocks else None


def _record_loop(
    segment: Segment, source: Source, exchange: Exchange, form: Form | None, is_first: bool
) -> tuple[Source, RecordLoop | None]:
    """The segment over the fields of its rows, and the source, which then reads only the columns that are looked at."""
    is_read = isinstance(source, Read) and is_first
    form = read_form(source) if isinstance(source, Read) and is_first else form
    if form is None:
        return source, None
    weaver = Weaver()
    row = displayed(form, weaver)
    variables = dict(variables_of(row))
    loop, used = _woven(segment, source, exchange, weaver, row, True)
    if isinstance(source, Read) and is_read:
        source, form = pruned_read(source, form, {str(variables[name][0]) for name in used})
    at = dict(zip(map(form.keys, form.leaves()), form.leaves(), strict=True))
    return source, RecordLoop(form, tuple(at[variables[name]] for name in used), variables, loop)


def _type(kind: Kind) -> type | None:
    return kind if isinstance(kind, type) else None


def _loop(segment: Segment, source: Source, exchange: Exchange, kind: type | None, vectorize: bool) -> Loop:
    weaver = Weaver()
    row = weaver.fresh("row")
    if kind is not None:
        weaver.types[row] = kind
    return _woven(segment, source, exchange, weaver, load(row), vectorize)[0]


def _woven(
    segment: Segment, source: Source, exchange: Exchange, weaver: Weaver, row: ast.expr, vectorize: bool
) -> tuple[Loop, list[str]]:
    """A segment's loop, and the variables of its row that it uses, in the order in which it takes them."""
    chain = Chain([_chain_step(step, vectorize) for step in segment.rows], weaver)
    found = None
    if isinstance(segment.end, CombineByKey):
        found = weaver.fresh("found")
        parameters = ["rows", "get", "entries", "missing", "miss"]
        sink: Sink = _Fold(segment.end, chain, weaver, len(segment.rows), found, vectorize)
    elif isinstance(segment.end, JoinInPlace):
        parameters, sink = ["rows", "entries", "slow"], _Keep(segment.end, chain, weaver, len(segment.rows))
    elif segment.end is not None:
        parameters, sink = ["rows"], _yielding
    elif isinstance(exchange, Count):
        parameters, sink = ["rows", "count"], _counting
    else:
        parameters, sink = ["rows", "append"], _appending
    line = weaver.own_lines("source")
    body = chain.body(row, sink)
    used = used_of(row, body)
    targets: list[ast.expr] = [store(name) for name in used]
    target = targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store())
    loop = place([ast.For(target, load("rows"), body, [])], line)
    woven = Woven("loop", define("loop", parameters, loop, line), weaver.bindings, weaver.positions, "loop")
    reasons = [*chain.reasons, sink.reason if isinstance(sink, _Fold) else None]
    steps = (*segment.rows, segment.end or (segment.rows or (source,))[-1])
    return Loop(woven, steps, tuple(reasons), found), used


def _appending(row: ast.expr) -> list[ast.stmt]:
    return [ast.Expr(ast.Call(load("append"), [simple_copy(row)], []))]


def _counting(row: ast.expr) -> list[ast.stmt]:
    return [ast.Expr(ast.Call(load("count"), [], []))]


def _yielding(row: ast.expr) -> list[ast.stmt]:
    return [ast.Expr(ast.Yield(simple_copy(row)))]


def _is_text(key: ast.expr) -> ast.expr:
    """Whether a key is a str and nothing else: then a dict has it as it is written, or not at all."""
    return ast.Compare(ast.Call(load("type"), [simple_copy(key)], []), [ast.Is()], [load("str")])


class _Keep:
    """The sink that keeps the keyed rows whose key is, or is not, among `entries`; `slow` tells of keys of any type."""

    def __init__(self, step: JoinInPlace, chain: Chain, weaver: Weaver, index: int) -> None:
        self.step, self.chain, self.weaver, self.index = step, chain, weaver, index

    def __call__(self, row: ast.expr) -> list[ast.stmt]:
        line = self.weaver.own_lines(self.step.verb)
        before, (key, _) = self.chain.unpack(row, 2, partial(keyed_row, verb=self.step.verb), line)
        self.weaver.at(self.index, row)
        line = self.weaver.own_lines(self.step.verb)
        has: ast.cmpop = ast.In() if self.step.how == "semi" else ast.NotIn()
        quick = ast.Compare(simple_copy(key), [has], [load("entries")])
        test = ast.IfExp(_is_text(key), quick, ast.Call(load("slow"), [simple_copy(key)], []))
        return place([*before, ast.If(test, _yielding(row), [])], line)


class _Fold:
    """The sink that folds keyed rows into a dict: one look-up, the reducer inlined, one store.

    The raw key is looked up; `miss` is called for a key that is not there as it is written, or not hashable.
    """

    def __init__(
        self, step: CombineByKey, chain: Chain, weaver: Weaver, index: int, found: str, vectorize: bool
    ) -> None:
        self.step, self.chain, self.weaver, self.index, self.found = step, chain, weaver, index, found
        self.known = know(step.combiner.add.call, 2) if vectorize else None
        self.reason: str | None = None

    def __call__(self, row: ast.expr) -> list[ast.stmt]:
        weaver = self.weaver
        line = weaver.own_lines(self.step.verb)
        before, (key, value) = self.chain.unpack(row, 2, partial(keyed_row, verb=self.step.verb), line)
        if isinstance(key, ast.Tuple):
            name = weaver.fresh("key")
            before = [*before, assign(name, key)]
            key = load(name)
        weaver.at(self.index, ast.Tuple([simple_copy(key), simple_copy(value)], ast.Load()))
        line = weaver.own_lines(self.step.verb)
        folding, folded = self._folded([load(self.found), simple_copy(value)])
        unknown = assign(self.found, load("missing"))
        get = assign(self.found, ast.Call(load("get"), [simple_copy(key), load("missing")], []))
        look = ast.Try([get], [ast.ExceptHandler(load("TypeError"), None, [unknown])], [], [])
        miss: ast.stmt = ast.Expr(ast.Call(load("miss"), [simple_copy(key), simple_copy(value)], []))
        if self.step.combiner.zero is None:
            first = ast.Assign([ast.Subscript(load("entries"), simple_copy(key), ast.Store())], simple_copy(value))
            miss = ast.If(_is_text(key), [first], [miss])
        put = ast.Assign([ast.Subscript(load("entries"), simple_copy(key), ast.Store())], folded)
        is_new = ast.Compare(load(self.found), [ast.Is()], [load("missing")])
        return place([*before, look, ast.If(is_new, [miss], [*folding, put])], line)

    def _folded(self, arguments: list[ast.expr]) -> tuple[list[ast.stmt], ast.expr]:
        inlined = inline(self.known, arguments, self.weaver) if isinstance(self.known, Known) else self.known
        if inlined is not None and not isinstance(inlined, Refused):
            if not inlined.statements:
                return [], inlined.value
            return inlined.settle(self.weaver, "folded")
        self.reason = inlined.reason if inlined is not None else "it was not looked at"
        call = load(self.weaver.give(self.step.combiner.add.call, "reducer"))
        return [], ast.Call(call, arguments, [])


def _chain_step(step: RowStep, vectorize: bool) -> ChainStep:
    verb = VERBS[type(step).__name__]
    pair = partial(keyed_row, verb=step.verb)
    if not isinstance(step, FunctionStep):
        return ChainStep(verb, pair=pair)
    function = step.function
    return ChainStep(
        verb,
        function.call,
        know(function.call) if vectorize else None,
        function.spread,
        partial(spread_fields, function),
        pair,
        None if step.on_error == "raise" else partial(drop_row, step),
    )


def spread_fields(function: Function, row: Any) -> tuple[Any, ...]:
    """The fields of a row that is not a plain tuple of as many as the function takes."""
    return spread_arguments(row, function.spread or 0, function)


def drop_row(step: FunctionStep, row: Any, error: BaseException) -> None:
    """Gives a failing row and its error to the task that runs."""
    task = current_task()
    assert task is not None, "loops run in tasks"
    task.drop(step, row, error)
