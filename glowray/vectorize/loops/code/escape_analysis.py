"""Find the parameters of a function that must be built as objects. All others may stay displays.

A dict row stays a display while a function only looks up its fields: `row["a"]`, `row.get("a")`, `"a" in row`,
`{**row, …}`, and calls of known functions that do the same. Any other use may change or keep the dict: it escapes.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import partial

from glowray.vectorize.analyze.displays import constant_key, display_at, holds_dict, unrolled
from glowray.vectorize.analyze.scope_names import COMPREHENSIONS, body_of, parameters, targets_of
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.code.call_targets import constant_of, helper_of
from glowray.vectorize.loops.code.weaver import Weaver

_MOST_CALLS = 4
_NOWHERE: frozenset[str] = frozenset()


def escaping(
    known: Known, arguments: Mapping[str, ast.expr], weaver: Weaver, keeps_row: bool = False
) -> set[str]:  # fmt: skip
    """Return the parameters whose dicts escape: the function may change them, keep them or pass them on.

    Args:
        known: the function.
        arguments: parameter → the simple expression that it stands for.
        weaver: remembers the functions that `known` calls.
        keeps_row: whether the caller uses the row after the call. Then the function must not return a dict of it.
    """
    return _Uses(known, arguments, weaver, keeps_row, 0).found()


class _Uses:
    def __init__(
        self, known: Known, arguments: Mapping[str, ast.expr], weaver: Weaver, keeps_row: bool, depth: int
    ) -> None:
        self._known = known
        self._weaver = weaver
        self._arguments = {name: value for name, value in arguments.items() if holds_dict(value)}
        self._keeps_row = keeps_row
        self._depth = depth
        self._escaped: set[str] = set()

    def found(self) -> set[str]:
        node = self._known.node
        if self._arguments:
            for part in body_of(node):
                self._visit(part, _NOWHERE, is_result=isinstance(node, ast.Lambda))
        return self._escaped

    def _display(self, node: ast.expr, hidden: frozenset[str]) -> ast.expr | None:
        visible = {name: value for name, value in self._arguments.items() if name not in hidden}
        return display_at(node, visible)

    def _visit(self, node: ast.AST, hidden: frozenset[str], is_result: bool = False) -> None:
        if isinstance(node, ast.Name | ast.Subscript):
            self._visit_path(node, hidden, is_result)
        elif isinstance(node, ast.Return) and node.value is not None:
            self._visit(node.value, hidden, is_result=True)
        elif isinstance(node, ast.Call):
            self._visit_call(node, hidden)
        elif isinstance(node, ast.Compare) and is_membership(node) and self._stands(node.comparators[0], hidden):
            return
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None or not self._stands(value, hidden):
                    self._visit_all([part for part in (key, value) if part is not None], hidden)
        elif isinstance(node, ast.Lambda):
            self._visit_all([*node.args.defaults, *filter(None, node.args.kw_defaults)], hidden)
            self._visit(node.body, hidden | parameters(node))
        elif isinstance(node, COMPREHENSIONS):
            constant = partial(constant_of, self._known)
            if (display := unrolled(node, lambda name: None if name in hidden else constant(name))) is not None:
                self._visit(display, hidden)
                return
            self._visit(node.generators[0].iter, hidden)
            self._visit_all(ast.iter_child_nodes(node), hidden | targets_of(node))
        else:
            self._visit_all(ast.iter_child_nodes(node), hidden)

    def _visit_all(self, nodes: object, hidden: frozenset[str]) -> None:
        for each in nodes:  # type: ignore[attr-defined]
            self._visit(each, hidden)

    def _visit_path(self, node: ast.Name | ast.Subscript, hidden: frozenset[str], is_result: bool) -> None:
        display = self._display(node, hidden)
        if display is not None and not holds_dict(display):
            return
        if display is not None and is_result and not self._keeps_row:
            return
        if isinstance(node, ast.Subscript):
            if display is not None:
                self._escape(node)
            else:
                self._visit_all((node.value, node.slice), hidden)
        elif node.id in self._arguments and node.id not in hidden:
            self._escaped.add(node.id)

    def _escape(self, node: ast.expr) -> None:
        while isinstance(node, ast.Subscript):
            node = node.value
        assert isinstance(node, ast.Name)
        self._escaped.add(node.id)

    def _stands(self, node: ast.expr, hidden: frozenset[str]) -> bool:
        return isinstance(self._display(node, hidden), ast.Dict)

    def _visit_call(self, node: ast.Call, hidden: frozenset[str]) -> None:
        if is_get(node) and isinstance(node.func, ast.Attribute) and self._stands(node.func.value, hidden):
            self._visit_all(node.args[1:], hidden)
            return
        is_hidden = isinstance(node.func, ast.Name) and node.func.id in hidden
        follows = self._depth < _MOST_CALLS and not is_hidden
        helper = helper_of(self._known, node, self._weaver) if follows else None
        if helper is None:
            self._visit_all(ast.iter_child_nodes(node), hidden)
            return
        names = helper.positional()[len(helper.bound) :]
        given: dict[str, ast.expr] = {}
        for name, argument in zip(names, node.args, strict=False):
            display = self._display(argument, hidden)
            if display is None:
                self._visit(argument, hidden)
            else:
                given[name] = display
        escaped = _Uses(helper, given, self._weaver, True, self._depth + 1).found()
        for name, argument in zip(names, node.args, strict=False):
            if name in escaped:
                self._escape(argument)
        self._visit_all(node.args[len(names) :], hidden)


def is_get(node: ast.Call) -> bool:
    """Return whether the call has the form `….get("key")` or `….get("key", default)`."""
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and not node.keywords
        and len(node.args) in (1, 2)
        and isinstance(constant_key(node.args[0]), str)
    )


def is_membership(node: ast.Compare) -> bool:
    """Return whether the comparison has the form `"key" in …` or `"key" not in …`."""
    is_in = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
    return is_in and isinstance(constant_key(node.left), str)
