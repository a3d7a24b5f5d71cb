"""A batch while a column expression runs over it: the variables, and which rows are still on the fast path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.numpy_columns import as_numpy
from glowray.rows.texts import Texts
from glowray.vectorize.arrow.intervals import Interval
from glowray.vectorize.arrow.kinds import Kind, ListOf, Maybe, Opaque, RecordOf, TupleOf

_MOST = 0.75
"""If more than so much of a column is taken, taking it once costs less than what every later use of its parts would."""

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Vector = Any  # ndarray for int, float, bool; Arrow large_string array, or Texts; tuple, dict, Lists of these


@dataclass(frozen=True)
class Nullable:
    """Scalars, or values of a kind Maybe, of which some are None: where `there` is false the value means nothing."""

    values: Vector
    there: Mask


class Lists:
    """A list a row: the elements of row i are those from `offsets[i]` to `offsets[i + 1]` of `values`.

    Subclasses make both when they are asked for.
    """

    def __init__(self, offsets: Places, values: Vector) -> None:
        self._offsets, self._values = offsets, values

    @property
    def offsets(self) -> Places:
        """Where each row's elements start, from 0, and the number of them all."""
        return self._offsets

    @property
    def values(self) -> Vector:
        """The elements of all rows."""
        return self._values

    @property
    def count(self) -> int:
        """The number of them."""
        return int(self.offsets[-1])

    @cached_property
    def parents(self) -> Places:
        """The row of each element."""
        return np.repeat(np.arange(len(self)), self.lengths())

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lengths(self) -> Places:
        """The number of each row's elements."""
        return np.diff(self.offsets)

    def item(self, element: Kind, index: int) -> tuple[Vector, Any]:
        """(element `index` of every row, which rows have one); without one the value means nothing.

        There must be an element in some row.
        """
        places = (self.offsets[:-1] if index >= 0 else self.offsets[1:]) + index
        good = (places < self.offsets[1:]) if index >= 0 else (places >= self.offsets[:-1])
        return take(element, self.values, np.where(good, places, 0)), good

    def take(self, element: Kind, rows: Places) -> Lists:
        """The lists of these rows."""
        offsets, places = gathered(self.offsets, rows)
        return Lists(offsets, take(element, self.values, places))

    def filled(self) -> Lists:
        """Lists of texts without those that are empty."""
        keep = as_numpy(pc.binary_length(self.values)) > 0
        return self if keep.all() else self.only(str, keep)

    def only(self, element: Kind, keep: Mask) -> Lists:
        """The elements where `keep` is true."""
        return Lists(offsets_of_kept(self.offsets, keep), take(element, self.values, np.flatnonzero(keep)))


def gathered(offsets: Places, rows: Places) -> tuple[Places, Places]:
    """(offsets of the lists of these rows one after the other, where their elements are now)."""
    return ranges(offsets[rows], offsets[rows + 1] - offsets[rows])


def ranges(starts: Places, counts: Places) -> tuple[Places, Places]:
    """Return (offsets of lists of these lengths, the row numbers from each start on).

    >>> offsets, places = ranges(np.array([5, 0]), np.array([2, 1]))
    >>> offsets.tolist(), places.tolist()
    ([0, 2, 3], [5, 6, 0])
    """
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets, np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], counts)


def offsets_of_kept(offsets: Places, keep: Mask) -> Places:
    """The offsets of lists once the elements where `keep` is false are gone."""
    before = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=before[1:])
    return before[offsets]


@dataclass
class Frame:
    """`ok` is None while no row has failed a guard.

    `known` has the limits of int vectors, and keeps these alive; `found` has what `once` was asked for.
    """

    length: int
    variables: Mapping[str, Vector]
    ok: Mask | None = None
    known: dict[int, tuple[Vector, Interval]] = field(default_factory=dict)
    found: dict[tuple[int, object], tuple[object, Any]] = field(default_factory=dict)

    def require(self, good: Any) -> None:
        """Rows where `good` is false leave the fast path: Python runs them."""
        if isinstance(good, np.ndarray) and good.ndim:
            if not good.all():
                self.ok = good.copy() if self.ok is None else self.ok & good
        elif not good:
            self.ok = np.zeros(self.length, dtype=bool)

    def branch(self, **variables: Vector) -> Frame:
        """A frame of its own guards, for code that only some rows run."""
        return Frame(self.length, {**self.variables, **variables}, known=self.known, found=self.found)

    def once(self, about: object, what: object, make: Callable[[], Any]) -> Any:
        """What `make` finds out about something, once a batch."""
        key = (id(about), what)
        if key not in self.found:
            self.found[key] = about, make()
        return self.found[key][1]

    def limits(self, vector: Vector) -> Interval:
        """Between which values those of an int64 vector lie, looked up once."""
        found = self.known.get(id(vector))
        if found is None:
            ends = (int(vector.min()), int(vector.max())) if vector.size else (0, 0)
            found = self.known[id(vector)] = vector, ends
        return found[1]

    def limited(self, vector: Vector, limits: Interval) -> Vector:
        """The vector, of which the limits are known."""
        self.known[id(vector)] = vector, limits
        return vector

    def unlimited(self, vector: Vector) -> Vector:
        """The vector, of which nothing is known any more."""
        self.known.pop(id(vector), None)
        return vector

    def settled(self, vector: Vector) -> Vector:
        """The vector, with a value in every row that stays on the fast path; texts as an Arrow array."""
        if isinstance(vector, Nullable):
            self.require(vector.there)
            vector = vector.values
        return array_of(vector)

    def join(self, taken: Any, branch: Frame) -> None:
        """Guards of a branch count for the rows that take it."""
        if branch.ok is not None:
            self.require(branch.ok | ~np.broadcast_to(taken, self.length))


@dataclass(frozen=True)
class Expr:
    """A typed column expression; `run` gives its vector (a 0-d array or Arrow scalar if it is the same in all rows).

    `is_fresh`: nobody else has the vector that `run` gives, so that it may be overwritten. `carried` gives a vector
    in which some values may be None (Nullable), for code that hands them on or asks whether they are.
    """

    kind: Kind
    run: Callable[[Frame], Vector]
    constant: object = ...
    is_fresh: bool = False
    carried: Callable[[Frame], Vector] | None = None

    def carry(self, frame: Frame) -> Vector:
        """The vector as it is, whether or not some values are None."""
        return self.run(frame) if self.carried is None else self.carried(frame)

    @property
    def is_constant(self) -> bool:
        return self.constant is not ...


def leaf(kind: Kind, carried: Callable[[Frame], Vector], constant: object = ...) -> Expr:
    """What is handed on from elsewhere: a scalar of it may be None, and is on the fast path only where it is not."""
    if not isinstance(kind, type):
        return Expr(kind, carried, constant)
    return Expr(kind, lambda frame: frame.settled(carried(frame)), constant, carried=carried)


def select(kind: Kind, test: Any, one: Vector, other: Vector) -> Vector:
    """Row by row `one if test else other`."""
    if isinstance(one, Nullable) or isinstance(other, Nullable):
        (a, with_a), (b, with_b) = parts_of(one), parts_of(other)
        return Nullable(select(kind, test, a, b), np.where(test, with_a, with_b))
    if isinstance(kind, Maybe):
        return select(kind.kind, test, one, other)
    if isinstance(kind, TupleOf):
        return tuple(select(k, test, a, b) for k, a, b in zip(kind.fields, one, other, strict=True))
    if isinstance(kind, RecordOf):
        return {name: select(k, test, one[name], other[name]) for name, k in kind.fields}
    if kind is str and (chosen := _bounds_selected(test, one, other)) is not None:
        return chosen
    if kind is str or isinstance(kind, Opaque):
        condition = pa.array(test) if isinstance(test, np.ndarray) and test.ndim else pa.scalar(bool(test))
        return pc.if_else(condition, array_of(one), array_of(other))
    return np.where(test, one, other)


def _bounds_selected(test: Any, one: Vector, other: Vector) -> Texts | None:
    """The same of parts of the same bytes, of which nothing ("") is one; None for other texts."""
    some = one if isinstance(one, Texts) else other
    if not isinstance(some, Texts) or not np.ndim(test):
        return None
    ends = []
    for each in (one, other):
        if isinstance(each, Texts) and each.data is some.data:
            ends.append((each.starts, each.ends))
        elif isinstance(each, pa.Scalar) and each.is_valid and not each.as_py():
            ends.append((some.starts, some.starts))
        else:
            return None
    (first, last), (others_first, others_last) = ends
    return Texts(some.data, np.where(test, first, others_first), np.where(test, last, others_last))


def array_of(vector: Vector) -> Vector:
    """The vector; texts that are no column yet as an Arrow array."""
    return vector.array if isinstance(vector, Texts) else vector


def arrays_of(vector: Vector) -> Vector:
    """The same of tuples and dicts."""
    if isinstance(vector, tuple):
        return tuple(map(arrays_of, vector))
    if isinstance(vector, dict):
        return {name: arrays_of(each) for name, each in vector.items()}
    return array_of(vector)


def parts_of(vector: Vector) -> tuple[Vector, Any]:
    """(the values, which of them are there)"""
    return (vector.values, vector.there) if isinstance(vector, Nullable) else (vector, np.True_)


def take(kind: Kind, vector: Vector, indices: npt.NDArray[np.int64]) -> Vector:
    """The rows at these indices; what is the same in all rows stays as it is."""
    if isinstance(vector, Nullable):
        return Nullable(take(kind, vector.values, indices), take(bool, vector.there, indices))
    if isinstance(kind, Maybe):
        return take(kind.kind, vector, indices)
    if isinstance(kind, TupleOf):
        return tuple(take(k, v, indices) for k, v in zip(kind.fields, vector, strict=True))
    if isinstance(kind, RecordOf):
        return {name: take(k, vector[name], indices) for name, k in kind.fields}
    if isinstance(kind, ListOf):
        return vector.take(kind.element, indices)
    if kind is str or isinstance(kind, Opaque):
        return _strings_at(kind, vector, indices)
    return vector if not vector.ndim else vector[indices]


def _strings_at(kind: Kind, vector: Vector, indices: npt.NDArray[np.int64]) -> Vector:
    """Texts are copied where most are taken; else whoever wants a column copies those that are left by then."""
    if isinstance(vector, pa.Scalar):
        return vector
    is_sparse = kind is str and isinstance(vector, pa.Array) and len(indices) < _MOST * len(vector)
    return (Texts.of(vector) if is_sparse else vector).take(indices)


def spread_out(kind: Kind, vector: Vector, length: int) -> Vector:
    """The vector with one value a row, constants repeated."""
    if isinstance(vector, Nullable):
        return Nullable(spread_out(kind, vector.values, length), np.broadcast_to(vector.there, length))
    if isinstance(kind, Maybe):
        return spread_out(kind.kind, vector, length)
    if isinstance(kind, TupleOf):
        return tuple(spread_out(k, v, length) for k, v in zip(kind.fields, vector, strict=True))
    if isinstance(kind, RecordOf):
        return {name: spread_out(k, vector[name], length) for name, k in kind.fields}
    if isinstance(kind, ListOf):
        return vector
    if kind is str or isinstance(kind, Opaque):
        return pa.repeat(vector, length) if isinstance(vector, pa.Scalar) else vector
    return np.broadcast_to(vector, length)


def rows_of(kind: Kind, vector: Vector) -> list[Any]:
    """Python values of a spread-out vector."""
    if isinstance(vector, Nullable):
        values = rows_of(kind, vector.values)
        return [value if there else None for value, there in zip(values, vector.there.tolist(), strict=True)]
    if isinstance(kind, Maybe):
        return rows_of(kind.kind, vector)
    if isinstance(kind, Opaque):
        return kind.scalar.decode(vector)
    if isinstance(kind, TupleOf):
        return list(zip(*(rows_of(k, v) for k, v in zip(kind.fields, vector, strict=True)), strict=True))
    if isinstance(kind, RecordOf):
        names = [name for name, _ in kind.fields]
        columns = [rows_of(k, vector[name]) for name, k in kind.fields]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if isinstance(kind, ListOf):
        elements = rows_of(kind.element, vector.values)
        return [elements[a:b] for a, b in zip(vector.offsets[:-1], vector.offsets[1:], strict=True)]
    return vector.to_pylist() if kind is str else vector.tolist()  # type: ignore[no-any-return]
