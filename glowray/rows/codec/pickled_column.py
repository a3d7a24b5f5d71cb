"""A column of Python objects: a list in memory, one pickle when it travels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import Any

from glowray.rows.objects.pickling import Beside, dumps, dumps_beside, loads, loads_beside

_ATOMS: frozenset[type] = frozenset(
    {type(None), bool, int, float, complex, str, bytes, Decimal, Fraction, dt.date, dt.timedelta}
)

_SAMPLE = 64


class PickledColumn:
    """Objects that Arrow cannot hold exactly. The column owns them: rows get copies.

    A column makes its pickle on first use, and reads its pickle when an object is first used. `beside` holds the large
    lists that the pickle leaves out.
    """

    __slots__ = ("_atoms", "_beside", "_count", "_objects", "_pickle")

    def __init__(
        self,
        count: int,
        objects: list[Any] | None,
        pickle: bytes | memoryview | None,
        beside: tuple[Beside, ...] = (),
    ) -> None:
        self._count = count
        self._objects = objects
        self._pickle = pickle
        self._beside = beside
        self._atoms: bool | None = None

    @classmethod
    def of(cls, objects: list[Any]) -> PickledColumn:
        """Return a column that owns the list's objects."""
        return cls(len(objects), objects, None)

    @classmethod
    def from_pickle(cls, data: bytes | memoryview, count: int, beside: tuple[Beside, ...] = ()) -> PickledColumn:
        """Return a column of `count` objects from the results of `pickle` and `beside`."""
        return cls(count, None, data, beside)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Return the size in bytes of the pickle and of the lists beside it."""
        return len(self.pickle()) + sum(each.nbytes for each in self._beside)

    @property
    def estimated_bytes(self) -> int:
        """Return `nbytes`, estimated from a sample of the objects if there is no pickle yet."""
        if self._pickle is not None or self._count <= _SAMPLE:
            return self.nbytes
        step = -(-self._count // _SAMPLE)
        return estimated_bytes(self.objects()[::step]) * self._count // -(-self._count // step)

    def pickle(self) -> bytes | memoryview:
        """Return all objects as one pickle."""
        if self._pickle is None:
            self._pickle, self._beside = dumps_beside(self._objects)
        return self._pickle

    def beside(self) -> tuple[Beside, ...]:
        """Return the lists that the pickle leaves out."""
        self.pickle()
        return self._beside

    @property
    def source(self) -> bytes | memoryview | None:
        """Return the pickle if there is one already, else None."""
        return self._pickle

    def objects(self) -> list[Any]:
        """Return the column's own objects. The caller must not change them."""
        if self._objects is None:
            self._objects = loads_beside(self.pickle(), self._beside)
        return self._objects

    def copies(self) -> list[Any]:
        """Return copies of the objects, which the caller may change."""
        if self._only_atoms():
            return self.objects()[:]
        return loads_beside(self.pickle(), self.beside())  # type: ignore[no-any-return]

    def unread(self) -> PickledColumn:
        """Return a new column of the same pickle. Objects that it unpickles are freed with it, and not kept here."""
        return self if self._pickle is None else PickledColumn(self._count, None, self._pickle, self._beside)

    def slice(self, start: int, stop: int) -> PickledColumn:
        """Return rows `[start:stop]`, with `0 <= start <= stop <= len(self)`."""
        return self if stop - start == self._count else PickledColumn.of(self.objects()[start:stop])

    def take(self, indices: Sequence[int]) -> PickledColumn:
        """Return the rows at the indices, in the order of the indices. A repeated index gives a copy of the row."""
        objects = self.objects()
        if len(indices) < 2:
            return PickledColumn.of([objects[index] for index in indices])
        taken = list(itemgetter(*indices)(objects))
        if len(set(indices)) < len(indices) and not self._only_atoms():
            _part(taken, indices)
        return PickledColumn.of(taken)

    def take_or_none(self, indices: Sequence[int]) -> PickledColumn:
        """Return the rows at the indices. A negative index gives None."""
        there = iter(self.take([index for index in indices if index >= 0]).objects())
        return PickledColumn.of([None if index < 0 else next(there) for index in indices])

    @staticmethod
    def concat(columns: Iterable[PickledColumn]) -> PickledColumn:
        """Return the rows of all columns in order."""
        return PickledColumn.of([value for column in columns for value in column.objects()])

    def _only_atoms(self) -> bool:
        if self._atoms is None:
            self._atoms = self._objects is not None and _ATOMS.issuperset(map(type, self._objects))
        return self._atoms


def estimated_bytes(objects: list[Any]) -> int:
    """Return the size of the objects in bytes when they travel."""
    data, beside = dumps_beside(objects)
    return len(data) + sum(each.nbytes for each in beside)


def _part(taken: list[Any], indices: Sequence[int]) -> None:
    """Replace every repeated object in `taken` by a copy, so that a function may change one row without the others."""
    pickles: dict[int, bytes] = {}
    for place, index in enumerate(indices):
        if index not in pickles:
            pickles[index] = b""
        elif type(taken[place]) not in _ATOMS:
            pickles[index] = pickles[index] or dumps(taken[place])
            taken[place] = loads(pickles[index])
