"""Displays: `(x·1, y·2)` or `{"a": x·1}` in generated code stands for a row that is not built as an object.

A step that returns `{"a": n, "b": n + 1}` leaves two variables. The next step's `row["b"]` becomes the variable `b·2`.
The row is built only if code could change or keep it. All functions here read or make syntax trees.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping

Key = str | int
MOST_UNROLLED = 100


def is_simple(node: ast.expr) -> bool:
    """Return whether an expression is a name, a constant or a display of these.

    A simple expression may be evaluated at any time and any number of times.
    """
    if isinstance(node, ast.Tuple):
        return all(map(is_simple, node.elts))
    if isinstance(node, ast.Dict):
        return has_fields(node) and all(map(is_simple, node.values))
    return isinstance(node, ast.Name | ast.Constant)


def simple_copy(node: ast.expr) -> ast.expr:
    """Return a copy of a simple expression without line numbers."""
    if isinstance(node, ast.Tuple):
        return ast.Tuple([simple_copy(each) for each in node.elts], ast.Load())
    if isinstance(node, ast.Dict):
        keys = [key and simple_copy(key) for key in node.keys]
        return ast.Dict(keys, [simple_copy(value) for value in node.values])
    if isinstance(node, ast.Constant):
        return ast.Constant(node.value)
    assert isinstance(node, ast.Name)
    return ast.Name(node.id, ast.Load())


def has_fields(node: ast.Dict) -> bool:
    """Return whether all keys are different str constants."""
    names = [key.value for key in node.keys if isinstance(key, ast.Constant) and type(key.value) is str]
    return len(names) == len(node.keys) == len(set(names))


def field_names(node: ast.Dict) -> tuple[str, ...]:
    """Return the keys of a display for which `has_fields` is true."""
    return tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))


def record(names: tuple[str, ...], values: list[ast.expr]) -> ast.Dict:
    """Return a dict display with these keys and values."""
    return ast.Dict([ast.Constant(name) for name in names], values)


def holds_dict(node: ast.expr) -> bool:
    """Return whether a display is a dict, or a tuple that holds one. Code could change that object."""
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Tuple) and any(map(holds_dict, node.elts)))


def field_of(node: ast.expr | None, key: Key) -> ast.expr | None:
    """Return the field of a display at a key, or None if there is no such field or no display."""
    if isinstance(node, ast.Tuple) and isinstance(key, int):
        return node.elts[key] if -len(node.elts) <= key < len(node.elts) else None
    if isinstance(node, ast.Dict) and isinstance(key, str) and has_fields(node):
        return dict(zip(field_names(node), node.values, strict=True)).get(key)
    return None


def constant_key(node: ast.expr) -> Key | None:
    """Return the int or str that a subscript spells: `row["a"]` → "a", `row[-1]` → -1. Return None for all else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant_key(node.operand)
        return -inner if isinstance(inner, int) else None
    return node.value if isinstance(node, ast.Constant) and type(node.value) in (int, str) else None  # type: ignore[return-value]


def constant_index(node: ast.expr) -> int | None:
    """Return the int that a subscript spells, a minus sign included: `row[-1]` → -1."""
    key = constant_key(node)
    return key if isinstance(key, int) else None


def display_at(node: ast.expr, arguments: Mapping[str, ast.expr]) -> ast.expr | None:
    """Return the expression that `row`, `row[1]` or `row["a"]["b"]` stands for, or None.

    Args:
        node: the expression in the user's function.
        arguments: parameter → the simple expression that it stands for.
    """
    if isinstance(node, ast.Name):
        return arguments.get(node.id) if isinstance(node.ctx, ast.Load) else None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        key = constant_key(node.slice)
        return None if key is None else field_of(display_at(node.value, arguments), key)
    return None


def merged(node: ast.Dict) -> ast.Dict:
    """Merge spread dict displays: `{**{"a": x}, "b": y}` → `{"a": x, "b": y}`.

    Return the node itself if it has other parts, or if the order of evaluation would change.
    """
    names: list[str] = []
    values: dict[str, ast.expr] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            if not (isinstance(value, ast.Dict) and has_fields(value) and is_simple(value)):
                return node
            added = dict(zip(field_names(value), value.values, strict=True))
        elif isinstance(key, ast.Constant) and type(key.value) is str:
            added = {key.value: value}
        else:
            return node
        for name, field in added.items():
            if name not in values:
                names.append(name)
            elif not is_simple(values[name]):
                return node
            values[name] = field
    in_order = [value for value in node.values if not is_simple(value)]
    moved = [values[name] for name in names if not is_simple(values[name])]
    if [id(value) for value in in_order] != [id(value) for value in moved]:
        return node
    return ast.copy_location(record(tuple(names), [values[name] for name in names]), node)


def unrolled(node: ast.expr, constant: Callable[[str], object]) -> ast.Dict | None:
    """Return `{name: row[name] for name in NAMES}` as a dict display, or None.

    NAMES is a display of constant strings, `("a", "b")` or `["a", "b"]`, or a name for a tuple of strings.
    """
    if not isinstance(node, ast.DictComp) or len(node.generators) != 1:
        return None
    (loop,) = node.generators
    target = loop.target
    if loop.ifs or loop.is_async or not isinstance(target, ast.Name):
        return None
    names = _constant_items(loop.iter, constant)
    if type(names) is not tuple or len(names) > MOST_UNROLLED or not all(type(name) is str for name in names):
        return None
    if any(isinstance(part, _SCOPES) for side in (node.key, node.value) for part in ast.walk(side)):
        return None
    keys: list[ast.expr | None] = [_given(node.key, target.id, name) for name in names]
    return ast.copy_location(ast.Dict(keys, [_given(node.value, target.id, name) for name in names]), node)


def _constant_items(node: ast.expr, constant: Callable[[str], object]) -> object:
    """Return the items of a display of constants as a tuple, or the value of a name."""
    if isinstance(node, ast.Tuple | ast.List):
        items = [item.value for item in node.elts if isinstance(item, ast.Constant)]
        return tuple(items) if len(items) == len(node.elts) else None
    return constant(node.id) if isinstance(node, ast.Name) else None


_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)


def _given(node: ast.expr, name: str, value: str) -> ast.expr:
    """Return a copy of the expression with a constant in place of a name."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.copy_location(ast.Constant(value), node) if node.id == name else node

    made: ast.expr = Put().visit(copy.deepcopy(node))
    return made
