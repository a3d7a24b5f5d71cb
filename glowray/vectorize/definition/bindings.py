"""Bindings: where generated code finds the values of a function's names. Each task resolves every binding again."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Literal

from glowray.rows.objects.static_attributes import builtins_of, class_attribute


def python_function(call: Callable[..., object]) -> FunctionType | None:
    """Return the Python function under methods, partials and instances with `__call__`, or None."""
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
    """Return the `__call__` of an instance's class if it is a Python function, else None."""
    method = class_attribute(type(call), "__call__")
    return method if type(method) is FunctionType else None


@dataclass(frozen=True, eq=False)
class Captured:
    """One value that a function captured, named by the place where the function finds it.

    Generated code carries the place, not the value. A task resolves it on its own copy of the function. So it gets the
    value that a call there would see. This holds for functions pickled by value and by their module's name.

        def scale(n, by=2): return n * by * FACTOR
        Captured(scale, "global", "FACTOR")        Captured(scale, "default", 0)
    """

    owner: Callable[..., object]
    kind: Literal["cell", "global", "default", "keyword_default"]
    name: str | int

    def resolve(self) -> object:
        """Return the value now; raise Python's own NameError if there is none."""
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
    """A builtin, found by its name in every process."""

    name: str

    def resolve(self) -> object:
        """Return the value now; raise Python's own NameError if there is none."""
        return _look_up(self.name, vars(builtins))


@dataclass(frozen=True, eq=False)
class GivenBinding:
    """A value that generated code carries itself: a method's object, an argument of a partial, a function to call."""

    value: object

    def resolve(self) -> object:
        return self.value


Binding = Captured | Builtin | GivenBinding


class Namespace(dict[str, object]):
    """The globals of generated code in which some names have no value. Reading one of these raises NameError."""

    def __init__(self, values: dict[str, object], absent: dict[str, Binding]) -> None:
        super().__init__(values)
        self._absent = absent

    def __missing__(self, name: str) -> object:
        return self._absent[name].resolve()


def namespace_of(bindings: Mapping[str, Binding]) -> dict[str, object]:
    """Return name → the value that its binding has in this process now.

    A function pickled by its module's name may find fewer names in a task than in the driver. As in a call, only
    reading a missing name is an error.
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
