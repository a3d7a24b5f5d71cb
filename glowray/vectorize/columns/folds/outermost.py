"""The least or greatest value of each group, None left out: the folds of agg.min and agg.max."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.folds.vector_folds import Extreme, Part, length, taken
from glowray.vectorize.columns.vectors.frame import Nullable, Vector, parts_of

_FORM = (
    "({value} if {kept} is None or ({value} is not None and {kept} != {kept}) else "
    "{value} if {value} is not None and {value} == {value} and {value} {sign} {kept} else {kept})"
)
"""The next value of an accumulator that starts as None. None and NaN lose against any other value."""


@dataclass(frozen=True)
class Outermost:
    """Keeps the least or greatest value, the first of equal ones. None and NaN lose against any other value.

    A group with no value has None, and a group with no value but NaN has its first NaN.
    """

    least: bool

    def fits(self, kind: Kind) -> bool:
        """Return whether values of this kind can be compared."""
        return kind in (int, float, bool, str)

    def of_groups(self, parts: Sequence[Part], count: int, known: Vector | None) -> Vector:
        """Return the value of each group.

        Args:
            parts: the rows, in order: (vector, group number of each row). Values may be None.
            count: the number of groups.
            known: the values of the first groups so far, or None.
        """
        if known is not None:
            parts = [(known, np.arange(length(known))), *parts]
        present = list(map(_present, parts))
        has_value = np.zeros(count, np.bool_)
        for _, groups in present:
            has_value[groups] = True
        if has_value.all():
            return self._of_values(present, count)
        places = np.cumsum(has_value) - 1  # the number of each group among those with a value
        if not has_value.any():
            return Nullable(_blank(present[0][0], count), has_value)
        made = self._of_values([(values, places[groups]) for values, groups in present], int(places[-1]) + 1)
        return Nullable(taken(made, np.maximum(places, 0)), has_value)

    def _of_values(self, parts: Sequence[Part], count: int) -> Vector:
        """Return the value of each group, all of which have values."""
        fold = Extreme(self.least, first=True, keeps_nan=False)
        numbers = list(map(_numbers, parts))
        made = fold.of_groups(numbers, count, None)
        if all(len(values) == len(own) for (values, _), (own, _) in zip(parts, numbers, strict=True)):
            return made
        is_number = np.zeros(count, np.bool_)
        for _, groups in numbers:
            is_number[groups] = True
        for values, groups in parts[::-1]:
            rows = np.flatnonzero(~is_number[groups])[::-1]  # NumPy keeps the last of several writes to one place
            made[groups[rows]] = values[rows]
        return made


def outermost_of(node: ast.expr, kept: ast.expr) -> tuple[Outermost, ast.expr] | None:
    """Return the fold that an expression computes, and the value that it folds into `kept`. Return None for others."""
    if not isinstance(node, ast.IfExp):
        return None
    names = {"kept": ast.unparse(kept), "value": ast.unparse(node.body)}
    for sign in "<>":
        if ast.dump(node) == ast.dump(ast.parse(_FORM.format(**names, sign=sign), mode="eval").body):
            return Outermost(sign == "<"), node.body
    return None


def _present(part: Part) -> Part:
    """Return the rows whose value is not None."""
    values, there = parts_of(part[0])
    if there is np.True_ or there.all():
        return values, part[1]
    rows = np.flatnonzero(there)
    return taken(values, rows), part[1][rows]


def _numbers(part: Part) -> Part:
    """Return the rows whose value is not NaN."""
    values, groups = part
    if isinstance(values, pa.Array) or values.dtype != np.float64 or not np.isnan(values).any():
        return part
    rows = np.flatnonzero(~np.isnan(values))
    return values[rows], groups[rows]


def _blank(values: Any, count: int) -> Vector:
    """Return a vector of the same type whose values mean nothing."""
    if isinstance(values, pa.Array):
        return pa.repeat(pa.scalar("", pa.large_string()), count)
    return np.zeros(count, values.dtype)
