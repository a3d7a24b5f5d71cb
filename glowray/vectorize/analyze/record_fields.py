"""Find the fields of a record that a known function reads."""

from __future__ import annotations

import ast
from collections.abc import Callable

from glowray.vectorize.analyze.scope_names import body_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known


def fields_of_call(call: Callable[..., object], spread: int | None) -> frozenset[str] | None:
    """Return the keys that a function of one record reads, or None if it is not known or may use the whole record."""
    known = know(call)
    return fields_read(known) if isinstance(known, Known) and spread is None else None


def fields_read(known: Known) -> frozenset[str] | None:
    """Return the keys that a function of one record reads. Return None if it may use the whole record.

    >>> from glowray.vectorize.definition.function_lookup import know
    >>> sorted(fields_read(know(lambda r: r["a"] + r["b"])))
    ['a', 'b']
    >>> name = "c"
    >>> fields_read(know(lambda r: r[name]))
    frozenset({'c'})
    >>> fields_read(know(lambda r: len(r))) is None
    True
    """
    names = known.positional()
    if len(names) - len(known.bound) != 1:
        return None
    name = names[-1]
    keys: set[str] = set()
    read: set[int] = set()
    nodes = [node for part in body_of(known.node) for node in ast.walk(part)]
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            key = _constant_key(known, node.slice, nodes) if isinstance(node.ctx, ast.Load) else None
            if type(key) is not str:
                return None
            keys.add(key)
            read.add(id(node.value))
    whole = any(isinstance(node, ast.Name) and node.id == name and id(node) not in read for node in nodes)
    return None if whole or any(isinstance(node, ast.arg) and node.arg == name for node in nodes) else frozenset(keys)


def _constant_key(known: Known, key: ast.expr, nodes: list[ast.AST]) -> object:
    """Return the value of a key that is a constant or a name from outside of the function, else None."""
    if isinstance(key, ast.Constant):
        return key.value
    if not isinstance(key, ast.Name):
        return None
    stored = any(isinstance(node, ast.Name) and node.id == key.id and not _is_read(node) for node in nodes)
    return None if stored else known.environment.value(key.id)


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)
