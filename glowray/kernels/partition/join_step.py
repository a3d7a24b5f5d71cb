"""A semi or anti join within a partition. Every task has all rows of the other sides."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from glowray.functions.pairing import Pairing
from glowray.functions.replay import NO_ROW
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.keyed import MISSING, KeyTable, keyed_row
from glowray.kernels.base.morsels import Morsels, pieces
from glowray.kernels.compiled.row_loop import RowLoop
from glowray.kernels.join.join import keyed_join, pair
from glowray.kernels.keys.keyed_step import Keyed
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.partition.partition_steps import BlockStep
from glowray.rows import Block
from glowray.rows.keys import canonical_key


@dataclass(frozen=True, slots=True)
class JoinInPlace(Keyed, BlockStep):
    """Keeps the keyed rows whose key is in every (semi) or in none (anti) of the other sides.

    The other sides are the task's `beside` inputs from `place` on.
    """

    how: str
    place: int
    sides: int
    pairing: Pairing | None = None

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        blocks: list[Block] = []
        keys: KeyTable | None = None
        for morsel in stream:
            if isinstance(morsel, Block):
                blocks.append(morsel)
                continue
            if blocks:
                yield from keyed_join(self, [blocks, *self._sides(task)], self.how)
                blocks = []
            keys = self.keys(task) if keys is None else keys
            yield self._kept(morsel, keys)
        if blocks:
            yield from keyed_join(self, [blocks, *self._sides(task)], self.how)

    def keys(self, context: TaskContext) -> KeyTable:
        """Return the keys that every side has (semi), or any side (anti)."""
        found = [set(map(canonical_key, self._keys_of(side))) for side in self._sides(context)]
        keys = KeyTable()
        names = set.intersection(*found) if self.how == "semi" else set().union(*found)
        keys.entries.update(dict.fromkeys(names, True))
        return keys

    def keeps(self, key: Any, keys: KeyTable) -> bool:
        """Return whether the rows of a key stay."""
        return (keys.find(key) is MISSING) is not (self.how == "semi")

    def _kept(self, rows: Iterable[Any], keys: KeyTable) -> list[Any]:
        row: Any = NO_ROW
        kept: list[Any] = []
        try:
            for row in rows:
                if self.keeps(keyed_row(row, self.verb)[0], keys):
                    kept.append(row)
        except BaseException as error:
            blame(error, self, row)
            raise
        return kept

    def _sides(self, context: TaskContext) -> Sequence[Sequence[Block]]:
        return context.beside[self.place : self.place + self.sides]

    def _keys_of(self, side: Sequence[Block]) -> Iterator[Any]:
        for block in side:
            for chunk in block.chunks:
                yield from pair(chunk, self.verb)[0].rows()


@dataclass(frozen=True, slots=True)
class KeepKeys:
    """The end of a loop that does the join. It looks a key up before it builds the row."""

    step: JoinInPlace

    parameters: ClassVar[tuple[str, ...]] = ("entries", "slow")

    def run(self, loop: RowLoop, stream: Morsels, task: TaskContext) -> Morsels:
        keys = self.step.keys(task)
        slow = partial(self.step.keeps, keys=keys)
        kept = (go(rows, keys.entries, slow) for rows, go in loop.pieces(stream, loop.piece_size(task)))
        return pieces(itertools.chain.from_iterable(kept))
