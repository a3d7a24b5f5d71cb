"""Words for how rows move from one stage to another, for explain() and for the edges of pictures."""

from __future__ import annotations

from collections.abc import Iterator

from glowray.kernels.ends.exchange import ByRange
from glowray.physical.stages.stage import Branch, StagePlan, Wire
from glowray.physical.stages.wires import (
    Ahead,
    All,
    Backwards,
    Begun,
    Crossed,
    Even,
    FromStage,
    Head,
    Onward,
    Rest,
    Same,
    Shuffled,
)


def moves(branch: Branch) -> Iterator[tuple[StagePlan, str]]:
    """Yield (stage, how its rows move) for each stage that a branch reads. It is "" if rows stay in their partition."""
    for wire in branch.reads:
        if isinstance(wire, FromStage):
            yield wire.stage, _move(wire, branch.count)
    if branch.counted is not None and all(
        stage is not branch.counted for wire in branch.reads for stage in wire.stages
    ):
        yield branch.counted, "row counts"


def _move(wire: Wire, readers: int) -> str:
    match wire:
        case Same() | Onward() | Begun() | Rest():
            return ""
        case Shuffled():
            return "shuffle by range" if isinstance(wire.stage.exchange, ByRange) else "shuffle"
        case All() if wire.output:
            return "sample"
        case All():
            return "gather" if readers == 1 else "broadcast"
        case Head():
            return f"first {wire.n}"
        case Ahead():
            return f"next {wire.n}"
        case Backwards():
            return "backwards"
        case Even():
            return "align" if wire.like is not None else "even slices"
        case Crossed():
            return "broadcast"
    return "read"
