"""Find the parts of a user's module that functions use, for modules that travel by value.

A module file beside the script may hold a lock, a connection or a web framework's `request`, which cannot be pickled.
For `helpers.clean(row)` only `clean` has to travel. So this module reads a function's bytecode for the attributes that
it takes from a module. A module that the code uses in another way (`vars(helpers)`, `[helpers]`) travels whole.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile
from types import CodeType, ModuleType
from typing import Any

Path = tuple[str, ...]
Uses = dict[str, frozenset[Path] | None]
Members = list[tuple["Skeleton", dict[str, Any]]]

_NAME_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR"})
_SILENT = frozenset({"EXTENDED_ARG", "CACHE", "PRECALL"})


class Skeleton:
    """A module that travels without its members. Functions bring the members that they use."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.module, self.name = module, name
        self.shipped: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return ModuleType, (self.name,)


@lru_cache(maxsize=4096)
def uses_of(code: CodeType) -> Uses:
    """Return {free name: the attribute paths by which code uses it}, nested functions included.

    The value is None if the code also uses the name without an attribute.

    >>> import os
    >>> uses_of((lambda row: os.path.join(row)).__code__)["os"]
    frozenset({('path', 'join')})
    >>> uses_of((lambda row: vars(os)).__code__)["os"] is None
    True
    """
    found: Uses = {}
    for name, path in _paths(code):
        before = found.get(name, frozenset())
        found[name] = None if path is None or before is None else before | {path}
    return found


def _paths(code: CodeType) -> Iterator[tuple[str, Path | None]]:
    instructions = [each for each in dis.get_instructions(code) if each.opname not in _SILENT]
    for place, instruction in enumerate(instructions):
        if instruction.opname in _NAME_LOADS:
            following = takewhile(lambda each: each.opname in _ATTRIBUTES, instructions[place + 1 :])
            yield str(instruction.argval), tuple(str(each.argval) for each in following) or None
        elif instruction.opname.startswith("LOAD_FROM_DICT_OR_"):
            yield str(instruction.argval), None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _paths(constant)


def by_first(paths: Iterable[Path]) -> dict[str, set[Path]]:
    """Group paths by their first name: return {first name: the rests of its paths}.

    >>> by_first([("path", "join"), ("sep",)])
    {'path': {('join',)}, 'sep': {()}}
    """
    found: dict[str, set[Path]] = {}
    for path in paths:
        if path:
            found.setdefault(path[0], set()).add(path[1:])
    return found


def filled(module: ModuleType) -> ModuleType:
    """Return the module. Pickle calls this first, and `fill` afterwards with the members of the whole module."""
    return module


def fill(module: ModuleType, members: dict[str, Any]) -> None:
    """Put members into a module that has arrived."""
    vars(module).update(members)
