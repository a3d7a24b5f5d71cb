"""Translate a function's statements into one expression: the value that the block returns, or yields.

`if` becomes a choice between two whole paths, and an assignment a variable for the statements after it:

    if n < 0: return "-"
    return "+"              →  "-" if n < 0 else "+"
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from glowray.rows.types.kinds import NOTHING, Kind, ListOf, TupleOf
from glowray.vectorize.columns.operations.expressions import constant, either, exactly, field, item
from glowray.vectorize.columns.operations.generators import either_yields, yielded
from glowray.vectorize.columns.operations.none_values import there
from glowray.vectorize.columns.translation.walrus import without_walrus
from glowray.vectorize.columns.vectors.frame import Expr, Frame, leaf
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_LONGEST = 400


class Statements:
    """Translates blocks of statements. A subclass translates the expressions in them.

    Args:
        constructs: collects the names of operations that costs.py prices.
        depth: the number of calls around the function.
        yields: whether the function is a generator function.
    """

    def __init__(self, constructs: list[str], depth: int, yields: bool = False) -> None:
        self.constructs = constructs
        self.depth = depth
        self.yields = yields
        self._statements = 0

    def count(self) -> int:
        """Return the number of statements so far, counting this one. It makes the name of a variable unique."""
        self._statements += 1
        if self._statements > _LONGEST:
            raise Untranslatable("it has too many paths")
        return self._statements

    def block(self, body: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        """Translate the statements of a block into the value that they return or yield."""
        self.count()
        if not body:
            return constant(None)
        try:
            return self._block(body, variables)
        except Untranslatable as reason:
            raise reason.at(body[0]) from None

    def plain_block(self, body: list[ast.stmt], variables: dict[str, Expr], *, yields: bool = False) -> Expr:
        """Translate a block that returns a value, or yields one, whatever the function does."""
        before, self.yields = self.yields, yields
        try:
            return self.block(body, variables)
        finally:
            self.yields = before

    def compound(self, first: ast.stmt, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        """Translate a statement that holds blocks, and the statements after it. A subclass knows some."""
        raise Untranslatable(f"a {type(first).__name__.lower()} statement")

    def function(self, variables: dict[str, Expr], *, is_test: bool = False) -> Expr:
        """Return the function's result, or bool(result) if `is_test`."""
        raise NotImplementedError

    def expression(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Translate an expression."""
        raise NotImplementedError

    def several(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Translate an expression whose value is unpacked at once: it may be an iterator."""
        raise NotImplementedError

    def test(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Translate bool(expression)."""
        raise NotImplementedError

    def name(self, name: str, variables: dict[str, Expr]) -> Expr:
        """Return the expression of a name: a variable or a captured constant."""
        raise NotImplementedError

    def binary(self, operator: ast.operator, left: Expr, right: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Translate `left operator right`."""
        raise NotImplementedError

    def _block(self, body: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        first, *rest = without_walrus(body)
        if isinstance(first, ast.Return):
            if first.value is not None and self.yields:
                raise Untranslatable("a generator function that returns a value")
            return constant(None) if first.value is None else self.expression(first.value, variables)
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Yield) and first.value.value is not None:
            if rest and not (isinstance(rest[0], ast.Return) and rest[0].value is None):
                raise Untranslatable("a generator function that goes on after a yield")
            return yielded(self.expression(first.value.value, variables))
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return self.block(rest, variables)
        if (name := _emptied(first)) is not None:
            return self.block(rest, {**variables, name: Expr(ListOf(NOTHING), lambda frame: None)})
        if isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Name):
            return self.let(first.targets[0].id, self.expression(first.value, variables), rest, variables)
        if isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Tuple):
            return self._unpacked(first.targets[0], self.several(first.value, variables), rest, variables)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name) and first.value is not None:
            return self.let(first.target.id, self.expression(first.value, variables), rest, variables)
        if isinstance(first, ast.AugAssign) and isinstance(first.target, ast.Name):
            value = self.binary(first.op, self.name(first.target.id, variables), first.value, variables)
            return self.let(first.target.id, value, rest, variables)
        if isinstance(first, ast.If):
            self.constructs.append("choose")
            test = self.test(first.test, variables)
            if test.is_constant:
                return self.block([*(first.body if test.constant else first.orelse), *rest], variables)
            one = self.block([*first.body, *rest], variables)
            other = self.block([*first.orelse, *rest], variables)
            return either_yields(test, one, other) if self.yields else either(test, one, other)
        if isinstance(first, ast.Pass):
            return self.block(rest, variables)
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Call):
            value = self.expression(first.value, variables)
            return self.kept(f"unused {self.depth} {self._statements}", value, lambda: self.block(rest, variables))
        return self.compound(first, rest, variables)

    def _unpacked(
        self, targets: ast.Tuple, value: Expr, rest: list[ast.stmt], variables: dict[str, Expr]
    ) -> Expr:  # fmt: skip
        """Translate `a, b = value` and the statements after it."""
        names = [each.id for each in targets.elts if isinstance(each, ast.Name)]
        if len(names) < len(targets.elts):
            raise Untranslatable("an assignment to what are not names")
        whole = f"all of {len(names)} {self._statements}"
        if isinstance(value.kind, ListOf) and value.kind.unordered:
            raise Untranslatable("the order of a set")
        if isinstance(value.kind, ListOf):
            value = exactly(value, len(names))
            parts: list[Expr] = [item(self.stored(whole, value.kind), place) for place in range(len(names))]
        elif isinstance((value := there(value)).kind, TupleOf) and len(value.kind.fields) == len(names):
            source = value if value.is_constant else self.stored(whole, value.kind)
            parts = [field(source, place) for place in range(len(names))]
        else:
            raise Untranslatable("an assignment to as many names as there are not values")
        self.constructs.extend(["pick"] * len(names) if isinstance(value.kind, ListOf) else [])
        read = {node.id for statement in rest for node in ast.walk(statement) if isinstance(node, ast.Name)}
        return self.kept(whole, value, lambda: self._lets(names, parts, read, rest, variables))

    def _lets(
        self, names: list[str], parts: list[Expr], read: set[str], rest: list[ast.stmt], variables: dict[str, Expr]
    ) -> Expr:  # fmt: skip
        if not names:
            return self.block(rest, variables)
        if names[0] not in read:  # a field of a tuple has no guard of its own, so an unread one can be left out
            variables = {name: each for name, each in variables.items() if name != names[0]}
            return self._lets(names[1:], parts[1:], read, rest, variables)
        if parts[0].is_constant:
            return self._lets(names[1:], parts[1:], read, rest, {**variables, names[0]: parts[0]})
        key = f"{names[0]} {self.depth} {self._statements}"
        inner = {**variables, names[0]: self.stored(key, parts[0].kind)}
        return self.kept(key, parts[0], lambda: self._lets(names[1:], parts[1:], read, rest, inner))

    def stored(self, key: str, kind: Kind) -> Expr:
        return leaf(kind, lambda frame: frame.variables[key])

    def let(self, name: str, value: Expr, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        if value.is_constant:
            return self.block(rest, {**variables, name: value})
        key = f"{name} {self.depth} {self._statements}"
        return self.kept(key, value, lambda: self.block(rest, {**variables, name: self.stored(key, value.kind)}))

    def kept(self, key: str, value: Expr, make_body: Callable[[], Expr]) -> Expr:
        """Return an expression that computes a value once and then the body, which finds the value by its key."""
        body = make_body()

        def run(frame: Frame) -> Any:
            # Python evaluates the value even if it is not used, so its guards count in any case.
            before = frame.branch()
            inner = frame.branch(**{key: value.carry(before)})
            frame.join(True, before)
            made = body.carry(inner)
            # A row whose value raised does not come to the body.
            frame.join(True if before.caught is None else before.caught < 0, inner)
            return made

        return leaf(body.kind, run)


def _emptied(statement: ast.stmt) -> str | None:
    """Return the name in `name = []`, or None."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    is_empty = isinstance(statement.value, ast.List) and not statement.value.elts
    return target.id if is_empty and isinstance(target, ast.Name) else None
