"""Frames, vectors and expressions: the data of a column program while it runs over a batch.

A frame holds the variables of a batch, and the mask of the rows that passed all guards so far. An expression turns a
frame into a vector. A vector holds one value a row:

| kind | vector |
|---|---|
| int, float, bool | NumPy array |
| str | Arrow large_string array, or `Texts` |
| tuple, record | tuple or dict of vectors, one a field |
| list | `Lists` |
| a kind or None | `Nullable` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import Kind, ListOf, Maybe, Opaque, RecordOf, TupleOf
from glowray.vectorize.columns.vectors.intervals import Interval

_MOST = 0.75
"""If more than this share of a text column is taken, the texts are copied. Below it only their positions are."""

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Handlers = npt.NDArray[np.int64]
Vector = Any  # ndarray for int, float, bool; Arrow large_string array, or Texts; tuple, dict, Lists of these


@dataclass(frozen=True)
class Nullable:
    """Scalars, or values of a kind Maybe, some of them None. A value whose `there` is false means nothing."""

    values: Vector
    there: Mask


class Lists:
    """One list a row: row i has the elements `values[offsets[i]:offsets[i + 1]]`.

        [["a"], [], ["b", "c"]] → offsets [0, 1, 1, 3], values ["a", "b", "c"]

    Subclasses make `offsets` and `values` at first use.
    """

    def __init__(self, offsets: Places, values: Vector) -> None:
        self._offsets, self._values = offsets, values

    @property
    def offsets(self) -> Places:
        """The start of each row's elements, and the number of all elements at the end."""
        return self._offsets

    @property
    def values(self) -> Vector:
        """The elements of all rows."""
        return self._values

    @property
    def count(self) -> int:
        """The number of elements of all rows."""
        return int(self.offsets[-1])

    @cached_property
    def parents(self) -> Places:
        """The row number of each element."""
        return np.repeat(np.arange(len(self)), self.lengths())

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lengths(self) -> Places:
        """Return the number of elements of each row."""
        return np.diff(self.offsets)

    def item(self, element: Kind, index: int) -> tuple[Vector, Any]:
        """Return (element `index` of every row, mask of the rows that have one). Other rows get any element.

        At least one row must have an element.
        """
        places = (self.offsets[:-1] if index >= 0 else self.offsets[1:]) + index
        good = (places < self.offsets[1:]) if index >= 0 else (places >= self.offsets[:-1])
        return take(element, self.values, np.where(good, places, 0)), good

    def take(self, element: Kind, rows: Places) -> Lists:
        """Return the lists of these rows."""
        offsets, places = gathered(self.offsets, rows)
        return Lists(offsets, take(element, self.values, places))

    def filled(self) -> Lists:
        """Return lists of texts without their empty texts."""
        keep = as_numpy(pc.binary_length(array_of(self.values))) > 0
        return self if keep.all() else self.only(str, keep)

    def only(self, element: Kind, keep: Mask) -> Lists:
        """Return the lists with only the elements where `keep` is true."""
        return Lists(offsets_of_kept(self.offsets, keep), take(element, self.values, np.flatnonzero(keep)))


def gathered(offsets: Places, rows: Places) -> tuple[Places, Places]:
    """Return (offsets of the lists of these rows, the places of their elements)."""
    return ranges(offsets[rows], offsets[rows + 1] - offsets[rows])


def ranges(starts: Places, counts: Places) -> tuple[Places, Places]:
    """Return (offsets of lists of these lengths, the places of their elements): list i starts at `starts[i]`.

    >>> offsets, places = ranges(np.array([5, 0]), np.array([2, 1]))
    >>> offsets.tolist(), places.tolist()
    ([0, 2, 3], [5, 6, 0])
    """
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets, np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], counts)


def offsets_of_kept(offsets: Places, keep: Mask) -> Places:
    """Return the offsets of lists after dropping the elements where `keep` is false."""
    before = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=before[1:])
    return before[offsets]


@dataclass
class Frame:
    """A batch of `length` rows. `ok` is a mask of the rows that passed all guards, or None if all did.

    `known` maps the id of an int vector to (the vector, kept alive; its interval). `found` has the answers of `once`.
    `handlers` has the exception classes of each `except` around the code. `caught` says which of them takes a row's
    exception, -1 for none; None stands for -1 in all rows.
    """

    length: int
    variables: Mapping[str, Vector]
    ok: Mask | None = None
    known: dict[int, tuple[Vector, Interval]] = field(default_factory=dict)
    found: dict[tuple[int, object], tuple[object, Any]] = field(default_factory=dict)
    handlers: tuple[tuple[type[BaseException], ...], ...] = ()
    caught: Handlers | None = None

    def require(self, good: Any) -> None:
        """Send rows where `good` is false to Python."""
        if isinstance(good, np.ndarray) and good.ndim:
            if not good.all():
                self.ok = good.copy() if self.ok is None else self.ok & good
        elif not good:
            self.ok = np.zeros(self.length, dtype=bool)

    def fail(self, bad: Any, error: type[BaseException]) -> None:
        """Note that rows where `bad` is true raise an exception of exactly this class.

        Without an `except` for it, Python runs these rows and raises the exception.
        """
        place = next((place for place, classes in enumerate(self.handlers) if issubclass(error, classes)), None)
        if place is None:
            self.require(np.logical_not(bad))
        elif np.any(bad):
            self.catch(np.where(np.broadcast_to(bad, self.length), place, -1))

    def catch(self, caught: Handlers) -> None:
        """Note the handler of each row, -1 for none. Rows with two different handlers go to Python.

        Kernels do not run in the order of Python's expressions, so nobody knows which exception comes first.
        """
        if self.caught is None:
            self.caught = caught
            return
        self.require((self.caught < 0) | (caught < 0) | (self.caught == caught))
        self.caught = np.maximum(self.caught, caught)

    def branch(self, **variables: Vector) -> Frame:
        """Return a frame with more variables and guards of its own, for code that only some rows run."""
        inner = {**self.variables, **variables}
        return Frame(self.length, inner, known=self.known, found=self.found, handlers=self.handlers)

    def once(self, about: object, what: object, make: Callable[[], Any]) -> Any:
        """Return `make()`. The answer about one object is computed once a batch."""
        key = (id(about), what)
        if key not in self.found:
            self.found[key] = about, make()
        return self.found[key][1]

    def limits(self, vector: Vector) -> Interval:
        """Return (least, greatest) of an int64 vector, computed once."""
        found = self.known.get(id(vector))
        if found is None:
            ends = (int(vector.min()), int(vector.max())) if vector.size else (0, 0)
            found = self.known[id(vector)] = vector, ends
        return found[1]

    def limited(self, vector: Vector, limits: Interval) -> Vector:
        """Note the interval of a vector, and return the vector."""
        self.known[id(vector)] = vector, limits
        return vector

    def unlimited(self, vector: Vector) -> Vector:
        """Forget the interval of a vector, and return the vector."""
        self.known.pop(id(vector), None)
        return vector

    def settled(self, vector: Vector) -> Vector:
        """Send rows with None to Python, and return the values. Texts become an Arrow array."""
        if isinstance(vector, Nullable):
            self.require(vector.there)
            vector = vector.values
        return array_of(vector)

    def join(self, taken: Any, branch: Frame) -> None:
        """Add the guards and exceptions of a branch, for the rows where `taken` is true."""
        if branch.ok is not None:
            self.require(branch.ok | ~np.broadcast_to(taken, self.length))
        if branch.caught is not None:
            self.catch(np.where(taken, branch.caught, -1))


@dataclass(frozen=True)
class Expr:
    """A typed column expression.

    `run` returns its vector; for a value that is the same in all rows, a 0-d array or an Arrow scalar. In the rows
    that pass the guards no scalar is None. `carried` returns a vector that may be Nullable, for code that passes
    values on or tests for None. `constant` is the value of a constant, else Ellipsis. `is_fresh`: no other code holds
    the vector that `run` returns, so it may be overwritten.
    """

    kind: Kind
    run: Callable[[Frame], Vector]
    constant: object = ...
    is_fresh: bool = False
    carried: Callable[[Frame], Vector] | None = None

    def carry(self, frame: Frame) -> Vector:
        """Return the vector, in which some values may be None."""
        return self.run(frame) if self.carried is None else self.carried(frame)

    @property
    def is_constant(self) -> bool:
        return self.constant is not ...


def leaf(kind: Kind, carried: Callable[[Frame], Vector], constant: object = ...) -> Expr:
    """Return an expression for a vector that may be Nullable. Its `run` sends rows with None to Python."""
    if not isinstance(kind, type):
        return Expr(kind, carried, constant)
    return Expr(kind, lambda frame: frame.settled(carried(frame)), constant, carried=carried)


def select(kind: Kind, test: Any, one: Vector, other: Vector) -> Vector:
    """Return `one if test else other` row by row."""
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
    """Select between Texts over the same bytes, or "", without copying. Return None for other texts."""
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
    """Return the vector; Texts become an Arrow array."""
    return vector.array if isinstance(vector, Texts) else vector


def arrays_of(vector: Vector) -> Vector:
    """Return the vector with an Arrow array for all Texts in its tuples and dicts."""
    if isinstance(vector, tuple):
        return tuple(map(arrays_of, vector))
    if isinstance(vector, dict):
        return {name: arrays_of(each) for name, each in vector.items()}
    return array_of(vector)


def parts_of(vector: Vector) -> tuple[Vector, Any]:
    """Return (the values, mask of those that are not None)."""
    return (vector.values, vector.there) if isinstance(vector, Nullable) else (vector, np.True_)


def take(kind: Kind, vector: Vector, indices: npt.NDArray[np.int64]) -> Vector:
    """Return the rows at these indices. A value that is the same in all rows stays as it is.

    If none of these rows is None, the vector is plain: folds of it need no mask.
    """
    if isinstance(vector, Nullable):
        values, there = take(kind, vector.values, indices), take(bool, vector.there, indices)
        return values if there.all() else Nullable(values, there)
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
    """Copy the texts if most are taken. Else keep positions only: a later step may drop more before it copies."""
    if isinstance(vector, pa.Scalar):
        return vector
    is_sparse = kind is str and isinstance(vector, pa.Array) and len(indices) < _MOST * len(vector)
    return (Texts.of(vector) if is_sparse else vector).take(indices)


def spread_out(kind: Kind, vector: Vector, length: int) -> Vector:
    """Return the vector with one value a row: a value that is the same in all rows is repeated."""
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
    """Return the rows of a spread-out vector as Python objects."""
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
