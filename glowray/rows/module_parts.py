"""The parts of a user's module that functions use, for modules that travel by value.

A module file beside the script may hold a lock, a connection or a web framework's `request`. Of `helpers.clean(row)`
only `clean` has to travel. So the compiled code of a function is read for what it takes from a module: a module that
it uses in another way (`vars(helpers)`, `[helpers]`) travels whole.
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
    """A module that travels without its members; functions bring those that they use."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self.module, self.name = module, name
        self.shipped: set[str] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        return ModuleType, (self.name,)


@lru_cache(maxsize=4096)
def uses_of(code: CodeType) -> Uses:
    """Free name → the attribute paths by which code uses it, nested functions included; None if in another way too.

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
    """First name → what follows it.

    >>> by_first([("path", "join"), ("sep",)])
    {'path': {('join',)}, 'sep': {()}}
    """
    found: dict[str, set[Path]] = {}
    for path in paths:
        if path:
            found.setdefault(path[0], set()).add(path[1:])
    return found


def filled(module: ModuleType) -> ModuleType:
    """Return the module: the first half of a module that travels whole, whose members follow."""
    return module


def fill(module: ModuleType, members: dict[str, Any]) -> None:
    """Put members into a module that has arrived."""
    vars(module).update(members)
