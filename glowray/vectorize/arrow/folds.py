"""Folding vectors: by group, or a whole one, each as a reducer would from left to right.

Where columns are not exact the answer is None: sums beyond 64 bits by group, floats whose least or greatest depends on
their order (NaN, zeros of both signs).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.numpy_columns import as_numpy
from glowray.vectorize.arrow.kinds import Kind, TupleOf

Groups = npt.NDArray[np.int64]

DTYPES: dict[Kind, Any] = {int: np.int64, float: np.float64, bool: np.bool_}
_FITTING = 2**63
_HALF = 32


def summed(values: Any, groups: Groups, count: int) -> Any | None:
    """The sum of each group; floats are added one by one in row order."""
    if values.dtype == np.float64:
        made = np.full(count, -0.0)  # what -0.0 is added to stays what it is, 0.0 and -0.0 too
        with np.errstate(all="ignore"):  # Python says nothing of inf - inf either
            np.add.at(made, groups, values)
        return made
    least, greatest = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if max(-least, greatest) * len(values) >= _FITTING and not _sums_fit(values):
        return None
    if least == greatest:
        return np.bincount(groups, minlength=count) * np.int64(least)
    made = np.zeros(count, np.int64)
    np.add.at(made, groups, values)
    return made


def _sums_fit(values: Any) -> bool:
    """Whether sums of any of the values are sure to fit 64 bits."""
    return bool(np.abs(values.astype(np.float64)).sum() < 2.0**62)


def extreme(values: Any, groups: Groups, count: int, least: bool) -> Any | None:
    """The least or the greatest value of each group; every group has one."""
    if isinstance(values, pa.Array):
        return values.take(pa.array(_text_places(values, groups, count, least)))
    if values.dtype == np.float64 and _depends_on_order(values):
        return None
    made = np.empty(count, dtype=values.dtype)
    made[groups] = values  # any value of the group to start from
    (np.minimum if least else np.maximum).at(made, groups, values)
    return made


def _text_places(values: Any, groups: Groups, count: int, least: bool) -> Groups:
    """Where each group has its least or greatest text; UTF-8 is ordered as Python orders code points."""
    order = as_numpy(pc.array_sort_indices(values)).astype(np.int64)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    found = extreme(ranks, groups, count, least)
    assert found is not None
    return np.asarray(order[found])


def _depends_on_order(values: Any) -> bool:
    """Whether floats have several least or greatest values, as Python compares them."""
    return bool(np.isnan(values).any()) or bool(np.signbit(values[values == 0]).any())


def picked(values: Any, groups: Groups, count: int, first: bool) -> Any:
    """The first or the last value of each group; every group has one."""
    places = np.empty(count, np.int64)
    rows = np.arange(len(groups))
    step = -1 if first else 1  # of several rows of a group the one that is written last stays
    places[groups[::step]] = rows[::step]
    return taken(values, places)


def taken(values: Any, places: Groups) -> Any:
    """The rows of a vector at these places."""
    if isinstance(values, tuple):
        return tuple(taken(each, places) for each in values)
    if isinstance(values, dict):
        return {name: taken(each, places) for name, each in values.items()}
    return values.take(pa.array(places)) if isinstance(values, pa.Array) else values[places]


def joined(vectors: list[Any]) -> Any:
    """Vectors of one kind one after the other."""
    if len(vectors) == 1:
        return vectors[0]
    if isinstance(vectors[0], tuple):
        return tuple(joined(list(each)) for each in zip(*vectors, strict=True))
    if isinstance(vectors[0], dict):
        return {name: joined([each[name] for each in vectors]) for name in vectors[0]}
    return pa.concat_arrays(vectors) if isinstance(vectors[0], pa.Array) else _concatenated(vectors)


def repeated(kind: Kind, value: Any, count: int) -> Any:
    """A vector of a kind with the same value in all rows."""
    if isinstance(kind, TupleOf):
        return tuple(repeated(each, part, count) for each, part in zip(kind.fields, value, strict=True))
    if kind is str:
        return pa.repeat(pa.scalar(value, pa.large_string()), count)
    return np.broadcast_to(np.asarray(value, DTYPES[kind]), count)


def _concatenated(vectors: list[Any]) -> Any:
    """NumPy's vectors one after the other; one value in memory stays one."""
    if not any(vector.strides[0] for vector in vectors):
        heads = np.concatenate([vector[:1] for vector in vectors])
        if len(set(map(bytes, heads[:, None].view(np.uint8)))) == 1:
            return np.broadcast_to(heads[0], sum(map(len, vectors)))
    return np.concatenate(vectors)


def total(values: Any, start: Any) -> Any:
    """start + value + value …, a number of Python, however big an int grows; `start` None: from the first value."""
    if values.dtype == np.float64:
        row = values if start is None else np.concatenate([[start], values])
        with np.errstate(all="ignore"):  # Python says nothing of inf - inf either
            return float(np.add.accumulate(row)[-1])
    least, greatest = int(values.min()), int(values.max())
    if max(-least, greatest) * len(values) < _FITTING:
        made = int(np.sum(values))
    else:
        upper, lower = values >> _HALF, values & (2**_HALF - 1)
        made = (int(np.sum(upper)) << _HALF) + int(np.sum(lower))
    return made if start is None else start + made


def outermost(values: Any, start: Any, least: bool) -> Any | None:
    """The least or greatest of `start` and the values, as Python's own; `start` None: of the values."""
    if isinstance(values, pa.Array):
        found = pc.min_max(values)["min" if least else "max"].as_py()
    else:
        made = values.min() if least else values.max()
        if values.dtype == np.float64 and (np.isnan(made) or (made == 0 and _depends_on_order(values))):
            return None
        found = made.item()
    if start is None:
        return found
    if type(start) is float and (start != start or start == found == 0):
        return None
    return min(start, found) if least else max(start, found)


def end(values: Any, first: bool) -> Any:
    """The first or the last row of a vector, as Python's own value."""
    if isinstance(values, tuple):
        return tuple(end(each, first) for each in values)
    if isinstance(values, dict):
        return {name: end(each, first) for name, each in values.items()}
    value = values[0 if first else -1]
    return value.as_py() if isinstance(values, pa.Array) else value.item()
