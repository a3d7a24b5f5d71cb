"""Definite assignment: find locals that a function may read before it assigns them.

A call starts with fresh locals. A loop keeps its variables from row to row. A call raises UnboundLocalError, where an
inlined body would read the previous row's value. So functions with such a local are not inlined.

    def f(row):
        if row > 0: sign = 1
        return sign          the path with row <= 0 reads `sign` unassigned
"""

from __future__ import annotations

import ast

from glowray.vectorize.analyze.scope_names import COMPREHENSIONS, Comprehension, own_names, stored_names, targets_of

State = frozenset[str] | None  # names assigned on every path to here; None if no path leads here


class MayBeUnbound(Exception):  # noqa: N818  (ends the analysis with its answer; it is no failure)
    """A local that some path reads before assigning it."""


def check_assigned(node: ast.Lambda | ast.FunctionDef, parameters: set[str]) -> str | None:
    """Return the name of a local that may be read unassigned, or None."""
    analysis = _Analysis(own_names(node))
    if (shared := _shared_handler_name(node, parameters)) is not None:
        return shared
    try:
        if isinstance(node, ast.Lambda):
            analysis.read(node.body, frozenset(parameters))
        else:
            analysis.block(node.body, frozenset(parameters))
    except MayBeUnbound as unbound:
        return str(unbound)
    return None


def _shared_handler_name(node: ast.AST, parameters: set[str]) -> str | None:
    """Return the name of an `except … as name` that the function also binds elsewhere, or None.

    Python unbinds the name when the handler ends.
    """
    others = set(parameters)
    handlers: list[ast.ExceptHandler] = []
    for each in ast.walk(node):
        if isinstance(each, ast.ExceptHandler):
            handlers.append(each)
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            others.add(each.id)
    for handler in handlers:
        inner = {each.name for part in handler.body for each in ast.walk(part) if isinstance(each, ast.ExceptHandler)}
        if handler.name and handler.name in others | inner:
            return handler.name
    return None


def _meet(*states: State) -> State:
    alive = [state for state in states if state is not None]
    return frozenset.intersection(*alive) if alive else None


class _Analysis:
    def __init__(self, local: frozenset[str]) -> None:
        self._local = local
        self._breaks: list[list[State]] = []
        self._handling: list[str] = []

    # Expressions: each method returns the names assigned after evaluating one.

    def read(self, node: ast.AST | None, known: frozenset[str]) -> frozenset[str]:
        if node is None:
            return known
        if isinstance(node, ast.BoolOp | ast.IfExp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return frozenset.intersection(*self.condition(node, known))
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id in self._local and node.id not in known:
                raise MayBeUnbound(node.id)
            return known if isinstance(node.ctx, ast.Load) else known | {node.id}
        if isinstance(node, ast.NamedExpr):
            return self.read(node.value, known) | {node.target.id}
        if isinstance(node, ast.Lambda):
            for default in (*node.args.defaults, *node.args.kw_defaults):
                known = self.read(default, known)
            self._nested(node.body, known, own_names(node))
            return known
        if isinstance(node, COMPREHENSIONS):
            return self._comprehension(node, known)
        for child in ast.iter_child_nodes(node):
            known = self.read(child, known)
        return known

    def condition(self, node: ast.expr, known: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return (names assigned if the expression was true, names assigned if it was false)."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            true, false = self.condition(node.operand, known)
            return false, true
        if isinstance(node, ast.IfExp):
            true, false = self.condition(node.test, known)
            after = self.read(node.body, true) & self.read(node.orelse, false)
            return after, after
        if isinstance(node, ast.BoolOp):
            is_and = isinstance(node.op, ast.And)
            ends: list[frozenset[str]] = []
            for value in node.values:
                true, false = self.condition(value, known)
                known = true if is_and else false
                ends.append(false if is_and else true)
            left_early = frozenset.intersection(*ends)
            return (known, left_early) if is_and else (left_early, known)
        after = self.read(node, known)
        return after, after

    def _nested(self, body: ast.expr, known: frozenset[str], shadowing: frozenset[str]) -> None:
        outer, self._local = self._local, self._local - shadowing
        self.read(body, known)
        self._local = outer

    def _comprehension(self, node: Comprehension, known: frozenset[str]) -> frozenset[str]:
        after = inside = self.read(node.generators[0].iter, known)
        outer, self._local = self._local, self._local - targets_of(node)
        for index, generator in enumerate(node.generators):
            if index:
                inside = self.read(generator.iter, inside)
            for test in generator.ifs:
                inside, _ = self.condition(test, inside)
        for element in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            inside = self.read(element, inside)
        self._local = outer
        return after

    # Statements: each method returns the state after them.

    def block(self, statements: list[ast.stmt], state: State) -> State:
        for statement in statements:
            if state is None:
                return None
            state = self._statement(statement, state)
        return state

    def _statement(self, node: ast.stmt, known: frozenset[str]) -> State:
        if isinstance(node, ast.If):
            true, false = self.condition(node.test, known)
            return _meet(self.block(node.body, true), self.block(node.orelse, false))
        if isinstance(node, ast.For | ast.While):
            return self._loop(node, known)
        if isinstance(node, ast.Try):
            return self._try(node, known)
        if isinstance(node, ast.With):
            for item in node.items:
                known = self.read(item.optional_vars, self.read(item.context_expr, known))
            # The context manager may swallow an exception from anywhere in the body, so none of its assignments count.
            self.block(node.body, known)
            return known
        if isinstance(node, ast.Match):
            return self._match(node, known)
        if isinstance(node, ast.Return | ast.Raise):
            for child in ast.iter_child_nodes(node):
                known = self.read(child, known)
            return None
        if isinstance(node, ast.Break):
            self._breaks[-1].append(known - set(self._handling))
            return None
        if isinstance(node, ast.Continue):
            return None
        return self._simple(node, known)

    def _simple(self, node: ast.stmt, known: frozenset[str]) -> State:
        if isinstance(node, ast.Assign):
            known = self.read(node.value, known)
            for target in node.targets:
                known = self.read(target, known)
        elif isinstance(node, ast.AnnAssign):
            known = self.read(node.target, self.read(node.value, known)) if node.value is not None else known
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name) and node.target.id not in known:
                raise MayBeUnbound(node.target.id)
            known = self.read(node.value, self.read(node.target, known))
        elif isinstance(node, ast.Assert):
            true, false = self.condition(node.test, known)
            self.read(node.msg, false)
            known = true
        elif isinstance(node, ast.Import | ast.ImportFrom):
            known = known | stored_names([node])
        else:
            for child in ast.iter_child_nodes(node):
                known = self.read(child, known)
        return known

    def _loop(self, node: ast.For | ast.While, known: frozenset[str]) -> State:
        self._breaks.append([])
        if isinstance(node, ast.For):
            known = self.read(node.iter, known)
            entered, ended = self.read(node.target, known), known
        else:
            entered, ended = self.condition(node.test, known)
        self.block(node.body, entered)
        breaks = self._breaks.pop()
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
        return _meet(None if endless else self.block(node.orelse, ended), *breaks)

    def _try(self, node: ast.Try, known: frozenset[str]) -> State:
        ends = [self.block(node.orelse, self.block(node.body, known))]
        for handler in node.handlers:
            caught = self.read(handler.type, known)
            named = {handler.name} if handler.name else set()
            self._handling.extend(named)
            end = self.block(handler.body, caught | named)
            # Python unbinds the handler's name after it.
            del self._handling[len(self._handling) - len(named) :]
            ends.append(None if end is None else end - named)
        last = self.block(node.finalbody, known)
        after = _meet(*ends)
        return None if after is None or last is None else after | last

    def _match(self, node: ast.Match, known: frozenset[str]) -> State:
        known = self.read(node.subject, known)
        ends: list[State] = []
        for case in node.cases:
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.expr):
                    self.read(part, known)
            matched = known | stored_names([case.pattern])
            if case.guard is not None:
                matched, _ = self.condition(case.guard, matched)
            ends.append(self.block(case.body, matched))
        return _meet(known, *ends)
