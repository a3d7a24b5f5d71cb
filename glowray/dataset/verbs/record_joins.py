"""Joins of records by fields: key both sides by their fields, join by key, merge each pair into a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.dataset.core.base import Base, dataset_argument
from glowray.dataset.core.fields import checked_names, key_of, label_of_names
from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.functions.pairing import Pairing
from glowray.kernels.join.join import ROWS_ALONE
from glowray.kernels.operators.keyed import KeyBy, Values
from glowray.kernels.operators.map import Map
from glowray.kernels.partition.fold_steps import ReduceStep as FoldRows
from glowray.plan.by_key import Join
from glowray.plan.nodes import Cartesian, Limit, Reduce

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

Record = dict[str, Any]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Merge:
    """The way two records become one.

    >>> Merge(("id",), ("id",), "_right").of({"id": 1, "n": 2}, {"id": 1, "n": 3, "m": 4})
    {'id': 1, 'n': 2, 'n_right': 3, 'm': 4}
    """

    left_on: Names
    right_on: Names
    suffix: str

    def of(self, left: Record, right: Record) -> Record:
        """Return the left's fields, then the right's without the key fields.

        Raises:
            ValueError: a name with the suffix is the name of another field.
        """
        record = dict(left)
        for name, value in right.items():
            if name not in self.right_on:
                place = name + self.suffix if name in left else name
                if place in record:
                    raise ValueError(f"join() gives two fields of the name {place!r}: choose another suffix=")
                record[place] = value
        return record

    def without_left(self, key: Any, names: Names) -> Record:
        """Return the left record for a key that the left lacks: the key fields hold the key, all others None."""
        values = (key,) if len(self.left_on) == 1 else key
        return {**dict.fromkeys(names), **dict(zip(self.left_on, values, strict=True))}


def join_records(left: Base[Any], other: Any, on: Any, how: str, suffix: Any) -> Dataset[Any]:
    """Return `left.join(other, on=on, how=how, suffix=suffix)`.

    Raises:
        TypeError: a name or the suffix is not a str.
        ValueError: a name is twice on one side.
    """
    right = dataset_argument("join", other)
    merge = Merge(*_names_of(on), _checked_suffix(suffix))
    keys = [_key(names) for names in (merge.left_on, merge.right_on)]
    sides = tuple(_keyed(side, key)._node for side, key in zip((left, right), keys, strict=True))
    pairings = [Pairing(1, key) for key in keys]
    joined = left._with(Join.of(sides, "join", how, keeps_rows=how in ROWS_ALONE, pairings=pairings))
    if how in ROWS_ALONE:
        return joined._step(Values("join", "join", is_part=True))
    if how == "inner":
        return _mapped(joined, _inner(merge))
    names = Cartesian(_field_names(left)._node, _field_names(right)._node)
    return _mapped(joined._with(Cartesian(joined._node, names)), _outer(merge))


def _names_of(on: Any) -> tuple[Names, Names]:
    """Return the names of the key fields on the left and on the right."""
    if isinstance(on, str):
        return (on,), (on,)
    if isinstance(on, Mapping):
        return checked_names("join", [*on]), checked_names("join", [*on.values()])
    if isinstance(on, Sequence):
        names = checked_names("join", on)
        return names, names
    raise TypeError(f"join() takes on= as a field name, a list of names or a dict of left to right names, got {on!r}")


def _checked_suffix(suffix: Any) -> str:
    if not isinstance(suffix, str) or not suffix:
        raise TypeError(f"join() needs a str that is not empty as its suffix, got {suffix!r}")
    return suffix


def _key(names: Names) -> Function:
    return Function.of(key_of(names), "join", label=label_of_names(names))


def _keyed(side: Base[Any], function: Function) -> Base[Any]:
    return side._step(KeyBy("join", function.label, function, is_part=True))


def _field_names(side: Base[Any]) -> Base[Any]:
    """Return a dataset of one row: the field names of the first record, or () if there is none."""
    add, merge = Function.of(_names_in, "join", spreads=False), Function.of(_first_names, "join", spreads=False)
    first = side._with(Limit(side._node, "join", 1))
    return side._with(Reduce(first._node, "join", FoldRows("join", "", add, Zero(())), merge, Zero(())))


def _names_in(names: Names, record: Record) -> Names:
    return tuple(record)


def _first_names(left: Names, right: Names) -> Names:
    return left or right


def _mapped(rows: Base[Any], function: Any) -> Dataset[Any]:
    return rows._step(Map("join", "join", Function.of(function, "join"), is_part=True))


def _inner(merge: Merge) -> Any:
    def merged(key: Any, left: Record, right: Record) -> Record:
        return merge.of(left, right)

    return merged


def _outer(merge: Merge) -> Any:
    def merged(row: Any) -> Record:
        (key, (left, right)), (left_names, right_names) = row
        if left is None:
            left = merge.without_left(key, left_names)
        return merge.of(left, dict.fromkeys(right_names) if right is None else right)

    return merged
