"""A combiner over columns: keys are numbered in order of first appearance, values are folded from left to right.

Chunks are gathered and then folded at once, starting from the accumulators so far. So every group is folded in the
order of its rows, as by a loop.
"""

from __future__ import annotations

from glowray.kernels.keys.key_numbers import DISTINCT_BITS, key_numbers
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.rows.types.shape_kinds import kind_of, shape_of
from glowray.vectorize.columns.folds import vector_folds as folds
from glowray.vectorize.columns.folds.accumulations import Accumulation
from glowray.vectorize.columns.folds.outermost import Outermost
from glowray.vectorize.columns.folds.reducer_shapes import Fold
from glowray.vectorize.columns.folds.vector_folds import Groups, Part
from glowray.vectorize.columns.vectors.block_vectors import carried, chunk_of, field_of, has_maybe, is_of
from glowray.vectorize.columns.vectors.frame import Vector

CACHED_BYTES = 4 * 1024 * 1024
"""Bytes that are gathered before a fold if keys are few. They fit into the processor's cache."""

GATHERED_BYTES = 64 * 1024 * 1024
"""The least bytes that are gathered before a fold if keys are many."""

GATHERED_TIMES = 4


def keyed_kind(kind: Kind | None, fold: Fold) -> TupleOf | None:
    """Return the kind of keyed rows if their values can be folded as columns, else None."""
    pair = pair_kind(kind)
    return pair if pair is not None and fold.fits(pair.fields[1]) else None


def pair_kind(kind: Kind | None) -> TupleOf | None:
    """Return the kind if its rows are keyed and their keys can be grouped as columns, else None."""
    if not isinstance(kind, TupleOf) or len(kind.fields) != 2:
        return None
    return kind if _is_key(kind.fields[0]) else None


def _is_key(kind: Kind) -> bool:
    if isinstance(kind, TupleOf):
        return all(map(_is_key, kind.fields))
    return kind in DISTINCT_BITS or kind is float


def _has_values(fold: Fold, kind: Kind, chunk: Chunk) -> bool:
    """Return whether no value of a chunk is None, but for those that the fold leaves out."""
    if isinstance(fold.operation, tuple) and isinstance(kind, TupleOf):
        fields = zip(fold.operation, kind.fields, strict=True)
        return all(_has_values(each, field, field_of(chunk, place)) for place, (each, field) in enumerate(fields))
    return isinstance(fold.operation, Outermost) or is_of(kind, chunk)


class FoldTable:
    """Folds keyed rows of one kind into one row for each key.

    >>> table = FoldTable(TupleOf((str, int)), Accumulation(Fold("add"), int))
    >>> table.add(Block.from_rows([("a", 1), ("b", 2), ("a", 3)])), table.fold(), table.folded().rows()
    (True, True, [('a', 4), ('b', 2)])
    """

    def __init__(self, kind: TupleOf, accumulation: Accumulation) -> None:
        self._kind, self._accumulation = kind, accumulation
        self._known: Vector | None = None
        self._count = self._known_bytes = 0
        self._gathered: list[Chunk] = []
        self._groups: list[Groups] = []  # the key's number of each gathered row
        self._bytes = 0
        self._numbers = key_numbers(kind.fields[0])

    def add(self, block: Block) -> bool:
        """Take the rows of a block. Return False and take none if they have another kind or only Python is exact."""
        if not all(map(self._takes, block.chunks)):
            return False
        if self._bytes + block.nbytes > self._most and not self.fold():
            return False
        for chunk in block.chunks:
            self._numbers.add(field_of(chunk, 0))
            self._gathered.append(chunk)
        self._bytes += block.nbytes
        return True

    def _takes(self, chunk: Chunk) -> bool:
        """Return whether a chunk's rows are of this kind. Keys are not None; the fold says which values may be."""
        if kind_of(chunk.shape) != self._kind or has_maybe(self._kind):
            return False
        if self._accumulation.lift is None:
            value = self._kind.fields[1]
            if not _has_values(self._accumulation.fold, value, field_of(chunk, 1)):
                return False
        return is_of(self._kind.fields[0], field_of(chunk, 0))

    @property
    def _most(self) -> int:
        """The bytes that are gathered before a fold: as many as the accumulators take, which each fold copies.

        If each fold numbers the known keys again, it is GATHERED_TIMES as many.
        """
        if self._numbers.lasts:
            return max(CACHED_BYTES, self._known_bytes)
        folded = GATHERED_TIMES * self._known_bytes
        return CACHED_BYTES if folded <= CACHED_BYTES else max(GATHERED_BYTES, folded)

    def fold(self) -> bool:
        """Fold the gathered rows. Return False and change nothing if only Python is exact."""
        if not self._gathered:
            return True
        self._groups += self._numbers.groups()
        parts = self._parts()
        count = len(self._numbers)
        made = parts and self._accumulation.fold.run_parts(parts, count, self._started(count))
        if made is None:
            return False
        self._known, self._count = made, count
        self._known_bytes = chunk_of(self._accumulation.kind, made, count).nbytes
        if not self._numbers.lasts:
            self._known_bytes += self._numbers.keys().nbytes
        self._gathered, self._groups, self._bytes = [], [], 0
        return True

    def _parts(self) -> list[Part] | None:
        """Return the values and groups of each gathered chunk, or None if only Python is exact."""
        parts = []
        for chunk, own in zip(self._gathered, self._groups, strict=True):
            vector, good = carried(self._kind.fields[1], field_of(chunk, 1))
            values = self._accumulation.lifted(vector, len(chunk)) if good is None else None
            if values is None:
                return None
            parts.append((values, own))
        return parts

    def _started(self, count: int) -> Vector | None:
        """Return what `count` keys start from: their accumulators so far, and the zero for new keys. None: no start."""
        kind, zero = self._accumulation.kind, self._accumulation.starts()
        known = [] if self._known is None else [self._known]
        if zero is not None and count > self._count:
            known.append(folds.repeated(kind, zero, count - self._count))
        return folds.joined(known) if known else None

    def folded(self) -> Block:
        """Return the folded rows (key, accumulator), keys in order of first appearance."""
        if self._known is None:
            return Block(())
        kind = self._accumulation.kind
        keys = self._numbers.keys().slice(0, self._count)
        columns = [*keys.columns, *chunk_of(kind, self._known, self._count).columns]
        return Block((Chunk(shape_of(TupleOf((self._kind.fields[0], kind))), columns, self._count),))

    def gathered(self) -> Block:
        """Return the keyed rows that are gathered and not folded yet."""
        return Block(self._gathered)
