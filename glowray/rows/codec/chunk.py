"""A chunk: rows of one shape, held as columns."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.rows.codec.decode import decode
from glowray.rows.codec.encode import encode
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.objects.pickling import dumps
from glowray.rows.types.scalar_kinds import NONE
from glowray.rows.types.shape import Fields, Path, Pickled, Scalar, Shape, leaves


class PickledShape:
    """Cache of a shape's pickle, which may hold a whole class. A chunk shares it with all chunks cut from it."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | None = None) -> None:
        self._data = data

    def of(self, shape: Shape) -> bytes:
        """Return the pickle of `shape`. Every call must pass the same shape."""
        if self._data is None:
            self._data = dumps(shape)
        return self._data


@dataclass(frozen=True, slots=True)
class Chunk:
    """Immutable rows of one shape. A column is an Arrow array, or a PickledColumn where the shape has `Pickled`.

    `home` is set for rows in a file or an object store: (the Arrow IPC message that holds them, its number of rows).
    """

    shape: Shape
    columns: list[Any] = field(repr=False)
    count: int
    pickled_shape: PickledShape = field(default_factory=PickledShape, repr=False, compare=False)
    home: tuple[Any, int] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_rows(cls, rows: Sequence[Any]) -> Chunk:
        """Encode rows as columns. A column is typed if Arrow holds all its values exactly, else pickled."""
        shape, columns = encode(rows)
        return cls(shape, columns, len(rows))

    def __len__(self) -> int:
        return self.count

    @property
    def parts(self) -> list[Any]:
        """Return the columns, with Texts in place of columns that are not made yet."""
        return self.columns

    @classmethod
    def of_parts(cls, shape: Shape, parts: list[Any], count: int) -> Chunk:
        """Return a chunk of this class with these parts."""
        return Chunk(shape, parts, count)

    def rows(self) -> list[Any]:
        """Decode the rows into fresh Python objects."""
        with _collector_paused():
            return decode(self.shape, self.columns, self.count)

    def select(self, path: Path) -> Chunk:
        """Return the values at a path of field numbers as a chunk: `select((0,))` returns the keys of keyed rows.

        Raises LookupError for a path through a value that may be None.
        """
        shape, parts = self.shape, self.parts
        for index in path:
            if not isinstance(shape, Fields) or shape.optional:
                raise LookupError(f"rows of shape {self.shape} have no field {path}")
            shape, start, stop = list(shape.spans())[index]
            parts = parts[start:stop]
        return self.of_parts(shape, parts, self.count)

    def pair(self) -> tuple[Chunk, Chunk] | None:
        """Return (keys, values) of keyed rows, each as a chunk. Return None if the rows are not columns of pairs."""
        shape = self.shape
        if not isinstance(shape, Fields) or not shape.is_pair:
            return None
        return self.select((0,)), self.select((1,))

    def unread(self) -> Chunk:
        """Return the same rows in a new chunk. Objects unpickled through it are freed with it, and not kept here."""
        if not self.pickled_values:
            return self
        columns = [column.unread() if isinstance(column, PickledColumn) else column for column in self.columns]
        return Chunk(self.shape, columns, self.count, self.pickled_shape, self.home)

    def slice(self, start: int, stop: int) -> Chunk:
        """Return rows `[start:stop]`, with `0 <= start <= stop <= count`. Typed columns are not copied."""
        columns = [
            column.slice(start, stop) if isinstance(column, PickledColumn) else column.slice(start, stop - start)
            for column in self.columns
        ]
        return Chunk(self.shape, columns, stop - start, self.pickled_shape, self.home)

    def take(self, indices: npt.NDArray[np.int64]) -> Chunk:
        """Return the rows at the indices, in the order of the indices."""
        positions: list[int] | None = None
        arrow_indices = pa.array(indices)
        columns: list[Any] = []
        for column in self.columns:
            if isinstance(column, PickledColumn):
                positions = indices.tolist() if positions is None else positions
                columns.append(column.take(positions))
            else:
                columns.append(column.take(arrow_indices))
        return Chunk(self.shape, columns, len(indices), self.pickled_shape)

    def take_or_none(self, indices: npt.NDArray[np.int64]) -> Chunk:
        """Return the rows at the indices, in the order of the indices. A negative index gives None."""
        absent = indices < 0
        if not absent.any():
            return self.take(indices)
        if not self.count:
            return Chunk(Scalar(NONE), [pa.nulls(len(indices))], len(indices))
        arrow_indices = pa.array(indices, mask=absent)
        columns: list[Any] = []
        for column, (_, leaf) in zip(self.columns, leaves(self.shape), strict=True):
            if isinstance(column, PickledColumn):
                columns.append(column.take_or_none(indices.tolist()))
            else:
                taken = column.take(arrow_indices)
                columns.append(taken.fill_null(False) if leaf is None else taken)
        shape = self.shape
        if isinstance(shape, Fields) and not shape.optional:
            shape = replace(shape, optional=True)
            columns.insert(0, pa.array(~absent))
        return Chunk(shape, columns, len(indices))

    def or_none(self) -> Chunk:
        """Return the same rows in a shape whose rows may be None. Only `Fields` need a new column for that."""
        if not isinstance(self.shape, Fields) or self.shape.optional:
            return self
        there = pa.array(np.ones(self.count, bool))
        return Chunk(replace(self.shape, optional=True), [there, *self.columns], self.count)

    @staticmethod
    def concat(chunks: Sequence[Chunk]) -> Chunk:
        """Return the rows of all chunks in order. The chunks must have equal shapes."""
        columns: list[Any] = []
        for parts in zip(*(chunk.columns for chunk in chunks), strict=True):
            pickled = isinstance(parts[0], PickledColumn)
            columns.append(PickledColumn.concat(parts) if pickled else pa.concat_arrays(parts))
        return Chunk(chunks[0].shape, columns, sum(map(len, chunks)), chunks[0].pickled_shape)

    @property
    def message(self) -> Any:
        """Return the Arrow message that holds exactly these rows, or None."""
        return self.home[0] if self.home is not None and self.home[1] == self.count else None

    @property
    def pickled_values(self) -> int:
        """Return the number of values that are held pickled."""
        return self.count * sum(isinstance(leaf, Pickled) for _, leaf in leaves(self.shape))

    @property
    def nbytes(self) -> int:
        """Return the size of the columns in bytes. Pickled columns are pickled to learn it."""
        return sum(column.nbytes for column in self.columns)

    @property
    def estimated_bytes(self) -> int:
        """Return the approximate size of the columns in bytes. At most a sample of a pickled column is pickled."""
        return sum(
            column.estimated_bytes if isinstance(column, PickledColumn) else column.nbytes for column in self.columns
        )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause Python's garbage collector. It would spend a third of the time on new rows, which have no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
