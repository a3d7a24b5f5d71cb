"""Recognise `add(accumulator, value)` as folds over columns, each of an expression of the value.

`lambda total, n: (total[0] + n * n, total[1] + 1)` becomes two sums: of the column n * n, and of 1 in every row.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from glowray.rows.objects.static_attributes import is_one_of
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.analyze.returned_expression import returned
from glowray.vectorize.columns.folds.outermost import Outermost, outermost_of
from glowray.vectorize.columns.folds.reducer_shapes import Fold, Operation, field_of, operation_of, spelled
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations import none_values as optional
from glowray.vectorize.columns.operations.expressions import constant
from glowray.vectorize.columns.translation.translator import expression_of
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Vector, arrays_of, leaf
from glowray.vectorize.columns.vectors.intervals import GREATEST, LEAST
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable
from glowray.vectorize.definition.known_function import Known, Refused

SHAPES = "its shape is not accumulator + f(value), min, max, and, or of these, or a tuple of such"


@dataclass(frozen=True)
class Accumulation:
    """A fold of `lift(value)` for each value into an accumulator of a kind.

    A `lift` of None folds the value itself. `zero` is the start; None starts from the first value.
    """

    fold: Fold
    kind: Kind
    lift: ArrowProgram | None = None
    zero: Any = None

    def lifted(self, values: Vector, count: int) -> Vector | None:
        """Return `lift` of a vector of values, or None if some row must go to Python."""
        if self.lift is None:
            return arrays_of(values) if self.fold.takes(values) else None
        made = self.lift.run([values], count)
        if made.ok is not None or not self.fold.takes(made.vector):
            return None
        return arrays_of(made.vector)

    def starts(self) -> Any:
        """Return the zero if it can change the result, else None."""
        return self.zero if self.zero is not None and self.fold.changes(self.zero) else None


def accumulation_of(known: Known, kind: Kind, zero: object) -> Accumulation | Refused:
    """Return the fold that `add(accumulator, value)` computes over values of a kind, or the reason why there is none.

    >>> from glowray.vectorize.definition.function_lookup import know
    >>> accumulation_of(know(lambda total, text: total + len(text)), str, 0).kind
    <class 'int'>
    """
    names = known.positional()
    body = None if len(names) != 2 or known.bound or known.keywords else returned(known, names[:1])
    if body is None:
        return Refused("it is not a function of two values that does nothing but return one")
    part = _Part(known, names[0], leaf(kind, lambda frame: frame.variables[names[1]]), names[1])
    try:
        fold, lift, start = part.of(body, ast.Name(names[0]), zero)
    except Untranslatable as reason:
        return Refused(str(reason))
    return Accumulation(fold, lift.kind, ArrowProgram((names[1],), (kind,), lift), start)


@dataclass(frozen=True)
class _Part:
    """Takes an aggregation apart by the fields of its accumulator.

    `value` is the expression of the second parameter, `value_name` its name.
    """

    known: Known
    accumulator: str
    value: Expr
    value_name: str

    def of(self, node: ast.expr, kept: ast.expr, zero: Any) -> tuple[Fold, Expr, Any]:
        """Return (fold, folded expression, start) of an expression of the accumulator.

        Args:
            node: the expression that gives the new accumulator, or a field of it.
            kept: the expression of the old accumulator, or of the same field.
            zero: its start.
        """
        if isinstance(node, ast.Tuple) and type(zero) is tuple and len(zero) == len(node.elts) > 0:
            parts = [self.of(each, field_of(kept, place), zero[place]) for place, each in enumerate(node.elts)]
            fields, lifts, starts = zip(*parts, strict=True)
            return Fold(tuple(fields)), _tuple(lifts), tuple(starts)
        if zero is None and (present := outermost_of(node, kept)) is not None:
            return self._outermost(*present)
        if not is_one_of(type(zero), (int, float, bool, str)):
            raise Untranslatable("it starts from what is not a number or str, or a tuple of such")
        if (value := _present(node, kept)) is not None:
            return Fold("add"), *_alike("add", optional.or_zero(self._expression(value, carries_none=True)), zero)
        for value in self._folded(node):
            operation = operation_of(self.known, node, kept, value)
            if operation == "first":
                return Fold("first"), constant(zero), zero
            if operation is not None:
                return Fold(operation), *_alike(operation, self._expression(value), zero)
        raise Untranslatable(SHAPES)

    def _outermost(self, fold: Outermost, node: ast.expr) -> tuple[Fold, Expr, Any]:
        value = self._expression(node, carries_none=True)
        if not fold.fits(value.kind):
            raise Untranslatable("columns do not compare such values")
        return Fold(fold), value, None

    def _expression(self, node: ast.expr, *, carries_none: bool = False) -> Expr:
        """Translate an expression of the value, in which the accumulator must not occur."""
        if any(isinstance(each, ast.Name) and each.id == self.accumulator for each in ast.walk(node)):
            raise Untranslatable(SHAPES)
        return expression_of(self.known, node, {self.value_name: self.value}, carries_none=carries_none)

    def _folded(self, node: ast.expr) -> list[ast.expr]:
        """Return the operands of an expression: one of them may be the folded value."""
        if isinstance(node, ast.BinOp):
            return [node.right, node.left]
        if isinstance(node, ast.BoolOp):
            return node.values
        if isinstance(node, ast.Call):
            return node.args
        if isinstance(node, ast.IfExp):
            return [node.body, node.orelse]
        return [node]


def _present(node: ast.expr, kept: ast.expr) -> ast.expr | None:
    """Return `value` of `kept if value is None else kept + value`; None for another expression."""
    if not isinstance(node, ast.IfExp) or not isinstance(node.test, ast.Compare) or len(node.test.ops) != 1:
        return None
    (operator,), (right,), value = node.test.ops, node.test.comparators, node.test.left
    added = node.orelse
    if not isinstance(operator, ast.Is) or not isinstance(right, ast.Constant) or right.value is not None:
        return None
    if not isinstance(added, ast.BinOp) or not isinstance(added.op, ast.Add):
        return None
    wanted = [kept, kept, value]
    return value if list(map(spelled, [node.body, added.left, added.right])) == list(map(spelled, wanted)) else None


def _tuple(fields: tuple[Expr, ...]) -> Expr:
    def run(frame: Frame) -> Any:
        return tuple(field.run(frame) for field in fields)

    return Expr(TupleOf(tuple(field.kind for field in fields)), run)


def _alike(operation: Operation, lift: Expr, zero: Any) -> tuple[Expr, Any]:
    """Convert the folded expression and the start to the kind that all results have: `0 + 1.5` → float."""
    if operation == "add":
        if lift.kind not in (int, float, bool) or type(zero) is str:
            raise Untranslatable("a sum of what are not numbers")
        if type(zero) is int and not LEAST <= zero <= GREATEST:
            raise Untranslatable("it starts from an int beyond 64 bits")
        if float in (lift.kind, type(zero)):
            return _as_float(lift), float(zero)
        return numbers.to_int(lift), int(zero)
    kept = type(zero)
    if operation in ("and", "or") and kept is not bool:
        raise Untranslatable("`and` or `or` of what are not bools")
    if lift.kind is not kept:
        raise Untranslatable("it starts from another kind of value")
    return lift, zero


def _as_float(lift: Expr) -> Expr:
    return lift if lift.kind is float else Expr(float, lambda frame: numbers.as_float(lift, frame))
