"""A def's statements without `return`: structured ifs where that is enough, else a loop that `break` leaves."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

from glowray.vectorize.names import always_leaves, holds, own_nodes
from glowray.vectorize.positions import Span
from glowray.vectorize.rename import Copier
from glowray.vectorize.weave import Weaver, assign, load, place

Rest = Callable[[ast.expr, Span], list[ast.stmt]]


class Lowering:
    """Lowers one function body.

    Args:
        emit: for a generator function: the statements that take the place of `yield value`.
    """

    def __init__(self, copier: Copier, weaver: Weaver, span: Span, emit: Rest | None = None) -> None:
        self._copier = copier
        self._weaver = weaver
        self._span = span
        self._emit = emit
        self._results: list[str] = []
        self._is_tuple = False
        self._left: str | None = None
        self._loops = 0

    def function(self, body: list[ast.stmt]) -> tuple[list[ast.stmt], ast.expr]:
        """(statements, value) of a function that returns."""
        returns = [node for node in own_nodes(body) if isinstance(node, ast.Return)]
        if not returns:
            return self._block(body), self._none()
        last = body[-1]
        if len(returns) == 1 and isinstance(last, ast.Return):
            return self._block(body[:-1]), self._copier.copy(last.value) if last.value else self._none()
        width = _common_width(returns) if always_leaves(body) else None
        self._is_tuple = width is not None
        self._results = [self._weaver.fresh("result") for _ in range(1 if width is None else width)]
        names: list[ast.expr] = [load(name) for name in self._results]
        value = ast.Tuple(names, ast.Load()) if self._is_tuple else names[0]
        lowered = self._structured(body) if _is_structured(body) else self._leaving(body)
        return place(lowered, self._span), value

    def generator(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The statements of a generator function, each `yield` replaced by what `emit` gives."""
        if not holds(body, ast.Return):
            return place(self._block(body), self._span)
        if _is_structured(body):
            return place(self._structured(body), self._span)
        return place(self._leaving(body), self._span)

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Statements without a return, copied."""
        return self._block(body)

    # With ifs only.

    def _structured(self, body: list[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for index, node in enumerate(body):
            following = body[index + 1 :]
            if isinstance(node, ast.Return):
                return done + self._assigned(node.value)
            if isinstance(node, ast.If) and holds([node], ast.Return):
                if always_leaves(node.body):
                    branches = node.body, [*node.orelse, *following]
                else:
                    branches = [*node.body, *following], node.orelse
                made = ast.If(self._copier.copy(node.test), *map(self._structured, branches))
                made.body = made.body or [ast.Pass()]
                self._copier.moved(made, node)
                return [*done, made]
            done += self._statement(node)
        return done if always_leaves(body) else done + self._assigned(None)

    def _assigned(self, value: ast.expr | None) -> list[ast.stmt]:
        """What `return value` leaves behind."""
        if self._emit is not None:
            return []
        if self._is_tuple:
            fields = cast(ast.Tuple, value).elts
            return [assign(name, self._copier.copy(field)) for name, field in zip(self._results, fields, strict=True)]
        return [assign(self._results[0], self._copier.copy(value) if value is not None else self._none())]

    # With a loop of one turn that `break` leaves.

    def _leaving(self, body: list[ast.stmt]) -> list[ast.stmt]:
        self._left = self._weaver.fresh("left") if _returns_in_loop(body) else None
        start: list[ast.stmt] = [assign(self._left, ast.Constant(False))] if self._left else []
        inside = self._block(body)
        if not always_leaves(body):
            inside += [*self._assigned(None), ast.Break()]
        return [*start, ast.While(ast.Constant(True), inside, [])]

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [made for node in body for made in self._statement(node)]

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Return):
            leave: list[ast.stmt] = [assign(self._left, ast.Constant(True))] if self._left and self._loops else []
            return [*self._assigned(node.value), *leave, ast.Break()]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
            return self._yielded(node.value)
        if not holds([node], (ast.Return, ast.Yield, ast.YieldFrom)):
            return [self._copier.copy(node)]
        made = self._compound(node)
        if isinstance(node, ast.For | ast.While) and holds(node.body, ast.Return):
            assert self._left is not None
            return [made, ast.If(load(self._left), [ast.Break()], [])]
        return [made]

    def _compound(self, node: ast.AST) -> ast.stmt:
        """A statement with a return or yield somewhere below: its blocks lowered, the rest of it copied."""
        fields: dict[str, object] = {}
        is_loop = isinstance(node, ast.For | ast.While)
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._loops += is_loop and name == "body"
                fields[name] = self._block(value) or [ast.Pass()]
                self._loops -= is_loop and name == "body"
            elif name in ("handlers", "cases") and isinstance(value, list):
                fields[name] = [self._compound(each) for each in value]
            elif isinstance(value, list):
                fields[name] = [self._copier.copy(each) for each in value]
            else:
                fields[name] = self._copier.copy(value) if isinstance(value, ast.AST) else value
        if isinstance(node, ast.ExceptHandler) and node.name:
            fields["name"] = self._copier.locals[node.name]
        return cast(ast.stmt, self._copier.moved(type(node)(**fields), node))

    def _yielded(self, node: ast.Yield | ast.YieldFrom) -> list[ast.stmt]:
        assert self._emit is not None
        if isinstance(node, ast.Yield):
            return self._emit(self._copier.copy(node.value) if node.value is not None else self._none(), self._span)
        each = self._weaver.fresh("each")
        rows = self._copier.copy(node.value)
        return [ast.For(ast.Name(each, ast.Store()), rows, self._emit(load(each), self._span), [])]

    def _none(self) -> ast.expr:
        return ast.Constant(None)


def _common_width(returns: list[ast.Return]) -> int | None:
    """The number of fields when every return has a tuple display of so many, without stars."""
    widths = {
        len(node.value.elts)
        if isinstance(node.value, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.value.elts)
        else None
        for node in returns
    }
    width = widths.pop() if len(widths) == 1 else None
    return width or None


def _is_structured(body: list[ast.stmt]) -> bool:
    """Whether every return stands in ifs alone, each of which has a branch that always leaves."""
    for index, node in enumerate(body):
        if isinstance(node, ast.Return):
            return True
        if not holds([node], ast.Return):
            continue
        if not isinstance(node, ast.If):
            return False
        following = body[index + 1 :]
        if always_leaves(node.body):
            return _is_structured(node.body) and _is_structured([*node.orelse, *following])
        if node.orelse and always_leaves(node.orelse):
            return _is_structured(node.orelse) and _is_structured([*node.body, *following])
        return False
    return True


def _returns_in_loop(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.For | ast.While) and holds(node.body, ast.Return) for node in own_nodes(body)
    )  # fmt: skip
