"""Rows of blocks for a loop over their fields. The columns it reads are zipped; no row is built as an object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from operator import length_hint
from typing import Any

from glowray.kernels.base.morsels import Morsels
from glowray.kernels.loops.generated_loop import Loop
from glowray.kernels.loops.pruned_records import batches
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.decode import decode
from glowray.rows.types.kinds import Kind, TupleOf, fields_of
from glowray.rows.types.shape import Fields, Path, Shape

Run = Callable[..., Any]


def fits(kind: Kind, shape: Shape) -> bool:
    """Return whether all rows of a shape have the tuples and dicts of a kind. Other fields may hold anything.

    >>> from glowray.rows.types.kinds import ANY, RecordOf
    >>> shape = Chunk.from_rows([(1, {"n": b"x"})]).shape
    >>> fits(TupleOf((ANY, RecordOf((("n", ANY),)))), shape), fits(TupleOf((ANY,)), shape)
    (True, False)
    """
    fields = fields_of(kind)
    if not fields:
        return True
    if not isinstance(shape, Fields) or shape.optional or len(shape.children) != len(fields):
        return False
    names = () if isinstance(kind, TupleOf) else tuple(name for name, _ in fields)
    if shape.kind != ("record" if names else "tuple") or shape.names != names:
        return False
    return all(fits(field, child) for (_, field), child in zip(fields, shape.children, strict=True))


def leaves(kind: Kind) -> Iterator[tuple[Path, tuple[int | str, ...]]]:
    """Yield (path of field numbers, the keys that lead to it in a row) for each field that has no fields itself.

    >>> from glowray.rows.types.kinds import RecordOf
    >>> list(leaves(TupleOf((int, RecordOf((("n", int),))))))
    [((0,), (0,)), ((1, 0), (1, 'n'))]
    """
    fields = fields_of(kind)
    if not fields:
        yield (), ()
    for index, (key, field) in enumerate(fields):
        for path, keys in leaves(field):
            yield (index, *path), (key, *keys)


@dataclass(frozen=True, eq=False)
class RecordLoop:
    """A segment's loop over the fields of rows whose tuples and dicts are those of a kind.

    `paths` lead to the fields that the loop reads, in the order of its parameters. `variables` maps the loop's names of
    all fields to their paths in a whole row.
    """

    kind: Kind
    paths: tuple[Path, ...]
    variables: Mapping[str, tuple[int | str, ...]]
    loop: Loop

    def rows(self, block: Block, whole: Callable[[], Block]) -> RecordRows | None:
        """Return the rows of a block of one chunk for the loop, or None if they have another structure."""
        (chunk,) = block.chunks
        if not fits(self.kind, chunk.shape):
            return None
        return RecordRows([_field(chunk, path) for path in self.paths], chunk.count, whole, self.variables)


class RecordRows:
    """The fields of some rows as lists. `whole` returns the block of the whole rows."""

    def __init__(
        self,
        fields: list[list[Any]],
        count: int,
        whole: Callable[[], Block],
        variables: Mapping[str, tuple[int | str, ...]],
    ) -> None:
        self._fields, self._count = fields, count
        self._whole, self._variables = whole, variables
        self._taken: Iterator[Any] = iter(())

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        if not self._fields:
            self._taken = repeat((), self._count)
            return self._taken
        first, *others = self._fields
        self._taken = iter(first)
        return zip(self._taken, *others, strict=False) if others else self._taken

    def known(self) -> dict[str, Any]:
        """Return all fields of the last row taken, by the loop's names."""
        place = self._count - length_hint(self._taken) - 1
        (row,) = self._whole().slice(place, place + 1).rows()
        return {name: _at(row, path) for name, path in self._variables.items()}


def record_parts(records: RecordLoop, whole: Loop, stream: Morsels) -> Iterator[tuple[Any, Run]]:
    """Yield each morsel with the loop for it: over fields, or over Python's rows."""
    by_fields, by_row = records.loop.function(), whole.function()
    for morsel in stream:
        if not isinstance(morsel, Block):
            yield morsel, by_row
            continue
        for block, all_columns in batches(morsel):
            rows = records.rows(block, all_columns)
            yield (all_columns().rows(), by_row) if rows is None else (rows, by_fields)


def _field(chunk: Chunk, path: Path) -> list[Any]:
    found = chunk.select(path)
    return decode(found.shape, found.columns, found.count)


def _at(row: Any, path: tuple[int | str, ...]) -> Any:
    for key in path:
        row = row[key]
    return row
