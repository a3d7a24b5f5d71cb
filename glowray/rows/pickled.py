"""A column of Python objects, kept as objects in memory and as one pickle when it travels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import Any

from glowray.rows.pickling import Beside, dumps, dumps_beside, loads, loads_beside

_ATOMS: frozenset[type] = frozenset(
    {type(None), bool, int, float, complex, str, bytes, Decimal, Fraction, dt.date, dt.timedelta}
)

_SAMPLE = 64


class PickledColumn:
    """Objects that Arrow cannot hold exactly. They belong to the column: only copies are given out.

    The pickle of a column is made when it is first needed, and read when an object is first asked for.
    What the pickle leaves out is `beside` it.
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
        """A column that owns the objects of a list."""
        return cls(len(objects), objects, None)

    @classmethod
    def from_pickle(cls, data: bytes | memoryview, count: int, beside: tuple[Beside, ...] = ()) -> PickledColumn:
        """A column of `count` objects from what `pickle` and `beside` returned."""
        return cls(count, None, data, beside)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """The size of the pickle, and of what is beside it."""
        return len(self.pickle()) + sum(each.nbytes for each in self._beside)

    @property
    def estimated_bytes(self) -> int:
        """The same, from a sample of the objects where there is no pickle yet."""
        if self._pickle is not None or self._count <= _SAMPLE:
            return self.nbytes
        step = -(-self._count // _SAMPLE)
        return estimated_bytes(self.objects()[::step]) * self._count // -(-self._count // step)

    def pickle(self) -> bytes | memoryview:
        """All objects as one pickle."""
        if self._pickle is None:
            self._pickle, self._beside = dumps_beside(self._objects)
        return self._pickle

    def beside(self) -> tuple[Beside, ...]:
        """What the pickle leaves out."""
        self.pickle()
        return self._beside

    @property
    def source(self) -> bytes | memoryview | None:
        """The pickle that is there already."""
        return self._pickle

    def objects(self) -> list[Any]:
        """The objects themselves, to look at only."""
        if self._objects is None:
            self._objects = loads_beside(self.pickle(), self._beside)
        return self._objects

    def copies(self) -> list[Any]:
        """Fresh objects that the caller may change."""
        if self._only_atoms():
            return self.objects()[:]
        return loads_beside(self.pickle(), self.beside())  # type: ignore[no-any-return]

    def unread(self) -> PickledColumn:
        """The same column from the same pickle: objects that are looked at there are not kept here."""
        return self if self._pickle is None else PickledColumn(self._count, None, self._pickle, self._beside)

    def slice(self, start: int, stop: int) -> PickledColumn:
        """Rows start to stop, which must lie inside."""
        return self if stop - start == self._count else PickledColumn.of(self.objects()[start:stop])

    def take(self, indices: Sequence[int]) -> PickledColumn:
        """The rows at the indices, in their order; a row that is taken again is taken as a copy."""
        objects = self.objects()
        if len(indices) < 2:
            return PickledColumn.of([objects[index] for index in indices])
        taken = list(itemgetter(*indices)(objects))
        if len(set(indices)) < len(indices) and not self._only_atoms():
            _part(taken, indices)
        return PickledColumn.of(taken)

    def take_or_none(self, indices: Sequence[int]) -> PickledColumn:
        """The rows at the indices, None where an index is -1."""
        there = iter(self.take([index for index in indices if index >= 0]).objects())
        return PickledColumn.of([None if index < 0 else next(there) for index in indices])

    @staticmethod
    def concat(columns: Iterable[PickledColumn]) -> PickledColumn:
        """The columns one after the other."""
        return PickledColumn.of([value for column in columns for value in column.objects()])

    def _only_atoms(self) -> bool:
        if self._atoms is None:
            self._atoms = self._objects is not None and _ATOMS.issuperset(map(type, self._objects))
        return self._atoms


def estimated_bytes(objects: list[Any]) -> int:
    """The size of objects as they travel."""
    data, beside = dumps_beside(objects)
    return len(data) + sum(each.nbytes for each in beside)


def _part(taken: list[Any], indices: Sequence[int]) -> None:
    """Puts a copy for every object that comes again: rows share nothing that a function might change."""
    pickles: dict[int, bytes] = {}
    for place, index in enumerate(indices):
        if index not in pickles:
            pickles[index] = b""
        elif type(taken[place]) not in _ATOMS:
            pickles[index] = pickles[index] or dumps(taken[place])
            taken[place] = loads(pickles[index])
