"""Find out whether a captured dict, list or set may change while a job runs.

A captured value is read at the action. A function of the job may still change its task's copy. Then the next call would
see the change. A container counts as constant only if the functions of its module that can reach it just read it. The
code around, which builds the container and starts the action, may do anything.

    seen = set()
    def is_new(word):
        if word in seen:        reads
            return False
        seen.add(word)          may change: `seen` is no constant
        return True
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from types import FunctionType, ModuleType

from glowray.rows.objects.static_attributes import is_one_of
from glowray.vectorize.definition.answer_cache import remembered
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.definition.source_files import SourceFile, source_of

CONTAINERS = (dict, list, set)

_READING_METHODS = frozenset({
    "get", "items", "keys", "values", "copy", "count", "index", "union", "intersection", "difference", "issubset",
    "issuperset", "isdisjoint", "symmetric_difference",
})  # fmt: skip
_READING_CALLS = frozenset({
    "len", "sorted", "set", "frozenset", "list", "tuple", "dict", "sum", "min", "max", "any", "all", "enumerate", "zip",
    "str", "repr", "reversed", "bool", "isinstance", "iter",
})  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def changed_at(known: Known, name: str, value: object) -> int | None:
    """Return the line of code that may change a container while the job runs, or None.

    Args:
        known: the function that reads the container.
        name: the name by which it reads it.
        value: the container.
    """
    return remembered(value, "changed at", name, id(known), find=lambda: _changed_at(known, name, value))


def _changed_at(known: Known, name: str, value: object) -> int | None:
    for function, names in _places(known.function, name, value):
        source = source_of(function)
        lines = [] if source is None else [line for each in names for line in changes_in(source).get(each, ())]
        if lines:
            return min(lines)
    return None


def _places(function: FunctionType, name: str, value: object) -> Iterator[tuple[FunctionType, set[str]]]:
    """Yield functions, one of each module that can reach the container, with the container's names there."""
    module = function.__globals__
    cells = {free for free in function.__code__.co_freevars if _cell(function, free) is value}
    yield function, {name, *cells, *_names_in(module, value)}
    seen = {id(module)}
    for each in list(module.values()):
        others = vars(each).values() if type(each) is ModuleType and each is not builtins else [each]
        for other in list(others):
            if type(other) is FunctionType and id(other.__globals__) not in seen:
                seen.add(id(other.__globals__))
                if names := _names_in(other.__globals__, value):
                    yield other, names


def _names_in(module: dict[str, object], value: object) -> set[str]:
    return {name for name, each in list(module.items()) if each is value}


def _cell(function: FunctionType, name: str) -> object:
    try:
        return (function.__closure__ or ())[function.__code__.co_freevars.index(name)].cell_contents
    except ValueError:
        return None


def changes_in(source: SourceFile) -> dict[str, list[int]]:
    """Return name → the lines where a function may change the container that a name outside of it holds."""
    if source.changes is None:
        source.changes = _changes(source.tree)
    return source.changes


def _changes(tree: ast.Module) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    pending: list[tuple[ast.AST, frozenset[str] | None]] = [(tree, None)]
    while pending:
        node, local = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name) and _may_change(node, child, local):
                found.setdefault(child.id, []).append(child.lineno)
            inner = _locals(child) if isinstance(child, Function) else local
            pending.append((child, inner))
    for method in _unbound_methods(tree):
        found.setdefault(method.value.id, []).append(method.lineno)  # type: ignore[attr-defined]
    return found


def _may_change(parent: ast.AST, name: ast.Name, local: frozenset[str] | None) -> bool:
    """Return whether a use of a non-local name may change the name's value."""
    if local is None or name.id in local or not isinstance(name.ctx, ast.Load):
        return False
    if isinstance(parent, ast.Subscript):
        return not isinstance(parent.ctx, ast.Load) or parent.slice is name
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _READING_METHODS
    if isinstance(parent, ast.Call):
        if isinstance(parent.func, ast.Attribute):
            return parent.func.attr not in ("join", "translate")  # methods of str that only read it
        return not (isinstance(parent.func, ast.Name) and (parent.func is name or parent.func.id in _READING_CALLS))
    if isinstance(parent, ast.If | ast.IfExp | ast.While):
        return parent.test is not name
    if isinstance(parent, ast.UnaryOp | ast.BinOp | ast.Compare | ast.comprehension | ast.Starred | ast.FormattedValue):
        return False
    if isinstance(parent, ast.For):
        return parent.iter is not name
    if isinstance(parent, ast.Dict):
        return name in parent.keys or parent.keys[parent.values.index(name)] is not None
    return True


def _locals(function: Function) -> frozenset[str]:
    """Return the names that a function binds itself."""
    spec = function.args
    names = {each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    names |= {each.arg for each in (spec.vararg, spec.kwarg) if each is not None}
    outer: set[str] = set()
    pending: list[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            outer.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        if not isinstance(node, (*Function.__args__, ast.ClassDef)):
            pending.extend(ast.iter_child_nodes(node))
    return frozenset(names - outer)


def _unbound_methods(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Yield `name.method` that is not called at once, such as `seen.add` given to a verb."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or id(node) in called:
            continue
        if isinstance(node.ctx, ast.Load) and node.attr in _CHANGING_METHODS:
            yield node


_CHANGING_METHODS = frozenset(
    name
    for kind in CONTAINERS
    for name in vars(kind)
    if not name.startswith("_") and name not in _READING_METHODS
)  # fmt: skip


def is_container(value: object) -> bool:
    """Return whether a value is a plain dict, list or set."""
    return is_one_of(type(value), CONTAINERS)
