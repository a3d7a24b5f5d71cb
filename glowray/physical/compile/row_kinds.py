"""The kind of rows that a branch reads: from its reader, from reports of earlier tasks, or inferred before they run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glowray.io.reader import ColumnReader
from glowray.kernels.ends import sources
from glowray.kernels.join.matching_row_numbers import needed
from glowray.physical.stages.stage import Branch, Runs, StageRun, Wire
from glowray.physical.stages.wires import All, FromStage, Given, Same
from glowray.rows import Block
from glowray.rows.types.kinds import Kind, Maybe, RecordOf, TupleOf
from glowray.rows.types.shape_kinds import kind_of
from glowray.vectorize.columns.vectors.block_vectors import kinds_of


def source_kind(branch: Branch, runs: Runs) -> Kind | None:
    """Return the kind of all rows of a branch's source; None if there are several kinds or it is not known."""
    source = branch.source
    if isinstance(source, sources.ReadSource):
        shape = source.reader.shape if isinstance(source.reader, ColumnReader) else None
        return None if shape is None else kind_of(shape)
    if isinstance(source, sources.Blocks):
        return one_kind(wire_kind(wire, runs) for wire in branch.wires[: source.sides])
    if isinstance(source, sources.MergeByKey):
        return one_kind(wire_kind(wire, runs) for wire in branch.wires)
    if isinstance(source, sources.MergeSortedSource):
        return source.kind_after(one_kind(wire_kind(wire, runs) for wire in branch.wires))
    if isinstance(source, sources.JoinSource):
        return _joined_kind(source.how, [wire_kind(wire, runs) for wire in branch.wires])
    return None


def _joined_kind(how: str, sides: Sequence[Kind | None]) -> Kind | None:
    """Return the kind of a join's rows."""
    if how in ("semi", "anti"):
        return sides[0]
    pairs = [side.fields for side in sides if isinstance(side, TupleOf) and len(side.fields) == 2]
    keys = {key for key, _ in pairs}
    if len(pairs) < len(sides) or (len(keys) > 1 and how not in ("inner", "left")):
        return None
    values = [
        value if must else _or_none(value)
        for (_, value), must in zip(pairs, needed(how, len(sides)), strict=True)
    ]  # fmt: skip
    return TupleOf((pairs[0][0], TupleOf(tuple(values))))


def _or_none(kind: Kind) -> Kind:
    return Maybe(kind) if isinstance(kind, TupleOf | RecordOf) else kind


def stage_kind(run: StageRun, output: int | None = None) -> Kind | None:
    """Return the kind of a stage's rows: of what its tasks gave if it has run, else as it was inferred.

    Args:
        run: the stage.
        output: which of every task's outputs; None: all, which are of one kind.
    """
    reports = run.ended
    if not reports:
        return run.row_kind if not output else None
    return one_kind(
        kind
        for report in reports
        for place, kinds in enumerate(report.kinds)
        if output is None or place == output
        for kind in kinds
    )


def one_kind(kinds: Iterable[Kind | None]) -> Kind | None:
    """Return the kind if all are the same, else None."""
    found = set(kinds)
    return found.pop() if len(found) == 1 else None


def wire_kind(wire: Wire, runs: Runs) -> Kind | None:
    """Return the kind of the rows that come by a wire."""
    if isinstance(wire, FromStage):
        output = 0 if isinstance(wire, Same) else wire.output if isinstance(wire, All) else None
        return stage_kind(runs[wire.stage], output)
    if isinstance(wire, Given):
        return wire.kind or _given_kind(wire.blocks)
    return None


def _given_kind(blocks: Sequence[object]) -> Kind | None:
    if not isinstance(blocks, (list, tuple)) or not all(isinstance(block, Block) for block in blocks):
        return None
    return one_kind(kind for block in blocks for kind in kinds_of(block))
