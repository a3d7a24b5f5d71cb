"""Recognise reducers by their shape, and fold whole columns as the reducer would from left to right.

`lambda a, b: (a[0] + b[0], max(a[1], b[1]))` is Fold((Fold("add"), Fold(Extreme(…)))).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from glowray.rows.objects.static_attributes import is_one_of
from glowray.rows.types.kinds import Kind, ListOf, RecordOf, TupleOf
from glowray.vectorize.analyze.call_effects import called
from glowray.vectorize.analyze.displays import constant_index
from glowray.vectorize.analyze.returned_expression import returned
from glowray.vectorize.columns.folds import vector_folds as folds
from glowray.vectorize.columns.folds.outermost import Outermost, outermost_of
from glowray.vectorize.columns.folds.row_choice import Best, best_of
from glowray.vectorize.columns.folds.vector_folds import Extreme, Groups, Part
from glowray.vectorize.columns.vectors.block_vectors import has_nullable
from glowray.vectorize.definition.builtin_callables import MAX, MIN
from glowray.vectorize.definition.known_function import Known, Refused

Operation = Literal["add", "and", "or", "first", "last"] | Extreme


@dataclass(frozen=True)
class Fold:
    """One operation, or one fold for each field of a tuple."""

    operation: Operation | Best | Outermost | tuple[Fold, ...]

    def fits(self, kind: Kind) -> bool:
        """Return whether values of this kind can be folded, and the result has the same kind."""
        if isinstance(self.operation, tuple):
            if not isinstance(kind, TupleOf) or len(kind.fields) != len(self.operation):
                return False
            return all(fold.fits(each) for fold, each in zip(self.operation, kind.fields, strict=True))
        if self.operation in ("first", "last"):
            return _is_flat(kind)
        if isinstance(self.operation, Outermost):
            return self.operation.fits(kind)
        if isinstance(self.operation, Best):
            return _is_flat(kind) and self.operation.compares(kind)
        if self.operation in ("and", "or"):
            return kind is bool
        # True + True is 2, so bools are not added.
        return kind is int or kind is float or (kind is str and self.operation != "add")

    def takes(self, vector: Any) -> bool:
        """Return whether the values of a vector can be folded: where a fold has no rule for None, none is None."""
        if isinstance(self.operation, tuple):
            return all(fold.takes(part) for fold, part in zip(self.operation, vector, strict=True))
        return isinstance(self.operation, Outermost) or not has_nullable(vector)

    def run(self, values: Any, groups: Groups, count: int) -> Any | None:
        """Return the value of each group, or None if the columns cannot give Python's result.

        Args:
            values: the vector, one value a row.
            groups: the group number of each row.
            count: the number of groups. Every group has a row.
        """
        return self.run_parts([(values, groups)], count)

    def run_parts(self, parts: Sequence[Part], count: int, known: Any = None) -> Any | None:
        """Return the same for rows in one or more parts.

        Args:
            parts: the rows, in order.
            count: the number of groups.
            known: the results of the first groups so far, or None.
        """
        if isinstance(self.operation, tuple):
            before = [None] * len(self.operation) if known is None else known
            made = [
                fold.run_parts([(values[place], groups) for values, groups in parts], count, before[place])
                for place, fold in enumerate(self.operation)
            ]
            return None if any(each is None for each in made) else tuple(made)
        if isinstance(self.operation, Outermost):
            return self.operation.of_groups(parts, count, known)
        if isinstance(self.operation, Best):
            return self.operation.run(*folds.in_a_row(parts, known), count)
        if self.operation in ("first", "last"):
            return folds.picked(parts, count, known, first=self.operation == "first")
        if self.operation == "add":
            return folds.summed(parts, count, known)
        return self._extreme.of_groups(parts, count, known)

    def fold_column(self, values: Any, start: Any = None) -> Any | None:
        """Fold `start` and all rows of a column into a Python object. Return None if the result would not be Python's.

        >>> import numpy as np
        >>> Fold("add").fold_column(np.array([2**62, 2**62]), 5)
        9223372036854775813

        Args:
            values: the vector, with at least one row.
            start: the result so far, or None to start from the first row.
        """
        if isinstance(self.operation, tuple):
            starts = [None] * len(self.operation) if start is None else start
            parts = zip(self.operation, values, starts, strict=True)
            made = [fold.fold_column(column, each) for fold, column, each in parts]
            return None if any(each is None for each in made) else tuple(made)
        if isinstance(self.operation, Outermost):
            return None  # a result of None would say the same
        if isinstance(self.operation, Best):
            return self.operation.of_column(values, start)
        if self.operation == "first":
            return folds.end(values, first=True) if start is None else start
        if self.operation == "last":
            return folds.end(values, first=False)
        if self.operation == "add":
            return folds.total(values, start)
        return self._extreme.of_column(values, start)

    @property
    def _extreme(self) -> Extreme:
        """The choice between two values. `and` of bools keeps the least, and `or` the greatest."""
        return self.operation if isinstance(self.operation, Extreme) else Extreme(self.operation == "and", True, True)

    def changes(self, zero: Any) -> bool:
        """Return whether starting from `zero` can change the result."""
        if isinstance(self.operation, tuple):
            return any(fold.changes(each) for fold, each in zip(self.operation, zero, strict=True))
        if self.operation == "last" or isinstance(self.operation, Outermost):
            return False
        neutral = {"add": 0, "and": True, "or": False}.get(str(self.operation))
        return type(zero) is float or zero != neutral


def fold_of(known: Known) -> Fold | Refused:
    """Return the fold that a reducer computes, or the reason why its shape is not known.

    Known shapes: a + b, min, max, `a if a < b else b`, and, or, a, b, the row with the greater field, and tuples of
    these.
    """
    names = known.positional()
    if not isinstance(known.node, ast.Lambda | ast.FunctionDef) or len(names) != 2 or known.bound or known.keywords:
        return Refused("it is not a function of two values")
    body = returned(known, names)
    found = _shape(known, body, ast.Name(names[0]), ast.Name(names[1])) if body is not None else None
    return found or Refused("its shape is not a + b, min, max, and, or, one of the two, the better one, or a tuple")


def _shape(known: Known, node: ast.expr, one: ast.expr, other: ast.expr) -> Fold | None:
    if isinstance(node, ast.Tuple):
        fields = [
            _shape(known, each, field_of(one, index), field_of(other, index)) for index, each in enumerate(node.elts)
        ]  # fmt: skip
        complete = [field for field in fields if field is not None]
        return Fold(tuple(complete)) if fields and len(complete) == len(fields) else None
    operation = operation_of(known, node, one, other)
    if operation is not None:
        return Fold(operation)
    if (present := outermost_of(node, one)) is not None:
        return Fold(present[0]) if spelled(present[1]) == spelled(other) else None
    kept = best_of(known, node, one.id, other.id) if isinstance(one, ast.Name) and isinstance(other, ast.Name) else None
    return None if kept is None else Fold(kept)


def field_of(row: ast.expr, index: int) -> ast.expr:
    """Return the node of `row[index]`."""
    return ast.Subscript(row, ast.Constant(index))


def operation_of(known: Known, node: ast.expr, one: ast.expr, other: ast.expr) -> Operation | None:
    """Return the operation that an expression applies to two others, or None."""
    if spelled(node) in (spelled(one), spelled(other)):
        return "first" if spelled(node) == spelled(one) else "last"
    if isinstance(node, ast.BinOp) and _are({spelled(node.left), spelled(node.right)}, one, other):
        return "add" if isinstance(node.op, ast.Add) else None
    if isinstance(node, ast.BoolOp) and len(node.values) == 2 and _are(set(map(spelled, node.values)), one, other):
        return "and" if isinstance(node.op, ast.And) else "or"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 2 and not node.keywords:
        function = called(known, node)
        if _are(set(map(spelled, node.args)), one, other) and is_one_of(function, (MIN, MAX)):
            keeps_one = spelled(node.args[0]) == spelled(one)  # unless the other is strictly less, or greater
            return Extreme(function is MIN, first=keeps_one, keeps_nan=keeps_one)
    if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
        return _conditional(node, node.test, one, other)
    return None


def _conditional(node: ast.IfExp, test: ast.Compare, one: ast.expr, other: ast.expr) -> Extreme | None:
    sides = {spelled(test.left), spelled(test.comparators[0])}
    if not _are(sides, one, other) or not _are({spelled(node.body), spelled(node.orelse)}, one, other):
        return None
    operator = test.ops[0]
    if not isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        return None
    keeps_left = spelled(node.body) == spelled(test.left)
    kept_if_equal = node.body if isinstance(operator, ast.LtE | ast.GtE) else node.orelse
    return Extreme(
        least=isinstance(operator, ast.Lt | ast.LtE) is keeps_left,
        first=spelled(kept_if_equal) == spelled(one),
        keeps_nan=spelled(node.orelse) == spelled(one),
    )


def spelled(node: ast.expr) -> str:
    """Return a text that is the same for equal expressions: `a[0]` → "a[0]"."""
    if isinstance(node, ast.Subscript) and (index := constant_index(node.slice)) is not None:
        return f"{spelled(node.value)}[{index}]"
    return node.id if isinstance(node, ast.Name) else ast.dump(node)


def _are(words: set[str], one: ast.expr, other: ast.expr) -> bool:
    return words == {spelled(one), spelled(other)}


def _is_flat(kind: Kind) -> bool:
    """Return whether the kind holds no list, so rows can be taken from its vectors by number."""
    if isinstance(kind, TupleOf):
        return all(map(_is_flat, kind.fields))
    if isinstance(kind, RecordOf):
        return all(_is_flat(field) for _, field in kind.fields)
    return not isinstance(kind, ListOf)
