"""Translate a function's statements into one expression: the value that the block returns, or yields.

`if` becomes a choice between two whole paths, and an assignment a variable for the statements after it:

    if n < 0: return "-"
    return "+"              →  "-" if n < 0 else "+"
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from glowray.vectorize.columns.operations.expressions import constant, either, exactly, field, item
from glowray.vectorize.columns.operations.generators import either_yields, yielded
from glowray.vectorize.columns.operations.none_values import there
from glowray.vectorize.columns.vectors.frame import Expr, Frame, leaf
from glowray.vectorize.columns.vectors.kinds import Kind, ListOf, TupleOf, Untranslatable

_LONGEST = 400

SHOWN = 40
"""The maximum length of a statement in a reason."""


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
        self._yields = yields
        self._statements = 0

    def function(self, variables: dict[str, Expr], *, is_test: bool = False) -> Expr:
        """Return the function's result, or bool(result) if `is_test`."""
        raise NotImplementedError

    def expression(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Translate an expression."""
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

    def block(self, body: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        """Translate the statements of a block into the value that they return or yield."""
        self._statements += 1
        if self._statements > _LONGEST:
            raise Untranslatable("it has too many paths")
        if not body:
            return constant(None)
        first, *rest = body
        if isinstance(first, ast.Return):
            if first.value is not None and self._yields:
                raise Untranslatable("a generator function that returns a value")
            return constant(None) if first.value is None else self.expression(first.value, variables)
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Yield) and first.value.value is not None:
            if rest and not (isinstance(rest[0], ast.Return) and rest[0].value is None):
                raise Untranslatable("a generator function that goes on after a yield")
            return yielded(self.expression(first.value.value, variables))
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return self.block(rest, variables)
        if isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Name):
            return self._let(first.targets[0].id, self.expression(first.value, variables), rest, variables)
        if isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Tuple):
            return self._unpacked(first.targets[0], self.expression(first.value, variables), rest, variables)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name) and first.value is not None:
            return self._let(first.target.id, self.expression(first.value, variables), rest, variables)
        if isinstance(first, ast.AugAssign) and isinstance(first.target, ast.Name):
            value = self.binary(first.op, self.name(first.target.id, variables), first.value, variables)
            return self._let(first.target.id, value, rest, variables)
        if isinstance(first, ast.If):
            self.constructs.append("choose")
            test = self.test(first.test, variables)
            one = self.block([*first.body, *rest], variables)
            other = self.block([*first.orelse, *rest], variables)
            return either_yields(test, one, other) if self._yields else either(test, one, other)
        raise Untranslatable(f"the statement `{_first_line(first)}` has no column form")

    def _unpacked(
        self, targets: ast.Tuple, value: Expr, rest: list[ast.stmt], variables: dict[str, Expr]
    ) -> Expr:  # fmt: skip
        """Translate `a, b = value` and the statements after it."""
        names = [each.id for each in targets.elts if isinstance(each, ast.Name)]
        if len(names) < len(targets.elts):
            raise Untranslatable("an assignment to what are not names")
        whole = f"all of {len(names)} {self._statements}"
        if isinstance(value.kind, ListOf):
            value = exactly(value, len(names))
            parts: list[Expr] = [item(self._stored(whole, value.kind), place) for place in range(len(names))]
        elif isinstance((value := there(value)).kind, TupleOf) and len(value.kind.fields) == len(names):
            parts = [field(self._stored(whole, value.kind), place) for place in range(len(names))]
        else:
            raise Untranslatable("an assignment to as many names as there are not values")
        self.constructs.extend(["pick"] * len(names) if isinstance(value.kind, ListOf) else [])
        read = {node.id for statement in rest for node in ast.walk(statement) if isinstance(node, ast.Name)}
        return self._kept(whole, value, lambda: self._lets(names, parts, read, rest, variables))

    def _lets(
        self, names: list[str], parts: list[Expr], read: set[str], rest: list[ast.stmt], variables: dict[str, Expr]
    ) -> Expr:  # fmt: skip
        if not names:
            return self.block(rest, variables)
        if names[0] not in read:  # a field of a tuple has no guard of its own, so an unread one can be left out
            variables = {name: each for name, each in variables.items() if name != names[0]}
            return self._lets(names[1:], parts[1:], read, rest, variables)
        key = f"{names[0]} {self.depth} {self._statements}"
        inner = {**variables, names[0]: self._stored(key, parts[0].kind)}
        return self._kept(key, parts[0], lambda: self._lets(names[1:], parts[1:], read, rest, inner))

    def _stored(self, key: str, kind: Kind) -> Expr:
        return leaf(kind, lambda frame: frame.variables[key])

    def _let(self, name: str, value: Expr, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        key = f"{name} {self.depth} {self._statements}"
        return self._kept(key, value, lambda: self.block(rest, {**variables, name: self._stored(key, value.kind)}))

    def _kept(self, key: str, value: Expr, make_body: Callable[[], Expr]) -> Expr:
        """Return an expression that computes a value once and then the body, which finds the value by its key."""
        body = make_body()

        def run(frame: Frame) -> Any:
            # Python evaluates the value even if it is not used, so its guards count in any case.
            inner = frame.branch(**{key: value.carry(frame)})
            made = body.carry(inner)
            frame.join(True, inner)
            return made

        return leaf(body.kind, run)


def _first_line(statement: ast.stmt) -> str:
    """Return the first line of a statement, cut to 40 characters: `for n in numbers:`, `print(row)`."""
    line = ast.unparse(statement).splitlines()[0]
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
