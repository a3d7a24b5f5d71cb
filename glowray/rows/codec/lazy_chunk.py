"""Chunks that make their Arrow columns only when a caller reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.rows.codec.chunk import Chunk, PickledShape
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.texts.texts import Texts
from glowray.rows.types.shape import Fields, Shape


class MadeChunk(Chunk):
    """A chunk whose columns are made from a vector on first access. Code that knows vectors reads the vector instead.

    A vector is what a column program computes: a NumPy array, a Texts, or a tuple or dict of vectors.
    """

    __slots__ = ("_made", "make", "vector")

    vector: Any
    make: Callable[[Any], list[Any]]
    _made: list[Any] | None

    def __init__(self, shape: Shape, vector: Any, count: int, make: Callable[[Any], list[Any]]) -> None:
        for name, value in (
            ("shape", shape), ("count", count), ("pickled_shape", PickledShape()), ("home", None),
            ("vector", vector), ("make", make), ("_made", None),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    @property
    def columns(self) -> list[Any]:
        """Return the columns. The first call makes them and drops the vector."""
        if self._made is None:
            object.__setattr__(self, "_made", self.make(self.vector))
            object.__setattr__(self, "vector", None)
        return self._made or []

    @property
    def is_made(self) -> bool:
        """Return whether the columns were made. The vector is gone then."""
        return self._made is not None

    def slice(self, start: int, stop: int) -> Chunk:
        if isinstance(self.vector, Texts):
            return MadeChunk(self.shape, self.vector.slice(start, stop), stop - start, self.make)
        return super().slice(start, stop)

    def take(self, indices: npt.NDArray[np.int64]) -> Chunk:
        taken = None if self.is_made else _taken(self.vector, indices)
        return super().take(indices) if taken is None else MadeChunk(self.shape, taken, len(indices), self.make)

    @property
    def key_texts(self) -> Texts | None:
        """Return the keys of keyed rows if they are Texts and not a column yet, else None."""
        is_pair = not self.is_made and isinstance(self.shape, Fields) and self.shape.is_pair
        return self.vector[0] if is_pair and isinstance(self.vector[0], Texts) else None

    @property
    def nbytes(self) -> int:
        """Return the approximate size of the columns in bytes."""
        return sum(column.nbytes for column in self.columns) if self.is_made else _size(self.vector)

    @property
    def estimated_bytes(self) -> int:
        """Return the approximate size of these rows' columns in bytes. Makes no column."""
        return super().estimated_bytes if self.is_made else _size(self.vector, own=True)

    def __reduce__(self) -> tuple[Any, ...]:
        return Chunk, (self.shape, self.columns, self.count)


class TextsChunk(Chunk):
    """A chunk with Texts in place of some columns: `parts` has them as they are, and `columns` makes arrays of them."""

    __slots__ = ("_parts",)

    _parts: list[Any]

    def __init__(self, shape: Shape, parts: list[Any], count: int) -> None:
        for name, value in (
            ("shape", shape), ("count", count), ("pickled_shape", PickledShape()), ("home", None), ("_parts", parts),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    @property
    def parts(self) -> list[Any]:
        return self._parts

    @classmethod
    def of_parts(cls, shape: Shape, parts: list[Any], count: int) -> Chunk:
        has_texts = any(isinstance(part, Texts) for part in parts)
        return TextsChunk(shape, parts, count) if has_texts else Chunk(shape, parts, count)

    @property
    def columns(self) -> list[Any]:
        """Return the columns. Texts keep the array that is made of them."""
        return [part.array if isinstance(part, Texts) else part for part in self._parts]

    def slice(self, start: int, stop: int) -> Chunk:
        takes_stop = (Texts, PickledColumn)
        parts = [part.slice(start, stop if isinstance(part, takes_stop) else stop - start) for part in self._parts]
        return TextsChunk(self.shape, parts, stop - start)

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self._parts)

    @property
    def estimated_bytes(self) -> int:
        """Return the approximate size of these rows' columns in bytes. Makes no column."""
        has_estimate = (Texts, PickledColumn)
        return sum(part.estimated_bytes if isinstance(part, has_estimate) else part.nbytes for part in self._parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return Chunk, (self.shape, self.columns, self.count)


def _taken(vector: Any, indices: npt.NDArray[np.int64]) -> Any:
    """Return the vector's rows at the indices, or None if the vector cannot take rows."""
    if isinstance(vector, tuple):
        parts = tuple(_taken(part, indices) for part in vector)
        return None if any(part is None for part in parts) else parts
    if isinstance(vector, np.ndarray):
        return vector[indices] if any(vector.strides) else np.broadcast_to(vector[:1], len(indices))
    return vector.take(indices) if isinstance(vector, Texts) else None


def _size(vector: Any, own: bool = False) -> int:
    """Return the size of a vector in bytes. With `own`, texts count only their own bytes, not all of their data."""
    if isinstance(vector, tuple):
        return sum(_size(part, own) for part in vector)
    if isinstance(vector, dict):
        return sum(_size(part, own) for part in vector.values())
    if isinstance(vector, Texts) and own:
        return vector.estimated_bytes
    if isinstance(vector, np.ndarray) and not any(vector.strides):
        return vector.itemsize  # Stride 0: memory holds one value for all rows.
    return int(getattr(vector, "nbytes", 0))
