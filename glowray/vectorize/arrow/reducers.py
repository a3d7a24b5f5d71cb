"""Reducers recognised by their shape, folded over whole columns from left to right as the reducer would."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.vectorize.arrow.kinds import Kind, ListOf, RecordOf, TupleOf
from glowray.vectorize.known import Known, Refused
from glowray.vectorize.rename import constant_index

Operation = Literal["add", "min", "max", "and", "or", "first", "last"]
Groups = npt.NDArray[np.int64]
_EXACT = 2.0**53


@dataclass(frozen=True)
class Fold:
    """One operation, or one for each field of a tuple."""

    operation: Operation | tuple[Fold, ...]

    def fits(self, kind: Kind) -> bool:
        """Whether values of this kind may be folded: what the reducer gives for them has their kind again."""
        if isinstance(self.operation, tuple):
            if not isinstance(kind, TupleOf) or len(kind.fields) != len(self.operation):
                return False
            return all(fold.fits(each) for fold, each in zip(self.operation, kind.fields, strict=True))
        if self.operation in ("first", "last"):
            return _is_flat(kind)
        # True + True is 2: bools do not stay bools.
        return kind is bool if self.operation in ("and", "or") else kind is int or kind is float

    def run(self, values: Any, groups: Groups, count: int) -> Any | None:
        """The value of each group 0 … count - 1, each of which has a row; None where only Python is exact.

        Args:
            values: the column, one value a row.
            groups: each row's group.
        """
        if isinstance(self.operation, tuple):
            made = [fold.run(column, groups, count) for fold, column in zip(self.operation, values, strict=True)]
            return None if any(each is None for each in made) else tuple(made)
        if self.operation in ("first", "last"):
            return _picked(values, _places(groups, count, first=self.operation == "first"))
        if self.operation == "add":
            return _sum(values, groups, count)
        if self.operation in ("and", "or"):
            return _extreme(values, groups, count, least=self.operation == "and")
        if values.dtype == np.float64 and (np.isnan(values).any() or np.signbit(values[values == 0]).any()):
            return None  # min and max of NaN, or of 0.0 and -0.0, depend on the order
        return _extreme(values, groups, count, least=self.operation == "min")


def fold_of(known: Known) -> Fold | Refused:
    """The fold that a reducer's shape says: a + b, min, max, `a if a < b else b`, and, or, a, b, a tuple of such."""
    names = known.positional()
    if not isinstance(known.node, ast.Lambda | ast.FunctionDef) or len(names) != 2 or known.bound or known.keywords:
        return Refused("it is not a function of two values")
    body = _body(known)
    found = _shape(known, body, ast.Name(names[0]), ast.Name(names[1])) if body is not None else None
    return found or Refused("its shape is not a + b, min, max, and, or, one of the two, or a tuple of such")


def _body(known: Known) -> ast.expr | None:
    if isinstance(known.node, ast.Lambda):
        return known.node.body
    last = known.node.body[-1]
    documented = all(
        isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in known.node.body[:-1]
    )
    return last.value if isinstance(last, ast.Return) and documented else None


def _shape(known: Known, node: ast.expr, one: ast.expr, other: ast.expr) -> Fold | None:
    if isinstance(node, ast.Tuple):
        fields = [
            _shape(known, each, _field(one, index), _field(other, index)) for index, each in enumerate(node.elts)
        ]  # fmt: skip
        complete = [field for field in fields if field is not None]
        return Fold(tuple(complete)) if fields and len(complete) == len(fields) else None
    operation = _operation(known, node, one, other)
    return None if operation is None else Fold(operation)


def _field(row: ast.expr, index: int) -> ast.expr:
    return ast.Subscript(row, ast.Constant(index))


def _operation(known: Known, node: ast.expr, one: ast.expr, other: ast.expr) -> Operation | None:
    if _is(node) in (_is(one), _is(other)):
        return "first" if _is(node) == _is(one) else "last"
    if isinstance(node, ast.BinOp) and _are({_is(node.left), _is(node.right)}, one, other):
        return "add" if isinstance(node.op, ast.Add) else None
    if isinstance(node, ast.BoolOp) and len(node.values) == 2 and _are(set(map(_is, node.values)), one, other):
        return "and" if isinstance(node.op, ast.And) else "or"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 2 and not node.keywords:
        found = known.environment.find(node.func.id)
        function = None if isinstance(found, str) else found[1]
        if _are(set(map(_is, node.args)), one, other):
            return "min" if function is builtins.min else "max" if function is builtins.max else None
    if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
        return _conditional(node, node.test, one, other)
    return None


def _conditional(node: ast.IfExp, test: ast.Compare, one: ast.expr, other: ast.expr) -> Operation | None:
    sides = {_is(test.left), _is(test.comparators[0])}
    if not _are(sides, one, other) or not _are({_is(node.body), _is(node.orelse)}, one, other):
        return None
    keeps_left = _is(node.body) == _is(test.left)
    if isinstance(test.ops[0], ast.Lt | ast.LtE):
        return "min" if keeps_left else "max"
    if isinstance(test.ops[0], ast.Gt | ast.GtE):
        return "max" if keeps_left else "min"
    return None


def _is(node: ast.expr) -> str:
    """A spelling of a parameter, or of its fields, that is the same for the same value."""
    if isinstance(node, ast.Subscript) and (index := constant_index(node.slice)) is not None:
        return f"{_is(node.value)}[{index}]"
    return node.id if isinstance(node, ast.Name) else f"<{id(node)}>"


def _are(spelled: set[str], one: ast.expr, other: ast.expr) -> bool:
    return spelled == {_is(one), _is(other)}


def _is_flat(kind: Kind) -> bool:
    """Whether rows can be picked out of vectors of the kind."""
    if isinstance(kind, TupleOf):
        return all(map(_is_flat, kind.fields))
    if isinstance(kind, RecordOf):
        return all(_is_flat(field) for _, field in kind.fields)
    return not isinstance(kind, ListOf)


def _places(groups: Groups, count: int, first: bool) -> Groups:
    """Where each group has its first or its last row."""
    places = np.empty(count, np.int64)
    rows = np.arange(len(groups))
    step = -1 if first else 1  # of several rows of a group the one that is written last stays
    places[groups[::step]] = rows[::step]
    return places


def _picked(values: Any, places: Groups) -> Any:
    if isinstance(values, tuple):
        return tuple(_picked(each, places) for each in values)
    if isinstance(values, dict):
        return {name: _picked(each, places) for name, each in values.items()}
    return values.take(pa.array(places)) if isinstance(values, pa.Array) else values[places]


def _sum(values: Any, groups: Groups, count: int) -> Any | None:
    if values.dtype == np.float64:
        # bincount adds one by one in row order, from 0.0; only a group of nothing but -0.0 shows that start.
        made = np.bincount(groups, weights=values, minlength=count)
        if (made == 0).any():
            others = ~((values == 0) & np.signbit(values))
            made[np.bincount(groups[others], minlength=count) == 0] = -0.0
        return made
    size = np.abs(values.astype(np.float64)).sum()
    if size < _EXACT:
        # Every partial sum is an int that a float holds.
        return np.bincount(groups, weights=values, minlength=count).astype(np.int64)
    if not size < 2.0**62:
        return None
    summed = np.zeros(count, dtype=np.int64)
    np.add.at(summed, groups, values)
    return summed


def _extreme(values: Any, groups: Groups, count: int, least: bool) -> Any:
    made = np.empty(count, dtype=values.dtype)
    made[groups] = values  # any value of the group to start from
    (np.minimum if least else np.maximum).at(made, groups, values)
    return made
