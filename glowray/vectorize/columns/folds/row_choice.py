"""Reducers that keep the row with the greater, or lesser, field: `a if a["at"] >= b["at"] else b`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.rows.objects.static_attributes import is_one_of
from glowray.rows.types.kinds import Kind, RecordOf, TupleOf
from glowray.vectorize.analyze.displays import constant_index
from glowray.vectorize.analyze.scope_names import own_names
from glowray.vectorize.columns.folds.vector_folds import Groups, compared_rows, end, taken
from glowray.vectorize.columns.texts.text_ranks import ranked
from glowray.vectorize.definition.builtin_callables import MAX, MIN
from glowray.vectorize.definition.known_function import Known

Path = tuple[int | str, ...]
COMPARED: tuple[Kind, ...] = (int, float, bool, str)


@dataclass(frozen=True)
class Best:
    """Keeps the row whose field at `path` is greatest or least; among equal ones, the first or the last row.

    `a if a["at"] >= b["at"] else b` is Best(("at",), greatest=True, first=True, keeps_nan=False). `keeps_nan` says
    that a comparison with NaN keeps the row that came first.
    """

    path: Path
    greatest: bool
    first: bool
    keeps_nan: bool

    def compares(self, kind: Kind) -> bool:
        """Return whether rows of a kind have a field at `path` whose values can be ordered."""
        for step in self.path:
            if isinstance(kind, TupleOf) and type(step) is int and -len(kind.fields) <= step < len(kind.fields):
                kind = kind.fields[step]
            elif isinstance(kind, RecordOf) and type(step) is str and (found := kind.field(step)) is not None:
                kind = found
            else:
                return False
        return kind in COMPARED

    def run(self, rows: Any, groups: Groups, count: int) -> Any:
        """Return the kept row of each group."""
        return taken(rows, self._kept(self.of(rows), groups, count))

    def of_column(self, rows: Any, start: Any) -> Any:
        """Return which of `start` and the rows is kept, as a Python object. `start` may be None."""
        field = self.of(rows)
        if isinstance(field, pa.Array) or start is None:
            made = end(self.run(rows, np.zeros(len(field), np.int64), 1), first=True)
            return made if start is None else self.better(start, made)
        values = np.concatenate([np.array([self.of(start)], field.dtype), field])
        place = int(self._kept(values, np.zeros(len(values), np.int64), 1)[0])
        return end(taken(rows, np.array([place - 1])), first=True) if place else start

    def _kept(self, field: Any, groups: Groups, count: int) -> Groups:
        """Return the number of the kept row of each group."""
        values = ranked(field)[0] if isinstance(field, pa.Array) else field
        if values.dtype != np.float64 or not np.isnan(values).any():
            return self._places(values, groups, count)
        compared, places = compared_rows(values, groups, count, self.keeps_nan)
        if len(compared):
            numbers, own = np.unique(groups[compared], return_inverse=True)
            places[numbers] = compared[self._places(values[compared], own, len(numbers))]
        return places

    def _places(self, values: Any, groups: Groups, count: int) -> Groups:
        """Return the number of the kept row of each group, for values without NaN."""
        best = np.empty(count, values.dtype)
        best[groups] = values  # any value of the group to start from
        (np.maximum if self.greatest else np.minimum).at(best, groups, values)
        rest = np.flatnonzero(values == best[groups])
        places = np.empty(count, np.int64)
        step = -1 if self.first else 1  # NumPy keeps the last of several writes to one place
        places[groups[rest][::step]] = rest[::step]
        return places

    def of(self, row: Any) -> Any:
        """Return the field at `path` of a row, or of a vector of rows."""
        for step in self.path:
            row = row[step]
        return row

    def better(self, row: Any, other: Any) -> Any:
        """Return which of two Python rows is kept. `row` is the first. Neither field is NaN."""
        one, two = self.of(row), self.of(other)
        if one == two:
            return row if self.first else other
        return row if (one > two) is self.greatest else other


def best_of(known: Known, node: ast.expr, one: str, other: str) -> Best | None:
    """Return the rule by which a reducer's expression keeps one of its two parameters, or None."""
    if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
        return _conditional(node, node.test, one, other)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.keywords) == 1:
        return _called(known, node, node.func.id, one, other)
    return None


def _conditional(node: ast.IfExp, test: ast.Compare, one: str, other: str) -> Best | None:
    left, right = _path(test.left), _path(test.comparators[0])
    sides, chosen = (left[0], right[0]), (_path(node.body), _path(node.orelse))
    if sorted(map(str, sides)) != sorted((one, other)) or left[1] != right[1] or not left[1]:
        return None
    if chosen not in (((one, ()), (other, ())), ((other, ()), (one, ()))):
        return None
    operator = test.ops[0]
    if not isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        return None
    keeps_left = chosen[0][0] == sides[0]  # if the comparison is true
    holds_for_equal = isinstance(operator, ast.LtE | ast.GtE)
    kept = chosen[0][0] if holds_for_equal else chosen[1][0]
    is_greatest = isinstance(operator, ast.Gt | ast.GtE) is keeps_left
    return Best(left[1], is_greatest, first=kept == one, keeps_nan=chosen[1][0] == one)


def _called(known: Known, node: ast.Call, name: str, one: str, other: str) -> Best | None:
    """Recognise `max(a, b, key=lambda row: row["at"])`. min and max keep the first of equal rows."""
    function = None if name in own_names(known.node) else known.environment.value(name)
    key = node.keywords[0]
    if not is_one_of(function, (MIN, MAX)) or key.arg != "key" or not isinstance(key.value, ast.Lambda):
        return None
    arguments, parameters = list(map(_path, node.args)), key.value.args
    base, path = _path(key.value.body)
    if [each.arg for each in parameters.args] != [base] or len(ast.dump(parameters)) != len(_plain(base)) or not path:
        return None
    if arguments not in ([(one, ()), (other, ())], [(other, ()), (one, ())]):
        return None
    keeps_one = arguments[0][0] == one
    return Best(path, function is MAX, first=keeps_one, keeps_nan=keeps_one)


def _plain(name: str | None) -> str:
    """Return the dump of the parameters of `lambda name: …`."""
    return ast.dump(ast.parse(f"lambda {name}: 0", mode="eval").body.args)  # type: ignore[attr-defined]


def _path(node: ast.expr) -> tuple[str | None, Path]:
    """Return (name, fields) of an expression: `a["at"][0]` → ("a", ("at", 0)). Return (None, ()) for any other."""
    steps: list[int | str] = []
    while isinstance(node, ast.Subscript):
        index = constant_index(node.slice)
        if index is None and isinstance(node.slice, ast.Constant) and type(node.slice.value) is str:
            steps.append(node.slice.value)
        elif index is not None:
            steps.append(index)
        else:
            return None, ()
        node = node.value
    return (node.id, tuple(reversed(steps))) if isinstance(node, ast.Name) else (None, ())
