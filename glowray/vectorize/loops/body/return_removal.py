"""Rewrite a def's statements without `return`.

If every return stands in an if, the ifs assign the result:

    if n < 0:                      if n·1 < 0:
        return "-"       →             result·2 = "-"
    return "+"                     else:
                                       result·2 = "+"

Otherwise a loop of one turn stands around the body, and a return becomes an assignment and a `break`:

    for w in words:                left·4 = False
        if w:                      while True:
            return w     →             for w·2 in words·1:
                                           if w·2:
                                               result·3 = w·2
                                               left·4 = True
                                               break
                                       if left·4:
                                           break
                                       result·3 = None
                                       break
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

from glowray.vectorize.analyze.displays import field_names, has_fields, record
from glowray.vectorize.analyze.scope_names import always_leaves, holds, own_nodes
from glowray.vectorize.loops.body.call_expansion import Expander
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.weaver import Weaver, assign, load, place

Rest = Callable[[ast.expr, Span], list[ast.stmt]]


class ReturnRemoval:
    """Rewrites the body of one function.

    Args:
        copier: copies the function's nodes with the names of the generated function.
        weaver: the generated function's names and values.
        span: the generated lines of the function.
        emit: for a generator function, returns the statements that replace `yield value`.
    """

    def __init__(self, copier: Expander, weaver: Weaver, span: Span, emit: Rest | None = None) -> None:
        self._copier = copier
        self._weaver = weaver
        self._span = span
        self._emit = emit
        self._results: list[str] = []
        self._common: type[ast.Tuple] | tuple[str, ...] | None = None
        self._left: str | None = None
        self._loops = 0

    def function(self, body: list[ast.stmt]) -> tuple[list[ast.stmt], ast.expr]:
        """Return (statements, value). The value is the function's result."""
        returns = [node for node in own_nodes(body) if isinstance(node, ast.Return)]
        if not returns:
            return self._block(body), self._none()
        last = body[-1]
        if len(returns) == 1 and isinstance(last, ast.Return):
            before, value = self._copier.value(last.value) if last.value else ([], self._none())
            return [*self._block(body[:-1]), *before], value
        self._common, width = _common_display(returns) if always_leaves(body) else (None, 1)
        self._results = [self._weaver.fresh("result") for _ in range(width)]
        lowered = self._structured(body) if _is_structured(body) else self._leaving(body)
        return place(lowered, self._span), self._result()

    def _result(self) -> ast.expr:
        names: list[ast.expr] = [load(name) for name in self._results]
        if isinstance(self._common, tuple):
            return record(self._common, names)
        return names[0] if self._common is None else ast.Tuple(names, ast.Load())

    def generator(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return the statements of a generator function. `emit` returns the statements that replace each `yield`."""
        if not holds(body, ast.Return):
            return place(self._block(body), self._span)
        if _is_structured(body):
            return place(self._structured(body), self._span)
        return place(self._leaving(body), self._span)

    def statements(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return copies of statements that hold no return."""
        return self._block(body)

    # Rewriting to ifs.

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
                before, test = self._copier.value(node.test)
                made = ast.If(test, *map(self._structured, branches))
                made.body = made.body or [ast.Pass()]
                self._copier.moved(made, node)
                return [*done, *before, made]
            done += self._statement(node)
        return done if always_leaves(body) else done + self._assigned(None)

    def _assigned(self, value: ast.expr | None) -> list[ast.stmt]:
        """Return the statements that replace `return value`: they assign the result. A generator has no result."""
        if self._emit is not None:
            return []
        fields = [value]
        if self._common is not None:
            fields = value.elts if isinstance(value, ast.Tuple) else cast(ast.Dict, value).values  # type: ignore[assignment]
        made: list[ast.stmt] = []
        for name, field in zip(self._results, fields, strict=True):
            before, result = self._copier.value(field) if field is not None else ([], self._none())
            made += [*before, assign(name, result)]
        return made

    # Rewriting to a loop of one turn.

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
        if isinstance(node, _COMPOUND):
            return self._of_blocks(node)
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr) or not isinstance(value, ast.expr):
            return [self._copier.copy(node)]
        if isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Name):
            # Python reads the target before the value, so the value must stay inside the statement.
            return [self._copier.copy(node)]
        before, made = self._copier.value(value)
        return [*before, cast(ast.stmt, self._copier.copy_with(node, {"value": made}))]

    def _of_blocks(self, node: ast.stmt) -> list[ast.stmt]:
        before: list[ast.stmt] = []
        fields: dict[str, object] = {}
        for name, kind in (("test", ast.If), ("iter", ast.For)):
            if isinstance(node, kind):
                before, fields[name] = self._copier.value(getattr(node, name))
        made = self._compound(node, fields)
        if isinstance(node, ast.For | ast.While) and holds(node.body, ast.Return):
            assert self._left is not None
            return [*before, made, ast.If(load(self._left), [ast.Break()], [])]
        return [*before, made]

    def _compound(self, node: ast.AST, fields: dict[str, object]) -> ast.stmt:
        """Copy a statement that has blocks, and rewrite the blocks."""
        is_loop = isinstance(node, ast.For | ast.While)
        for name, value in ast.iter_fields(node):
            if name in fields:
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._loops += is_loop and name == "body"
                fields[name] = self._block(value) or [ast.Pass()]
                self._loops -= is_loop and name == "body"
            elif name in ("handlers", "cases") and isinstance(value, list):
                fields[name] = [self._compound(each, {}) for each in value]
        if isinstance(node, ast.ExceptHandler) and node.name:
            fields["name"] = self._copier.locals[node.name]
        return cast(ast.stmt, self._copier.copy_with(node, fields))

    def _yielded(self, node: ast.Yield | ast.YieldFrom) -> list[ast.stmt]:
        assert self._emit is not None
        if isinstance(node, ast.Yield):
            before, value = self._copier.value(node.value) if node.value is not None else ([], self._none())
            return [*before, *self._emit(value, self._span)]
        each = self._weaver.fresh("each")
        rows = self._copier.copy(node.value)
        return [ast.For(ast.Name(each, ast.Store()), rows, self._emit(load(each), self._span), [])]

    def _none(self) -> ast.expr:
        return ast.Constant(None)


_COMPOUND = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Match)


def _common_display(returns: list[ast.Return]) -> tuple[type[ast.Tuple] | tuple[str, ...] | None, int]:
    """Return (display, number of fields) if every return has the same display, else (None, 1).

    The display is `ast.Tuple` for tuples of one length without stars, or the keys for dicts of constant str keys.
    """
    shown = {_display_of(node.value) for node in returns}
    kind, width = shown.pop() if len(shown) == 1 else (None, 1)
    return (kind, width) if kind is not None and width else (None, 1)


def _display_of(value: ast.expr | None) -> tuple[type[ast.Tuple] | tuple[str, ...] | None, int]:
    if isinstance(value, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in value.elts):
        return ast.Tuple, len(value.elts)
    if isinstance(value, ast.Dict) and has_fields(value):
        return field_names(value), len(value.values)
    return None, 1


def _is_structured(body: list[ast.stmt]) -> bool:
    """Return whether every return is inside ifs only, and each if has a branch that always leaves."""
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
