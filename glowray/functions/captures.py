"""Which captured variable it is that keeps a function from being pickled."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

from glowray.functions import ship
from glowray.functions.show import shown


@dataclass(frozen=True, slots=True)
class Culprit:
    """The innermost thing that cannot be pickled: how the user gets at it (`self.lock`, `config["db"]`), and why."""

    path: str
    value: Any
    error: Exception

    @property
    def kind(self) -> str:
        """The type's name, with its module where that is not obvious."""
        cls = type(self.value)
        if cls.__module__ in ("builtins", "__main__") or cls.__module__.startswith("glowray."):
            return cls.__qualname__
        return f"{cls.__module__}.{cls.__qualname__}"


def pickling_error(value: object) -> Exception | None:
    """Why a value cannot be pickled, or None if it can: any class may raise anything from its own __reduce__."""
    try:
        ship.dumps(value)
    except Exception as error:
        return error
    return None


def culprit(call: Any, error: Exception) -> Culprit:
    """Follows what cannot be pickled from `call`, which failed with `error`, down to its innermost part."""
    found = Culprit("", call, error)
    visited = {id(call)}
    while (deeper := _failing_part(found.path, found.value, visited)) is not None:
        visited.add(id(deeper.value))
        found = deeper
    return found


def _failing_part(path: str, value: Any, visited: set[int]) -> Culprit | None:
    for name, part in _parts(path, value):
        if id(part) in visited:
            continue
        error = pickling_error(part)
        if error is not None:
            return Culprit(name, part, error)
    return None


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The parts that a value is pickled with, each with the expression by which its owner reaches it."""
    if isinstance(value, functools.partial):
        yield from _of_partial(path, value)
    elif isinstance(value, MethodType):
        yield "self", value.__self__
        yield path, value.__func__
    elif isinstance(value, FunctionType):
        yield from _of_function(path, value)
    elif isinstance(value, dict):
        yield from _of_sequence([f"{path}[{shown(key, 40)}]" for key in value], list(value.values()))
        yield from ((f"a key of {path}", key) for key in value)
    elif isinstance(value, list | tuple):
        yield from _of_sequence([f"{path}[{index}]" for index in range(len(value))], list(value))
    elif isinstance(value, set | frozenset):
        yield from ((f"an element of {path}", item) for item in value)
    if isinstance(value, type):
        yield from ((f"{value.__name__}.{name}", part) for name, part in vars(value).items())
    else:
        yield from _attributes(path or "self", value)
        yield type(value).__name__, type(value)


def _of_partial(path: str, value: functools.partial[Any]) -> Iterator[tuple[str, Any]]:
    yield path, value.func
    yield from ((f"argument {index} of the partial", part) for index, part in enumerate(value.args))
    yield from ((f"argument {name} of the partial", part) for name, part in value.keywords.items())


def _of_function(path: str, function: FunctionType) -> Iterator[tuple[str, Any]]:
    used_by = f" (used by {path})" if path else ""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"{name}{used_by}", cell.cell_contents
        except ValueError:  # a variable that has no value yet is not pickled either
            continue
    for name in sorted(_global_names(code)):
        if name in function.__globals__:
            yield f"{name}{used_by}", function.__globals__[name]
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    for name, part in zip(positional[len(positional) - len(defaults) :], defaults, strict=True):
        yield f"{name}, a default argument{used_by}", part
    for name, part in (function.__kwdefaults__ or {}).items():
        yield f"{name}, a default argument{used_by}", part


def _global_names(code: CodeType) -> set[str]:
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*(_global_names(inner) for inner in nested))


def _attributes(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    names = dict.fromkeys(vars(value)) if hasattr(value, "__dict__") else {}
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        names.update(dict.fromkeys([slots] if isinstance(slots, str) else slots))
    for name in names:
        if name not in ("__dict__", "__weakref__") and hasattr(value, name):
            yield f"{path}.{name}", getattr(value, name)


def _of_sequence(names: list[str], parts: list[Any]) -> Iterator[tuple[str, Any]]:
    """The one part that fails, found by halving: millions of sound ones are not to be pickled one by one."""
    low, high = 0, len(parts)
    while high - low > 1:
        middle = (low + high) // 2
        if pickling_error(parts[low:middle]) is not None:
            high = middle
        else:
            low = middle
    yield from zip(names[low:high], parts[low:high], strict=True)
