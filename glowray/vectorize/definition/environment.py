"""Look up the values of a function's free names when an action runs, as Python would."""

from __future__ import annotations

import builtins
import dis
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from types import (
    BuiltinFunctionType,
    CellType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final

from glowray.rows.objects.static_attributes import builtins_of, class_attributes, instance_attributes, is_instance
from glowray.vectorize.definition.answer_cache import remembered
from glowray.vectorize.definition.bindings import Binding, Builtin, Captured

_STORES = frozenset(dis.opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL"))
_READS = frozenset(dis.opmap[n] for n in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") if n in dis.opmap)

UNREAD: Final = object()
"""The value of a name that the source has and the compiled code does not read: `if False and name`."""


class Environment:
    """Resolves one function's free names: closure cells first, then globals, then builtins.

    `owner` is the object that the user gave, `function` the Python function under it.
    """

    def __init__(self, owner: Callable[..., object], function: FunctionType, rebound: frozenset[str]) -> None:
        self.owner = owner
        self.function = function
        self._rebound = rebound | rebound_globals(function)

    def find(self, name: str) -> tuple[Binding | None, object] | str:
        """Return (binding, value) of a free name, or the reason why its value cannot be relied on.

        Return (None, UNREAD) if the compiled code does not read the name.
        """
        if name == "__class__":
            return "it uses super() or __class__"
        if name == "__debug__":  # Python compiles a constant
            return Builtin(name), __debug__
        is_cell = name in self.function.__code__.co_freevars
        if not is_cell and name not in globals_read(self.function.__code__):
            return None, UNREAD
        if name in self._rebound and (is_cell or name in self.function.__globals__):
            return f"{name!r} is assigned by a function while the job runs"
        if not is_cell and name not in self.function.__globals__:
            return self._builtin(name)
        captured = Captured(self.owner, "cell" if is_cell else "global", name)
        try:
            return captured, captured.resolve()
        except NameError:
            return f"{name!r} has no value yet"

    def value(self, name: str) -> object:
        """Return the value of a free name, or None if it cannot be relied on."""
        found = self.find(name)
        return None if isinstance(found, str) else found[1]

    def _builtin(self, name: str) -> tuple[Builtin, object] | str:
        own = builtins_of(self.function)
        if name not in own:
            return f"{name!r} is not defined"
        if name not in vars(builtins) or own[name] is not vars(builtins)[name]:
            return f"its builtin {name!r} is not Python's own"
        return Builtin(name), own[name]


@lru_cache(maxsize=4096)
def globals_read(code: CodeType) -> frozenset[str]:
    """Return the global names that compiled code reads, nested functions included.

    >>> sorted(globals_read((lambda a: max(a) if a or min else False and sum).__code__))
    ['max', 'min']
    """
    return frozenset(_names(code, _READS))


def rebound_globals(function: FunctionType) -> frozenset[str]:
    """Return the globals that a function of the same module, or one that the closure holds, assigns when it runs."""
    module = function.__globals__
    names = set(remembered(module, "rebound", find=lambda: _rebound_in(module)))
    for each in _reached(function):
        names.update(_stored(each.__code__))
    return frozenset(names)


def _rebound_in(module: dict[str, object]) -> set[str]:
    """Return the globals of a module that its own functions and methods assign."""
    names: set[str] = set()
    for value in list(module.values()):
        for each in _functions_of(value):
            if each.__globals__ is module:
                names.update(_stored(each.__code__))
    return names


def _functions_of(value: object) -> Iterator[FunctionType]:
    """Yield the Python functions that a value is or wraps, or that a class has as methods."""
    pending: list[Any] = list(class_attributes(value).values()) if is_instance(value, type) else [value]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        kind = type(each)
        if kind is FunctionType:
            yield each
            wrapped = [each.__wrapped__] if "__wrapped__" in each.__dict__ else []
        elif type(kind) is type and kind in _LEAVES:
            continue
        else:
            wrapped = _wrapped(each)
        if wrapped and id(each) not in seen:
            seen.add(id(each))
            pending.extend(wrapped)


_LEAVES = frozenset({
    str, bytes, int, float, bool, type(None), list, tuple, dict, set, frozenset, type, ModuleType, BuiltinFunctionType,
    MethodDescriptorType, WrapperDescriptorType, GetSetDescriptorType, MemberDescriptorType, ClassMethodDescriptorType,
})  # fmt: skip
"""Types whose values hold no Python function that a call of them would run."""

_FUNC: dict[type, Any] = {kind: kind.__dict__["__func__"] for kind in (staticmethod, classmethod, MethodType)}
_ACCESSORS = [property.__dict__[name] for name in ("fget", "fset", "fdel")]


def _wrapped(value: Any) -> list[Any]:
    """Return the functions that a property, partial, method or decorated object wraps."""
    kind = type(value)
    if issubclass(kind, property):
        return [each for each in (accessor.__get__(value) for accessor in _ACCESSORS) if each is not None]
    if kind is partial:
        return [value.func]
    for base, func in _FUNC.items():
        if issubclass(kind, base):
            return [func.__get__(value)]
    attributes = instance_attributes(value)
    return [attributes["__wrapped__"]] if "__wrapped__" in attributes else []


def _reached(function: FunctionType) -> Iterator[FunctionType]:
    """Yield the function and the functions that its closure holds, at any depth."""
    pending, seen = [function], {id(function)}
    while pending:
        each = pending.pop()
        yield each
        for cell in each.__closure__ or ():
            for inner in _functions_of(_content(cell)):
                if id(inner) not in seen:
                    seen.add(id(inner))
                    pending.append(inner)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _stored(code: CodeType) -> frozenset[str]:
    return frozenset(_names(code, _STORES))


def _names(code: CodeType, opcodes: frozenset[int]) -> Iterator[str]:
    """Yield the names that instructions with these opcodes have in compiled code, nested functions included."""
    if not opcodes.isdisjoint(code.co_code[::2]):
        for instruction in dis.get_instructions(code):
            if instruction.opcode in opcodes:
                yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant, opcodes)
