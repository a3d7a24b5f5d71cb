"""Bindings: how generated code finds the values of a function's names. Each task resolves every binding again."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Literal

from glowray.rows.static_attributes import builtins_of, class_attribute


def python_function(call: Callable[..., object]) -> FunctionType | None:
    """The Python function that a call of `call` ends in: through methods, partials and instances with `__call__`."""
    while True:
        if type(call) is FunctionType:
            return call
        if type(call) is MethodType:
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
    method = class_attribute(type(call), "__call__")
    return method if type(method) is FunctionType else None


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
        """The value now. NameError, as Python has it, when there is none."""
        function = python_function(self.owner)
        assert function is not None
        try:
            if self.kind == "cell":
                return (function.__closure__ or ())[function.__code__.co_freevars.index(str(self.name))].cell_contents
            if self.kind == "default":
                return (function.__defaults__ or ())[int(self.name)]
            if self.kind == "keyword_default":
                return (function.__kwdefaults__ or {})[str(self.name)]
        except (LookupError, ValueError):
            scope = "where it is not associated with a value in enclosing scope"
            raise NameError(f"cannot access free variable '{self.name}' {scope}", name=str(self.name)) from None
        return _global(function, str(self.name))


@dataclass(frozen=True, eq=False)
class Builtin:
    """A builtin, known by its name in the task as everywhere."""

    name: str

    def resolve(self) -> object:
        """The value now. NameError, as Python has it, when there is none."""
        return _look_up(self.name, vars(builtins))


@dataclass(frozen=True, eq=False)
class Given:
    """A value handed to generated code as it is: a method's object, an argument of a partial, a function to call."""

    value: object

    def resolve(self) -> object:
        return self.value


Binding = Captured | Builtin | Given


class Namespace(dict[str, object]):
    """The globals of generated code some of whose names have no value: an error there only if such a name is read."""

    def __init__(self, values: dict[str, object], absent: dict[str, Binding]) -> None:
        super().__init__(values)
        self._absent = absent

    def __missing__(self, name: str) -> object:
        return self._absent[name].resolve()


def namespace_of(bindings: Mapping[str, Binding]) -> dict[str, object]:
    """The values that bindings have in this process now.

    A function that travelled by its module's name may find less there than it had in the driver. As in a call, only
    reading such a name is an error.
    """
    values: dict[str, object] = {}
    absent: dict[str, Binding] = {}
    for name, binding in bindings.items():
        try:
            values[name] = binding.resolve()
        except NameError:
            absent[name] = binding
    return Namespace(values, absent) if absent else values


def _global(function: FunctionType, name: str) -> object:
    """Return the meaning of a global name in a function: a global of its module, else a builtin."""
    return _look_up(name, function.__globals__, builtins_of(function))


def _look_up(name: str, *places: dict[str, Any]) -> object:
    for place in places:
        if name in place:
            return place[name]
    raise NameError(f"name '{name}' is not defined", name=name)
