"""The values that a function's free names have, found by identity at the action."""

from __future__ import annotations

import builtins
import dis
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Literal

from glowray.vectorize.remembered import remembered

_STORES = frozenset(dis.opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL"))


def python_function(call: Callable[..., object]) -> FunctionType | None:
    """The Python function that a call of `call` ends in: through methods, partials and instances with `__call__`."""
    while True:
        if isinstance(call, FunctionType):
            return call
        if isinstance(call, MethodType):
            call = call.__func__
        elif type(call) is partial:
            call = call.func
        else:
            method = call_method(call)
            if method is None:
                return None
            call = method


def call_method(call: object) -> FunctionType | None:
    """The Python `__call__` of an instance's class."""
    for each in type(call).__mro__:
        if "__call__" in vars(each):
            method = vars(each)["__call__"]
            return method if isinstance(method, FunctionType) else None
    return None


@dataclass(frozen=True, eq=False)
class Captured:
    """One value that a function captured, named by where the function finds it.

    Generated code carries this and not the value: a task resolves it on its own copy of the function, so the value is
    the one that a call there would see, whether the function travelled by value or by its module's name.
    """

    owner: Callable[..., object]
    kind: Literal["cell", "global", "default", "keyword_default"]
    name: str | int

    def resolve(self) -> object:
        """The value now. KeyError, IndexError or ValueError when there is none."""
        function = python_function(self.owner)
        assert function is not None
        if self.kind == "cell":
            return (function.__closure__ or ())[function.__code__.co_freevars.index(str(self.name))].cell_contents
        if self.kind == "global":
            return function.__globals__[str(self.name)]
        if self.kind == "default":
            return (function.__defaults__ or ())[int(self.name)]
        return (function.__kwdefaults__ or {})[str(self.name)]


@dataclass(frozen=True, eq=False)
class Given:
    """A value handed to generated code as it is: a method's object, an argument of a partial, a function to call."""

    value: object

    def resolve(self) -> object:
        return self.value


Binding = Captured | Given


class Environment:
    """How one function's free names resolve: closure cells, then globals, then builtins."""

    def __init__(self, owner: Callable[..., object], function: FunctionType, rebound: frozenset[str]) -> None:
        self.owner = owner
        self.function = function
        self._rebound = rebound | rebound_globals(function)

    def find(self, name: str) -> tuple[Binding | None, object] | str:
        """(binding, value) of a free name, binding None for a plain builtin; or why the name cannot be relied on."""
        code = self.function.__code__
        kind: Literal["cell", "global"] = "cell" if name in code.co_freevars else "global"
        if name == "__class__":
            return "it uses super() or __class__"
        if name in self._rebound and (kind == "cell" or name in self.function.__globals__):
            return f"{name!r} is assigned by a function while the job runs"
        if kind == "global" and name not in self.function.__globals__:
            return self._builtin(name)
        captured = Captured(self.owner, kind, name)
        try:
            return captured, captured.resolve()
        except ValueError:
            return f"{name!r} has no value yet"

    def _builtin(self, name: str) -> tuple[None, object] | str:
        own = getattr(self.function, "__builtins__", vars(builtins))
        if name not in own:
            return f"{name!r} is not defined"
        if own[name] is not getattr(builtins, name, None):
            return f"its builtin {name!r} is not Python's own"
        return None, own[name]


def rebound_globals(function: FunctionType) -> frozenset[str]:
    """Globals of `function`'s module that some function of that module assigns when it runs."""
    module = function.__globals__
    names = set(remembered(module, "rebound", find=lambda: _rebound_in(module)))
    for each in _reached(function, set()):
        names.update(_stored(each.__code__))
    return frozenset(names)


def _rebound_in(module: dict[str, object]) -> set[str]:
    """Globals of a module that functions and methods of its own assign."""
    names: set[str] = set()
    for value in list(module.values()):
        for each in _functions_of(value):
            if each.__globals__ is module:
                names.update(_stored(each.__code__))
    return names


def _functions_of(value: object) -> Iterator[FunctionType]:
    members = list(vars(value).values()) if isinstance(value, type) else [value]
    for member in members:
        if isinstance(member, property):
            members.extend(f for f in (member.fget, member.fset, member.fdel) if f is not None)
            continue
        member = getattr(member, "__func__", None) or getattr(member, "__wrapped__", None) or member
        if isinstance(member, FunctionType):
            yield member


def _reached(function: FunctionType, seen: set[int]) -> Iterator[FunctionType]:
    """The function and those that its closure holds, to any depth."""
    if id(function) in seen:
        return
    seen.add(id(function))
    yield function
    for cell in function.__closure__ or ():
        for inner in _functions_of(_content(cell)):
            yield from _reached(inner, seen)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _stored(code: CodeType) -> Iterator[str]:
    if not _STORES.isdisjoint(code.co_code[::2]):
        for instruction in dis.get_instructions(code):
            if instruction.opcode in _STORES:
                yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _stored(constant)
