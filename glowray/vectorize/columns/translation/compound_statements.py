"""Translate try, with suppress, for and raise."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from glowray.rows.objects.static_attributes import is_instance
from glowray.rows.types.kinds import NOTHING, ListOf
from glowray.vectorize.columns.operations.attempts import Classes, attempted
from glowray.vectorize.columns.operations.expressions import either, field, item
from glowray.vectorize.columns.operations.generators import either_yields
from glowray.vectorize.columns.operations.list_folds import as_list, total
from glowray.vectorize.columns.translation.statements import Statements
from glowray.vectorize.columns.vectors.frame import Expr, Frame
from glowray.vectorize.columns.vectors.untranslatable import Never, Untranslatable

_MOST_UNROLLED = 30


class CompoundStatements(Statements):
    """Translates statements that hold blocks. A subclass resolves names and iterables."""

    def static(self, node: ast.expr, variables: dict[str, Expr]) -> object:
        """Return the value of a captured name or of an attribute of a module, else MISSING."""
        raise NotImplementedError

    def iterated(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Return the lists that a loop over an expression goes through."""
        raise NotImplementedError

    def constants_in(self, node: ast.expr, variables: dict[str, Expr]) -> Sequence[object] | None:
        """Return the elements of a constant sequence, else None."""
        raise NotImplementedError

    def elements(self, loop: ast.For, lists: Expr, body: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        """Return for each row the list of items that the loop's body yields, at most one for each element."""
        raise NotImplementedError

    def compound(self, first: ast.stmt, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        if isinstance(first, ast.Try):
            return self._try(first, rest, variables)
        if isinstance(first, ast.With):
            return self._try(self._suppressed(first, variables), rest, variables)
        if isinstance(first, ast.For):
            return self._for(first, rest, variables)
        if isinstance(first, ast.Raise):
            return Expr(Never, _fails)
        return super().compound(first, rest, variables)

    # try

    def _suppressed(self, node: ast.With, variables: dict[str, Expr]) -> ast.Try:
        """Return `with suppress(E): body` as `try: body` with `except E: pass`."""
        call = node.items[0].context_expr
        if len(node.items) > 1 or node.items[0].optional_vars or not isinstance(call, ast.Call) or call.keywords:
            raise Untranslatable("a with statement")
        if self.static(call.func, variables) is not suppress or any(isinstance(e, ast.Starred) for e in call.args):
            raise Untranslatable("a with statement")
        handler = ast.ExceptHandler(ast.Tuple(call.args, ast.Load()), None, [ast.Pass()])
        return ast.copy_location(ast.Try(node.body, [handler], [], []), node)

    def _try(self, node: ast.Try, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        if node.finalbody:
            raise Untranslatable("try with finally")
        ends = _leaves(node.body)
        assigned = _assigned(node.body)
        names = sorted(assigned & _read([*node.orelse, *rest]))
        if not ends and any(isinstance(each, ast.Return | ast.Yield) for s in node.body for each in ast.walk(s)):
            raise Untranslatable("a try block that only sometimes returns")
        body = list(node.body)
        if not ends:
            values: list[ast.expr] = [ast.Name(name, ast.Load()) for name in names] or [ast.Constant(True)]
            body.append(ast.Return(ast.Tuple(values, ast.Load())))
        key = f"try {self.depth} {self.count()}"
        made = self.plain_block(body, variables) if not ends else self.block(body, variables)
        kept = variables
        if len(node.body) > 1 or not isinstance(node.body[0], ast.Assign):  # the exception may come after an assignment
            kept = {name: each for name, each in variables.items() if name not in assigned}
        handlers = [self.block([*handler.body, *rest], kept) for handler in node.handlers]
        choose = either_yields if self.yields else either

        def after(value: Expr) -> Expr:
            if ends:
                return value
            fields = [field(value, place) for place in range(len(names))]
            return self.block([*node.orelse, *rest], {**variables, **dict(zip(names, fields, strict=True))})

        return attempted(key, made, [self._classes(each, variables) for each in node.handlers], after, handlers, choose)

    def _classes(self, handler: ast.ExceptHandler, variables: dict[str, Expr]) -> Classes:
        if handler.type is None:
            return (BaseException,)
        nodes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        found = [self.static(each, variables) for each in nodes]
        if handler.name and handler.name in _read(handler.body):
            raise Untranslatable("an except block that looks at the exception")
        if not all(is_instance(each, type) and issubclass(each, BaseException) for each in found):
            raise Untranslatable("an except clause of what is not an exception class")
        return tuple(found)  # type: ignore[arg-type]

    # for

    def _for(self, node: ast.For, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        if node.orelse or any(isinstance(each, ast.Break) for each in ast.walk(node)):
            raise Untranslatable("a loop with break or else")
        constants = self.constants_in(node.iter, variables)
        if constants is not None and not _continues(node.body):
            if len(constants) > _MOST_UNROLLED:
                raise Untranslatable(f"a loop over more than {_MOST_UNROLLED} constants")
            return self._unrolled(node.target, list(constants), node.body, rest, variables)
        kind, name, body = _purpose(node.body)
        before = variables.get(name) if name else None
        lists = self.iterated(node.iter, variables)
        bound = _assigned([node])
        after = {each: value for each, value in variables.items() if each not in bound or each == name}
        if kind == "append" and before is not None and before.kind == EMPTY:
            made = as_list(self.elements(node, lists, body, variables))
            return self.let(name, made, rest, after)
        if kind == "add" and before is not None:
            made = total(self.elements(node, lists, body, variables), before, compensated=False)
            return self.let(name, made, rest, after)
        if kind == "yield" and not name and self.yields and not rest:
            return self.elements(node, lists, body, variables)
        if kind == "return" and not self.yields:
            return self._first(node, self.elements(node, lists, body, variables), rest, after)
        raise Untranslatable("a loop that does not append to one list, add to one number, yield, or return")

    def _unrolled(
        self, target: ast.expr, values: list[object], body: list[ast.stmt], rest: list[ast.stmt],
        variables: dict[str, Expr],
    ) -> Expr:  # fmt: skip
        statements: list[ast.stmt] = []
        for value in values:
            statements += [ast.Assign([target], literal(value)), *body]
        return self.block([*statements, *rest], variables)

    def _first(self, node: ast.For, lists: Expr, rest: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        """Return the item that the loop returns, for the first element that returns one, else the value of the rest."""
        key = f"first {self.depth} {self.count()}"
        stored = self.stored(key, lists.kind)
        found = Expr(bool, lambda frame: frame.variables[key].lengths() > 0)
        assert isinstance(lists.kind, ListOf)
        return self.kept(key, lists, lambda: either(found, item(stored, 0), self.block(rest, variables)))


EMPTY = ListOf(NOTHING)
"""The kind of the display `[]`, which a loop appends to."""


def _fails(frame: Frame) -> None:
    frame.require(np.False_)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Return whether a block surely returns, raises or yields at its end."""
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Yield):
        return True
    return isinstance(last, ast.If) and bool(last.orelse) and _leaves(last.body) and _leaves(last.orelse)


def _assigned(body: Sequence[ast.stmt]) -> set[str]:
    names = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def _read(body: Sequence[ast.stmt]) -> set[str]:
    names = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _continues(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Continue) for statement in body for node in ast.walk(statement))


def _purpose(body: list[ast.stmt]) -> tuple[str, str, list[ast.stmt]]:
    """Return how a loop's body uses its elements, the name that it changes, and the body rewritten as one that yields.

    `for w in words: if w: found.append(w.lower())` → ("append", "found", [if w: yield w.lower()])
    """
    purposes: set[tuple[str, str]] = set()
    made = [_Yielding(purposes).visit(copy.deepcopy(each)) for each in body]
    if len(purposes) != 1:
        return "", "", body
    [(kind, name)] = purposes
    uses = [node for each in made for node in ast.walk(each) if isinstance(node, ast.Name) and node.id == name]
    return ("", "", body) if name and uses else (kind, name, made)


def literal(value: object) -> ast.expr:
    """Return the syntax node of a constant, or of a tuple of constants."""
    if type(value) is tuple:
        return ast.Tuple([literal(each) for each in value], ast.Load())
    return ast.Constant(value)  # type: ignore[arg-type]


def _appended(call: ast.Call) -> str | None:
    """Return the name in `name.append(value)`, or None."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "append" or len(call.args) != 1 or call.keywords:
        return None
    return call.func.value.id if isinstance(call.func.value, ast.Name) else None


class _Yielding(ast.NodeTransformer):
    """Turns `found.append(x)`, `total += x` and `return x` into `yield x`, and `continue` into `return`."""

    def __init__(self, purposes: set[tuple[str, str]]) -> None:
        self.purposes = purposes

    def visit_Expr(self, node: ast.Expr) -> Any:
        call = node.value
        if isinstance(call, ast.Yield):
            self.purposes.add(("yield", ""))
        elif isinstance(call, ast.Call) and (name := _appended(call)):
            self.purposes.add(("append", name))
            return ast.copy_location(ast.Expr(ast.Yield(call.args[0])), node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if isinstance(node.target, ast.Name) and isinstance(node.op, ast.Add):
            self.purposes.add(("add", node.target.id))
            return ast.copy_location(ast.Expr(ast.Yield(node.value)), node)
        return node

    def visit_Return(self, node: ast.Return) -> Any:
        self.purposes.add(("return", ""))
        return ast.copy_location(ast.Expr(ast.Yield(node.value or ast.Constant(None))), node)

    def visit_Continue(self, node: ast.Continue) -> Any:
        return ast.copy_location(ast.Return(None), node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        return node
