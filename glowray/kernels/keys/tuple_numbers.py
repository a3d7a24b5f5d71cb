"""Number keys of several fields: each key becomes a few bytes, and a table numbers these as it numbers texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native import chosen
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.folds.vector_folds import Groups
from glowray.vectorize.columns.vectors.block_vectors import field_of

_WIDTHS: tuple[Any, ...] = (np.int8, np.int16, np.int32, np.int64)


class TextKeys(Protocol):
    """Numbers of the texts in one field."""

    def add(self, keys: Chunk) -> None: ...

    def groups(self) -> list[Groups]: ...

    def keys(self) -> Chunk: ...


class TupleNumbers:
    """Numbers tuples of str, int and bool in the order of their first appearance. A key keeps its number.

    The bytes of a key are its ints, and the numbers of its texts. A field has as many bytes as its values need so far.
    If a later value needs more, the known keys are numbered again in a new table, where they get the same numbers.

        ("b", 7), ("a", 7), ("b", 300) → (0, 7), (1, 7), (0, 300) → 1 byte for the text, 2 bytes for the int
    """

    lasts = True

    def __init__(self, kind: TupleOf, texts: dict[int, TextKeys]) -> None:
        """Make an empty table for keys of a kind. `texts` has an empty numbering for each field that is str."""
        self._kind, self._texts = kind, texts
        self._widths: list[Any] = [_WIDTHS[0]] * len(leaf_kinds(kind))
        self._table = chosen.loops.table()
        self._numbers: list[Groups] = []

    def __len__(self) -> int:
        return len(self._table)

    def add(self, keys: Chunk) -> None:
        """Number more keys."""
        self._shape = keys.shape
        fields = [self._field(place, chunk) for place, chunk in enumerate(_leaves(self._kind, keys))]
        both = zip(self._widths, map(_width, fields), strict=True)
        widths = [max(each, key=_WIDTHS.index) for each in both]
        if widths != self._widths:
            self._widen(widths)
        self._numbers.append(self._numbered(fields, len(keys)))

    def groups(self) -> list[Groups]:
        """Return the number of each key of each call of `add` since the last call of this method."""
        numbers, self._numbers = self._numbers, []
        return numbers

    def keys(self) -> Chunk:
        """Return the keys that have a number, by number."""
        columns: list[Any] = []
        for place, (kind, field) in enumerate(zip(leaf_kinds(self._kind), self._fields(), strict=True)):
            if kind is str:
                columns.append(self._texts[place].keys().columns[0].take(pa.array(field)))
            else:
                columns.append(pa.array(field.astype(np.bool_ if kind is bool else np.int64)))
        return Chunk(self._shape, columns, len(self))

    def _field(self, place: int, keys: Chunk) -> npt.NDArray[Any]:
        if place not in self._texts:
            return as_numpy(keys.columns[0])
        self._texts[place].add(keys)
        (numbers,) = self._texts[place].groups()
        return numbers

    def _widen(self, widths: list[Any]) -> None:
        fields, count = self._fields(), len(self)
        self._widths, self._table = widths, chosen.loops.table()
        self._numbered(fields, count)

    def _numbered(self, fields: Sequence[npt.NDArray[Any]], count: int) -> Groups:
        rows = np.empty(count, self._row)
        for name, field in zip(self._row.names or (), fields, strict=True):
            rows[name] = field
        bounds = np.arange(count + 1, dtype=np.int64) * self._row.itemsize
        return self._table.number(rows.view(np.uint8), bounds[:-1], bounds[1:])

    def _fields(self) -> list[npt.NDArray[Any]]:
        """Return the fields of the known keys."""
        rows = np.frombuffer(self._table.texts()[1], self._row, len(self))
        return [np.ascontiguousarray(rows[name]) for name in self._row.names or ()]

    @property
    def _row(self) -> np.dtype[Any]:
        return np.dtype([(str(place), width) for place, width in enumerate(self._widths)])


def leaf_kinds(kind: Kind) -> list[Kind]:
    """Return the kinds of the fields of a tuple, tuples within it taken apart."""
    return [each for field in kind.fields for each in leaf_kinds(field)] if isinstance(kind, TupleOf) else [kind]


def _leaves(kind: Kind, keys: Chunk) -> Iterator[Chunk]:
    if not isinstance(kind, TupleOf):
        yield keys
        return
    for place, each in enumerate(kind.fields):
        yield from _leaves(each, field_of(keys, place))


def _width(field: npt.NDArray[Any]) -> Any:
    """Return the smallest integer type that holds all values."""
    if field.dtype == np.bool_ or not len(field):
        return _WIDTHS[0]
    least, greatest = int(field.min()), int(field.max())
    return next(each for each in _WIDTHS if np.iinfo(each).min <= least and greatest <= np.iinfo(each).max)
