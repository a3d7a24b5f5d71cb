"""Fold vectors by group, or whole, with the results of a reducer that goes from left to right.

A sum is None if that of a group is beyond 64 bits. With NaN and zeros of both signs the least or greatest float depends
on the order. `Extreme` goes by the order of the rows there.

    values [1, 2, 3], groups [0, 1, 0] → sums [4, 2]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.texts.text_ranks import ranked
from glowray.vectorize.columns.vectors.frame import Nullable, parts_of

Groups = npt.NDArray[np.signedinteger[Any]]
Part = tuple[Any, Groups]
"""A part of the rows: (vector of their values, group number of each row)."""

DTYPES: dict[Kind, Any] = {int: np.int64, float: np.float64, bool: np.bool_}
_FITTING = 2**63
_SAFE = 2.0**62
_END: dict[tuple[type, bool], Any] = {
    (np.int64, True): 2**63 - 1, (np.int64, False): -(2**63), (np.float64, True): np.inf, (np.float64, False): -np.inf,
    (np.bool_, True): True, (np.bool_, False): False,
}  # fmt: skip
"""(NumPy type, whether the least is looked for) → the start, which every value replaces or equals."""
_HALF = 32


def summed(parts: Sequence[Part], count: int, known: Any = None) -> Any | None:
    """Return the sum of each group. Floats are added one by one in row order.

    Args:
        parts: the rows, in order.
        count: the number of groups.
        known: the sums of the first groups so far, or None.
    """
    dtype = parts[0][0].dtype
    if dtype != np.float64 and not _sums_fit(parts, count, known):
        return None
    # Adding to -0.0 changes no float, not even -0.0. An int sum may wrap around on the way, and still end right.
    made = _begun(known, count, -0.0 if dtype == np.float64 else 0, dtype)
    with np.errstate(all="ignore"):  # Python does not warn of inf - inf either
        for values, groups in parts:
            np.add.at(made, groups, values)
    return made


def _begun(known: Any, count: int, neutral: Any, dtype: Any) -> Any:
    """Return the start of each group: its result so far, or the neutral value for a new group."""
    made = np.full(count, neutral, dtype)
    if known is not None:
        made[: len(known)] = known
    return made


def _sums_fit(parts: Sequence[Part], count: int, known: Any) -> bool:
    """Return whether the sums of ints fit 64 bits, from the size of the values, else from sums in float64."""
    sizes = [_size(values) * len(values) for values, _ in parts]
    if sum(sizes) + (0 if known is None else _size(known)) < _FITTING:
        return True
    about, apart = _begun(known, count, 0.0, np.float64), np.abs(_begun(known, count, 0.0, np.float64))
    rows = 1
    for values, groups in parts:
        floats = values.astype(np.float64)
        np.add.at(about, groups, floats)
        np.add.at(apart, groups, np.abs(floats))
        rows += len(values)
    # Each float64 addition is off by less than 2**-52 of the sum of absolute values.
    return bool((np.abs(about) + apart * (rows * 2.0**-52) < _SAFE).all())


def _size(values: Any) -> int:
    """Return the greatest absolute value, or 0 for no values."""
    return max(-int(values.min()), int(values.max())) if len(values) else 0


@dataclass(frozen=True)
class Extreme:
    """Keeps the least or greatest value. `first` and `keeps_nan` say what a comparison that decides nothing keeps.

    `b if b < a else a` is Extreme(least=True, first=True, keeps_nan=True). It keeps the first of 0.0 and -0.0. A NaN
    that comes later never takes the place of `a`. `a if a < b else b` is Extreme(True, False, False).
    """

    least: bool
    first: bool
    keeps_nan: bool

    def of_groups(self, parts: Sequence[Part], count: int, known: Any) -> Any:
        """Return the least or greatest value of each group. Every group has a row."""
        if isinstance(parts[0][0], pa.Array):
            values, groups = in_a_row(parts, known)
            ranks, ordered = ranked(values)
            return ordered.take(pa.array(self.of_groups([(ranks, groups)], count, None)))
        if parts[0][0].dtype != np.float64:
            return self._outermost(parts, count, known)
        if any(np.isnan(values).any() for values, _ in parts) or (known is not None and np.isnan(known).any()):
            return self._of_floats_and_nan(*in_a_row(parts, known), count)
        return self._of_floats(parts, count, known)

    def _outermost(self, parts: Sequence[Part], count: int, known: Any) -> Any:
        dtype = parts[0][0].dtype
        made = _begun(known, count, _END[dtype.type, self.least], dtype)
        for values, groups in parts:
            (np.minimum if self.least else np.maximum).at(made, groups, values)
        return made

    def _of_floats(self, parts: Sequence[Part], count: int, known: Any) -> Any:
        """Return the same for floats without NaN. 0.0 and -0.0 are equal: the order of the rows tells which is kept."""
        made = self._outermost(parts, count, known)
        if not (made == 0).any():
            return made
        both = parts if known is None else [(known, np.arange(len(known))), *parts]
        zeros = [(values[rows], groups[rows]) for values, groups in both if len(rows := np.flatnonzero(values == 0))]
        signed = np.zeros(count)
        for values, groups in zeros[:: self._step]:
            signed[groups[:: self._step]] = values[:: self._step]
        return np.where(made == 0, signed, made)

    @property
    def _step(self) -> int:
        return -1 if self.first else 1  # NumPy keeps the last of several writes to one place

    def _of_floats_and_nan(self, values: Any, groups: Groups, count: int) -> Any:
        rows, others = compared_rows(values, groups, count, self.keeps_nan)
        made = values[others]
        if len(rows):
            numbers, own = np.unique(groups[rows], return_inverse=True)
            made[numbers] = self._of_floats([(values[rows], own)], len(numbers), None)
        return made

    def of_column(self, values: Any, start: Any) -> Any:
        """Return the least or greatest of `start` and the values as a Python object. `start` may be None."""
        if isinstance(values, pa.Array):
            found = pc.min_max(values)["min" if self.least else "max"].as_py()
        else:
            found = (values.min() if self.least else values.max()).item()
            if type(found) is float and (found == 0 or found != found or start != start):
                known = None if start is None else np.array([start])
                return self.of_groups([(values, np.zeros(len(values), np.int64))], 1, known)[0].item()
        if start is None:
            return found
        return min(start, found) if self.least else max(start, found)


def compared_rows(values: Any, groups: Groups, count: int, keeps_nan: bool) -> tuple[Groups, Groups]:
    """Return (rows whose floats are compared, row of each group that is kept if none of its rows are).

    A comparison with NaN is false. If it keeps the earlier value, a NaN counts only as the first of its group, and then
    for good. Else the last NaN of a group takes the place of all before it.
    """
    is_nan = np.isnan(values)
    rows, others = np.arange(len(values)), np.full(count, -1)
    if keeps_nan:
        others[groups[::-1]] = rows[::-1]
        return np.flatnonzero(~is_nan & ~is_nan[others][groups]), others
    nans = np.flatnonzero(is_nan)
    others[groups[nans]] = nans
    return np.flatnonzero(rows > others[groups]), others


def picked(parts: Sequence[Part], count: int, known: Any, first: bool) -> Any:
    """Return the first or last value of each group. Every group has a row."""
    values, groups = in_a_row(parts, known)
    places = np.empty(count, np.int64)
    rows = np.arange(len(groups))
    step = -1 if first else 1  # NumPy keeps the last of several writes to one place
    places[groups[::step]] = rows[::step]
    return taken(values, places)


def in_a_row(parts: Sequence[Part], known: Any) -> tuple[Any, Groups]:
    """Return (vector, group numbers) of the results so far, if any, and then all rows."""
    vectors, groups = [values for values, _ in parts], [own for _, own in parts]
    if known is not None:
        vectors, groups = [known, *vectors], [np.arange(length(known), dtype=np.int64), *groups]
    return joined(vectors), np.concatenate(groups)


def length(vector: Any) -> int:
    """Return the number of rows of a vector."""
    if isinstance(vector, tuple):
        return length(vector[0])
    if isinstance(vector, Nullable):
        return len(vector.there)
    return length(next(iter(vector.values()))) if isinstance(vector, dict) else len(vector)


def taken(values: Any, places: Groups) -> Any:
    """Return the rows of a vector at these row numbers."""
    if isinstance(values, tuple):
        return tuple(taken(each, places) for each in values)
    if isinstance(values, dict):
        return {name: taken(each, places) for name, each in values.items()}
    if isinstance(values, Nullable):
        return Nullable(taken(values.values, places), values.there[places])
    return values.take(pa.array(places)) if isinstance(values, pa.Array) else values[places]


def joined(vectors: list[Any]) -> Any:
    """Return the concatenation of vectors of one kind."""
    if len(vectors) == 1:
        return vectors[0]
    if isinstance(vectors[0], tuple):
        return tuple(joined(list(each)) for each in zip(*vectors, strict=True))
    if isinstance(vectors[0], dict):
        return {name: joined([each[name] for each in vectors]) for name in vectors[0]}
    if any(isinstance(each, Nullable) for each in vectors):
        both = [parts_of(each) for each in vectors]
        there = [np.broadcast_to(mask, length(values)) for values, mask in both]
        return Nullable(joined([values for values, _ in both]), np.concatenate(there))
    return pa.concat_arrays(vectors) if isinstance(vectors[0], pa.Array) else _concatenated(vectors)


def repeated(kind: Kind, value: Any, count: int) -> Any:
    """Return a vector of a kind with the same value in all rows."""
    if value is None:
        return Nullable(repeated(kind, "" if kind is str else 0, count), np.zeros(count, np.bool_))
    if isinstance(kind, TupleOf):
        return tuple(repeated(each, part, count) for each, part in zip(kind.fields, value, strict=True))
    if kind is str:
        return pa.repeat(pa.scalar(value, pa.large_string()), count)
    return np.broadcast_to(np.asarray(value, DTYPES[kind]), count)


def _concatenated(vectors: list[Any]) -> Any:
    """Concatenate NumPy vectors. If all repeat the same value with stride 0, the result does too."""
    if not any(vector.strides[0] for vector in vectors):
        heads = np.concatenate([vector[:1] for vector in vectors])
        if len(set(map(bytes, heads[:, None].view(np.uint8)))) == 1:
            return np.broadcast_to(heads[0], sum(map(len, vectors)))
    return np.concatenate(vectors)


def total(values: Any, start: Any) -> Any:
    """Return start + value + value … as a Python number of any size. A `start` of None begins with the first value."""
    if values.dtype == np.float64:
        row = values if start is None else np.concatenate([[start], values])
        with np.errstate(all="ignore"):  # Python does not warn of inf - inf either
            return float(np.add.accumulate(row)[-1])
    least, greatest = int(values.min()), int(values.max())
    if max(-least, greatest) * len(values) < _FITTING:
        made = int(np.sum(values))
    else:
        upper, lower = values >> _HALF, values & (2**_HALF - 1)
        made = (int(np.sum(upper)) << _HALF) + int(np.sum(lower))
    return made if start is None else start + made


def end(values: Any, first: bool) -> Any:
    """Return the first or last row of a vector as a Python object."""
    if isinstance(values, tuple):
        return tuple(end(each, first) for each in values)
    if isinstance(values, dict):
        return {name: end(each, first) for name, each in values.items()}
    value = values[0 if first else -1]
    return value.as_py() if isinstance(values, pa.Array) else value.item()
