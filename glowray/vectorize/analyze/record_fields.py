"""Find the fields of a record that a known function reads."""

from __future__ import annotations

import ast
from collections.abc import Callable

from glowray.vectorize.analyze.call_effects import called, is_function
from glowray.vectorize.analyze.scope_names import body_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known


def fields_of_call(call: Callable[..., object], spread: int | None) -> frozenset[str] | None:
    """Return the keys that a function of one record reads, or None if it is not known or may use the whole record."""
    known = know(call)
    return fields_read(known) if isinstance(known, Known) and spread is None else None


def fields_read(known: Known, callers: tuple[object, ...] = ()) -> frozenset[str] | None:
    """Return the keys that a function of one record reads. Return None if it may use the whole record.

    `callers` are the functions that hand their record on to this one.

    >>> from glowray.vectorize.definition.function_lookup import know
    >>> sorted(fields_read(know(lambda r: r["a"] + r["b"])))
    ['a', 'b']
    >>> name = "c"
    >>> fields_read(know(lambda r: r[name]))
    frozenset({'c'})
    >>> fields_read(know(lambda r: len(r))) is None
    True
    >>> speed = lambda r: r["miles"] / r["hours"]
    >>> sorted(fields_read(know(lambda r: (r["id"], speed(r)))))
    ['hours', 'id', 'miles']
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
        if isinstance(node, ast.Call) and len(node.args) == 1 and _is_name(node.args[0], name):
            inner = _fields_of_called(known, node, (*callers, known.function))
            if inner is None:
                return None
            keys |= inner
            read.add(id(node.args[0]))
    whole = any(isinstance(node, ast.Name) and node.id == name and id(node) not in read for node in nodes)
    return None if whole or any(isinstance(node, ast.arg) and node.arg == name for node in nodes) else frozenset(keys)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _fields_of_called(known: Known, call: ast.Call, callers: tuple[object, ...]) -> frozenset[str] | None:
    """Return the keys that the called function reads of its record. Return None if that is not sure."""
    function = called(known, call)
    inner = know(function) if callable(function) and is_function(function) else None
    if not isinstance(inner, Known) or any(inner.function is caller for caller in callers):
        return None
    return fields_read(inner, callers)


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
