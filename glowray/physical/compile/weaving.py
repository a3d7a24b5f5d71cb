"""Compiles a stage in the driver: the tasks of each branch run one fragment."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from glowray.kernels import Fragment
from glowray.kernels.ends.sources import MergeByKey, ReadSource
from glowray.kernels.keys.fold_table import keyed_kind
from glowray.kernels.task.fragment import Decision
from glowray.kernels.task.segment import segments
from glowray.kernels.task.task_operator import TaskOperator
from glowray.physical.compile.branch_likeness import as_first, likeness
from glowray.physical.compile.columns import Columns
from glowray.physical.compile.plain_calls import compile_loops, with_reason
from glowray.physical.compile.pruning import pruned
from glowray.physical.compile.record_loops import join_kind, looped_kind
from glowray.physical.compile.row_kinds import one_kind, source_kind
from glowray.physical.compile.segment_operators import SegmentPlace, not_too_deep, plain_operators
from glowray.physical.stages.stage import Branch, Runs, StageRun
from glowray.rows.types.kinds import Kind, RecordOf
from glowray.vectorize.columns.folds.reducer_shapes import Fold, fold_of
from glowray.vectorize.definition.answer_cache import remembering
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known


def weave(stage: StageRun, vectorize: bool) -> list[Fragment]:
    """Return the fragment that the tasks of each branch run. Sets `stage.row_kind` to the kind of its rows, if known.

    Branches that are alike share their loops. With `vectorize`, functions that can be translated become column programs
    and parts of loops. Without it they are called.
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
    """Return the fragment of a branch. If the compiler raises, its fragment only calls the functions.

    This is the only guard around the compiler: its errors are not the user's.
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
    reads_blocks = kind is not None or source.gives_blocks
    row_type = source.reader.row_type if isinstance(source, ReadSource) else None
    operators: list[TaskOperator] = []
    decisions: list[Decision] = []
    *before, last = segments(branch.steps)
    for segment in (*before, last):
        is_last = segment is last or (segment is before[-1] and not last.rows)
        at = SegmentPlace(segment, source, stage.exchange, not decisions, is_last, stage.plan.prunes)
        loop = at.loop(row_type, vectorize)
        looped = looped_kind(kind) or (None if decisions else join_kind(branch, stage.runs))
        found: Columns | None = None
        if kind is not None:
            at, kind, found = _over_columns(at, kind, branch, stage.runs)
        if kind is not None and found is not None and at.is_columns(found):
            operators += at.over_columns(found, kind, loop)
            kind = at.kind_after(found, kind)
        else:
            source, made = at.over_rows(loop, looped, vectorize)
            at, kind = replace(at, source=source), None
            operators += made
        source, row_type = at.source, None
        decisions += at.decisions(loop, found)
    if operators:
        reads_blocks = operators[0].takes_blocks
    fragment = Fragment(
        source, branch.steps, stage.exchange, stage.plan.stream, not_too_deep(operators), len(branch.beside)
    )
    return replace(fragment, decisions=tuple(decisions), reads_blocks=reads_blocks, plain=plain_operators), kind


def _over_columns(at: SegmentPlace, kind: Kind, branch: Branch, runs: Runs) -> tuple[SegmentPlace, Kind, Columns]:
    """Return how far a segment runs over columns; its source then may read only the columns that are looked at."""
    found = at.columns(kind)
    if at.prunes and at.is_first and found.steps and isinstance(at.source, ReadSource) and isinstance(kind, RecordOf):
        fewer = pruned(at.source, kind, at.segment, len(found.steps), at.exchange)
        few = None if fewer is None else source_kind(replace(branch, source=fewer), runs)
        if fewer is not None and few is not None:
            at = replace(at, source=fewer)
            return at, few, at.columns(few)
    return at, kind, found


def _merging(source: MergeByKey, kind: Kind | None) -> tuple[MergeByKey, Kind | None]:
    """Return the source with the fold of its reducer over columns, if there is one, and the kind of the merged rows."""
    known = None if kind is None else know(source.function.call, 2)
    fold = fold_of(known) if isinstance(known, Known) else None
    if not isinstance(fold, Fold) or not keyed_kind(kind, fold):
        return source, None
    return replace(source, fold=fold, kind=kind), kind
