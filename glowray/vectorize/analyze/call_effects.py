"""Find the object that a call calls, and tell which builtin functions and methods change their arguments."""

from __future__ import annotations

import ast
import bisect
import functools
import heapq
import operator
import sys
import types
from collections.abc import Container

from glowray.rows.objects.static_attributes import is_one_of
from glowray.vectorize.analyze.scope_names import own_names
from glowray.vectorize.definition.known_function import Known

ATOMS_FROM: tuple[object, ...] = (
    len, int, float, str, bool, bytes, complex, repr, ascii, hash, ord, chr, isinstance, issubclass, callable, type, id,
    format, bin, hex, oct, any, all, range, print,
)  # fmt: skip
"""Builtins whose result is a new object that holds no part of their arguments."""

COPIERS: tuple[object, ...] = (list, dict, tuple, set, frozenset, sorted)
"""Builtins that return a new collection with the items of their argument."""

NEW_VALUE = frozenset({
    "split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "lower", "upper", "title", "casefold", "capitalize",
    "swapcase", "replace", "join", "format", "format_map", "encode", "decode", "startswith", "endswith", "find",
    "rfind", "index", "rindex", "count", "partition", "rpartition", "zfill", "ljust", "rjust", "center", "expandtabs",
    "translate", "removeprefix", "removesuffix", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower",
    "isnumeric", "isdecimal", "isidentifier", "istitle", "isascii", "isprintable", "hex", "bit_length", "is_integer",
    "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "group", "groups", "isoformat", "strftime",
    "timestamp", "date", "time", "issubset", "issuperset", "isdisjoint", "total_seconds", "most_common",
})  # fmt: skip
"""Methods of immutable types and patterns: they change nothing and return a new value."""

READERS = frozenset({"get", "keys", "values", "items", "copy", "union", "intersection", "difference"})
"""Methods of collections that change nothing and return their items."""

STORERS = frozenset({"append", "appendleft", "add", "extend", "insert", "update", "setdefault"})
"""Methods that change the collection and keep their arguments in it, without changing the arguments."""

REMOVERS = frozenset({"pop", "popitem", "popleft", "remove", "discard", "clear", "sort", "reverse", "rotate"})
"""Methods that change the collection and none of its items."""

_CHANGING: tuple[object, ...] = (
    next, setattr, delattr, exec, eval, map, filter, iter, vars, __import__, compile,
    heapq.heappush, heapq.heappop, heapq.heapify, heapq.heapreplace, heapq.heappushpop,
    bisect.insort, bisect.insort_left, bisect.insort_right, operator.setitem, operator.delitem, operator.iadd,
    operator.iconcat, operator.ior, operator.iand, operator.isub, operator.imul, operator.ixor, functools.reduce,
)  # fmt: skip
_FIXED_TYPES: tuple[type, ...] = (str, bytes, int, float, bool, complex, tuple, frozenset, range, type(None), object)
_BUILTIN_TYPES: tuple[type, ...] = (*_FIXED_TYPES, list, dict, set, bytearray, enumerate, zip, reversed, slice)
_METHODS: tuple[type, ...] = (types.MethodDescriptorType, types.WrapperDescriptorType)
_GETTERS: tuple[type, ...] = (operator.itemgetter, operator.attrgetter)
_FUNCTIONS: tuple[type, ...] = (types.FunctionType, types.MethodType, functools.partial)


def is_function(value: object) -> bool:
    """Return whether a value is a function, method or partial: calling it may run Python code."""
    return is_one_of(type(value), _FUNCTIONS)


def changes_nothing(value: object) -> bool:
    """Return whether a call of this object never changes its arguments."""
    if is_one_of(value, _CHANGING):
        return False
    kind = type(value)
    if kind is type:
        is_error = issubclass(value, BaseException) and value.__module__ == "builtins"  # type: ignore[arg-type]
        return is_error or is_one_of(value, _BUILTIN_TYPES)
    if is_one_of(kind, _METHODS):
        method: types.MethodDescriptorType = value  # type: ignore[assignment]
        return is_one_of(method.__objclass__, _FIXED_TYPES) or method.__name__ in NEW_VALUE | READERS
    if kind is types.BuiltinFunctionType:
        return str(value.__module__).partition(".")[0].removeprefix("_") in _STANDARD or _is_of_atom(value)
    return is_one_of(kind, _GETTERS)


_STANDARD = {name.removeprefix("_") for name in sys.stdlib_module_names}


def _is_of_atom(value: object) -> bool:
    """Return whether a builtin method is bound to an object of a builtin type.

    The method may then change its owner, but never its arguments.
    """
    owner = getattr(value, "__self__", None)
    return is_one_of(type(owner), _BUILTIN_TYPES)


def called(known: Known, call: ast.Call) -> object:
    """Return the object that a call of a plain name with plain arguments calls, or None if that is not sure."""
    are_plain = not call.keywords and not any(isinstance(argument, ast.Starred) for argument in call.args)
    is_name = isinstance(call.func, ast.Name)
    return resolved(known, call.func, own_names(known.node)) if is_name and are_plain else None


def resolved(known: Known, node: ast.expr, local: Container[str]) -> object:
    """Return the value of a name, or of an attribute of a module or builtin type. Return None if that is not sure."""
    if isinstance(node, ast.Name) and node.id not in local:
        return known.environment.value(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = resolved(known, node.value, local)
        if type(owner) is types.ModuleType or is_one_of(owner, _BUILTIN_TYPES):
            return vars(owner).get(node.attr)
    return None
