"""Find the parameters whose objects a function may change, from its source and without running it.

An error shows the row as it was when the step began, so a row that may change is copied first. The analysis is
conservative: it reports every parameter that could change. Only code that hides its effects escapes it.

    def f(row, seen):
        row["n"] = 1           row: ITSELF
        seen.items.append(1)   seen: INSIDE
        return row
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from glowray.rows.objects.static_attributes import is_one_of
from glowray.vectorize.analyze.call_effects import (
    ATOMS_FROM,
    COPIERS,
    NEW_VALUE,
    READERS,
    REMOVERS,
    STORERS,
    changes_nothing,
    is_function,
    resolved,
)
from glowray.vectorize.analyze.scope_names import (
    COMPREHENSIONS,
    Comprehension,
    body_of,
    own_names,
    parameters,
    targets_of,
)
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known

# A variable may be the parameter's object, an object inside it, or a new object that holds one of these.
SELF, PART, HOLDER = "self", "part", "holder"
Alias = tuple[str, str]
Aliases = frozenset[Alias]

_NONE: Aliases = frozenset()
_MOST_CALLS = 4
_OPAQUE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal, ast.Await)
_SCOPE_READERS: tuple[object, ...] = (locals, vars, eval, exec)


class Change(IntEnum):
    """How deep a function may change an object."""

    ITSELF = 1  # it adds, removes or replaces items, and does not change the items themselves
    INSIDE = 2  # it changes an object inside


def changed(known: Known, gives_rows: bool = False) -> Mapping[str, Change]:
    """Return parameter → how deep a call of the function may change its object. Other parameters are left out.

    Args:
        known: the function.
        gives_rows: whether the next step may change the rows that a generator yields before the generator goes on.
    """
    return _Changes(known, gives_rows, 0).found()


class _Changes:
    """Tracks one function's variables: `_aliases` maps each to the parameters that it may be, be in, or hold."""

    def __init__(self, known: Known, gives_rows: bool, depth: int) -> None:
        self._known = known
        self._gives_rows = gives_rows
        self._depth = depth
        self._parameters = parameters(known.node)
        self._aliases: dict[str, Aliases] = {name: frozenset({(name, SELF)}) for name in self._parameters}
        self._nodes = [node for part in body_of(known.node) for node in ast.walk(part)]
        self._local = own_names(known.node).union(*map(_scope_names, self._nodes))
        self._changed: dict[str, Change] = {}

    def found(self) -> Mapping[str, Change]:
        if any(isinstance(node, _OPAQUE) or self._reads_scope(node) for node in self._nodes):
            return dict.fromkeys(self._parameters, Change.INSIDE)
        before: Mapping[str, Aliases] = {}
        while before != self._aliases:  # until nothing changes: a loop may carry an alias back to its start
            before = dict(self._aliases)
            for node in self._nodes:
                self._bind(node)
        for node in self._nodes:
            self._look(node)
        return self._changed

    def _reads_scope(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and is_one_of(self._callee(node.func), _SCOPE_READERS)

    # Aliases of variables.

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._name(target, self._of(node.value))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._name(node.target, self._of(node.value))
        elif isinstance(node, ast.AugAssign):
            self._name(node.target, _held(self._of(node.value)))
        elif isinstance(node, ast.For | ast.comprehension):
            self._name(node.target, _inside(self._of(node.iter)))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._name(node.optional_vars, self._any(node.context_expr))
        elif isinstance(node, ast.Match):
            self._match(node)
        elif isinstance(node, ast.Lambda):
            for name in parameters(node):
                self._add(name, self._everything())
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STORERS:
            for name in _names(node.func.value):
                self._add(name, _held(self._union(_arguments(node))))

    def _match(self, node: ast.Match) -> None:
        whole = self._any(node.subject)
        for case in node.cases:
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if name is not None:
                    self._add(name, whole)

    def _name(self, target: ast.expr, aliases: Aliases) -> None:
        if isinstance(target, ast.Name):
            self._add(target.id, aliases)
        elif isinstance(target, ast.Starred):
            self._name(target.value, aliases)
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._name(each, _inside(aliases))
        elif isinstance(target, ast.Subscript | ast.Attribute):
            for name in _names(target.value):
                self._add(name, _held(aliases))

    def _add(self, name: str, aliases: Aliases) -> None:
        self._aliases[name] = self._aliases.get(name, _NONE) | aliases

    def _everything(self) -> Aliases:
        return frozenset((name, how) for name in self._parameters for how in (SELF, PART))

    def _of(self, node: ast.expr | None) -> Aliases:
        """Return the aliases of an expression's value."""
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id, _NONE)
        if isinstance(node, ast.Subscript | ast.Attribute):
            found = _inside(self._of(node.value))
            return found | _held(found) if isinstance(node, ast.Subscript) else found
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.IfExp | ast.BoolOp):
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            return self._union(parts)
        if isinstance(node, ast.NamedExpr | ast.Starred):
            return self._of(node.value)
        if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict | ast.BinOp | Comprehension):
            return _held(self._union(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))
        if node is None or isinstance(node, ast.Constant | ast.Compare | ast.JoinedStr | ast.UnaryOp):
            return _NONE
        return self._any(node)

    def _of_call(self, node: ast.Call) -> Aliases:
        value = self._callee(node.func)
        given = self._union(_arguments(node))
        if is_one_of(value, ATOMS_FROM):
            return _NONE
        if is_one_of(value, COPIERS):
            return _held(given)
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in NEW_VALUE:
                return _NONE
            owner = self._of(node.func.value)
            if node.func.attr in READERS:
                return _held(owner | given) if node.func.attr == "copy" else _inside(owner) | _held(owner) | given
            given |= owner
        return given | _inside(given) | _held(given)

    def _union(self, nodes: Iterable[ast.expr]) -> Aliases:
        return _NONE.union(*(self._of(node) for node in nodes))

    def _any(self, node: ast.expr) -> Aliases:
        """Return the aliases of an expression of unknown meaning: those of its names, and of the objects inside."""
        found = self._union(each for each in ast.walk(node) if isinstance(each, ast.Name))
        return found | _inside(found)

    # Nodes that change an object.

    def _look(self, node: ast.AST) -> None:
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            self._change(self._of(node.value))
        elif isinstance(node, ast.AugAssign):
            self._change(self._of(node.target))
        elif isinstance(node, ast.Call):
            self._look_at_call(node)
        elif isinstance(node, ast.Yield | ast.YieldFrom) and self._gives_rows and node.value is not None:
            given = self._of(node.value)
            self._change(given | _inside(given))
        elif isinstance(node, ast.GeneratorExp) and self._gives_rows:
            given = self._of(node.elt)
            self._change(given | _inside(given))

    def _look_at_call(self, node: ast.Call) -> None:
        value = self._callee(node.func)
        given = list(_arguments(node))
        if value is not None and changes_nothing(value) and not any(is_function(self._callee(each)) for each in given):
            return
        if type(value) is types.FunctionType:
            for each in self._changed_by(value, node):
                self._change_all(self._of(each))
            return
        if value is None and isinstance(node.func, ast.Attribute):
            if node.func.attr in NEW_VALUE or node.func.attr in READERS:
                return
            owner = self._of(node.func.value)
            if node.func.attr in STORERS | REMOVERS:
                self._change(owner)
                return
            self._change_all(owner)
        elif value is None:
            self._change_all(self._of(node.func))
        for each in given:
            self._change_all(self._of(each))

    def _changed_by(self, function: types.FunctionType, node: ast.Call) -> list[ast.expr]:
        """Return the arguments whose objects a Python function may change."""
        given = list(_arguments(node))
        helper = know(function) if self._depth < _MOST_CALLS and function is not self._known.function else None
        if not isinstance(helper, Known):
            return given
        names = _Changes(helper, True, self._depth + 1).found()
        if not names:
            return []
        positional = helper.positional()
        if node.keywords or len(given) > len(positional) or any(isinstance(each, ast.Starred) for each in given):
            return given
        return [each for each, name in zip(given, positional, strict=False) if name in names]

    def _callee(self, node: ast.expr) -> object:
        """Return the object that a call calls if its name tells, else None."""
        return resolved(self._known, node, self._local)

    def _change(self, aliases: Aliases) -> None:
        for name, how in aliases:
            if how != HOLDER:
                change = Change.ITSELF if how == SELF else Change.INSIDE
                self._changed[name] = max(change, self._changed.get(name, change))

    def _change_all(self, aliases: Aliases) -> None:
        """Note a change of the objects and of the objects inside, because code that gets an object can reach both."""
        self._change(aliases | _inside(aliases))


def _inside(aliases: Aliases) -> Aliases:
    """Return the aliases of an item of a value with these aliases."""
    parts = {(name, PART) for name, _ in aliases}
    return frozenset(parts | {(name, SELF) for name, how in aliases if how == HOLDER})


def _held(aliases: Aliases) -> Aliases:
    """Return the aliases of a new object that holds a value with these aliases."""
    return frozenset((name, HOLDER) for name, _ in aliases)


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args
    yield from (keyword.value for keyword in node.keywords)


def _names(node: ast.expr) -> list[str]:
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]


def _scope_names(node: ast.AST) -> set[str]:
    """Return the names that a lambda or comprehension binds."""
    if isinstance(node, ast.Lambda):
        return parameters(node)
    return targets_of(node) if isinstance(node, COMPREHENSIONS) else set()
