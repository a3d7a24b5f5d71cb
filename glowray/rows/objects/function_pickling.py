"""Pickle the user's functions and modules by value, with what their compiled code uses.

It does what cloudpickle does, with three differences:
- It runs no code of the values that a function captured. (cloudpickle's `isinstance` reads their `__class__`.)
- A module brings only the parts that functions use.
- A function keeps the `__builtins__` of its own module.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from cloudpickle import cloudpickle as _internals

from glowray.rows.objects.module_parts import Members, Path, Skeleton, by_first, fill, filled, uses_of
from glowray.rows.objects.static_attributes import builtins_of, instance_attributes, is_instance, module_attribute

_SPELLED = ("__name__", "__doc__", "__file__", "__package__", "__path__")


def travels_by_value(module: object) -> bool:
    """Return whether a module of this name may be missing on a worker, so that its definitions travel by value."""
    return type(module) is not str or module == "__main__" or _is_registered(module)


def _is_registered(module: str) -> bool:
    """Return whether a module, or a package around it, is registered as not installed."""
    parts = module.split(".")
    return any(".".join(parts[:end]) in _internals._PICKLE_BY_VALUE_MODULES for end in range(1, len(parts) + 1))


class FunctionReducer:
    """Reduces the functions and modules of one pickle. Functions of one pickle share the skeleton of a module."""

    def __init__(self) -> None:
        self._skeletons: dict[int, Skeleton] = {}

    def reduce_function(self, function: FunctionType, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Reduce a function by value. `arguments` come from cloudpickle: code, shared globals, and empty cells."""
        code, shared, _, _, cells = arguments
        members: Members = []
        names = global_names(function.__code__)
        found = {name: function.__globals__[name] for name in names if name in function.__globals__}
        uses = uses_of(function.__code__)
        for name, value in found.items():
            found[name] = self._used(value, uses.get(name), members)
        closure = function.__closure__ and tuple(
            self._used_cell(cell, uses.get(name), members)
            for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True)
        )
        slots = {
            # Copied strings give the same pickle, whichever of them Python has interned.
            "__name__": "".join(function.__name__), "__qualname__": "".join(function.__qualname__),
            "__annotations__": function.__annotations__, "__kwdefaults__": function.__kwdefaults__,
            "__defaults__": function.__defaults__, "__module__": function.__module__, "__doc__": function.__doc__,
            "__closure__": closure, "__globals__": found,
            "_cloudpickle_submodules": list(_submodules(function, found.values())),
        }  # fmt: skip
        attributes = {"".join(name): value for name, value in function.__dict__.items()}
        own = _own_builtins(function, names)
        return _make, (code, shared, cells, own), (attributes, slots, own, members), None, None, _set_state

    def reduce_module(self, module: ModuleType) -> Any:
        """Reduce a module that a function uses as a whole, or that another value holds."""
        name = _name(module)
        if name is not None and name in sys.modules and not _is_registered(name):
            is_found = type(module) is ModuleType or sys.modules[name] is module
            return (_internals.subimport, (name,)) if is_found else NotImplemented
        if name is None or type(module) is not ModuleType:
            return NotImplemented
        skeleton = self._skeleton(module, name)
        members = {each: value for each, value in vars(module).items() if each != "__builtins__"}
        skeleton.shipped.update(members)
        return filled, (skeleton,), members, None, None, fill

    def _skeleton(self, module: ModuleType, name: str) -> Skeleton:
        return self._skeletons.setdefault(id(module), Skeleton(module, name))

    def _used_cell(self, cell: CellType, paths: Iterable[Path] | None, members: Members) -> CellType:
        try:
            value = cell.cell_contents
        except ValueError:  # a variable that has no value yet
            return cell
        used = self._used(value, paths, members)
        return cell if used is value else CellType(used)

    def _used(self, value: Any, paths: Iterable[Path] | None, members: Members) -> Any:
        """Return a captured value as it travels.

        A module by value becomes a skeleton. The attributes that `paths` lead to are appended to `members`.
        """
        if paths is None or () in paths or not travels_in_parts(value):
            return value
        skeleton = self._skeleton(value, _name(value) or "")
        stored = vars(value)
        wanted = by_first(paths)
        if not wanted.keys() <= stored.keys():
            wanted["__getattr__"] = {()}
        new = {each: stored[each] for each in _SPELLED if each in stored and each not in skeleton.shipped}
        for each, rest in wanted.items():
            if each in stored:
                member = self._used(stored[each], rest, members)
                if each not in skeleton.shipped or member is not stored[each] or is_instance(member, ModuleType):
                    new[each] = member
        skeleton.shipped.update(new)
        if new:
            members.append((skeleton, new))
        return skeleton


def travels_in_parts(value: object) -> bool:
    """Return whether a value is a module that is pickled by value. Functions bring only the parts that they use."""
    name = _name(value) if type(value) is ModuleType else None
    return name is not None and _is_registered(name)


def global_names(code: CodeType) -> Iterable[str]:
    """Return the global names of compiled code whose values travel with a function."""
    names: Iterable[str] = _internals._extract_code_globals(code)
    return names


def _name(module: ModuleType) -> str | None:
    name = module_attribute(module, "__name__")
    return name if type(name) is str else None


def _submodules(function: FunctionType, values: Iterable[Any]) -> Iterator[ModuleType]:
    """Yield the submodules that a worker has to import so that the function's `package.module` works."""
    names = set(function.__code__.co_names)
    for value in values:
        if is_instance(value, ModuleType) and instance_attributes(value).get("__package__"):
            prefix = f"{_name(value)}."
            for name in list(sys.modules):
                if type(name) is str and name.startswith(prefix) and names.issuperset(name[len(prefix) :].split(".")):
                    yield sys.modules[name]


def _own_builtins(function: FunctionType, names: Iterable[str]) -> dict[str, Any] | None:
    """Return how a function's builtins differ from Python's, or None if they are Python's.

    The dict holds the replaced builtins that the function uses. Its `_absent` lists used names without a value.
    """
    own = builtins_of(function)
    if own is vars(builtins):
        return None
    pythons = vars(builtins)
    free = [name for name in names if name not in function.__globals__]
    changed = {name: own[name] for name in free if name in own and own[name] is not pythons.get(name)}
    return {**changed, "_absent": [name for name in free if name not in own]}


def _make(code: Any, shared: dict[str, Any], cells: Any, own: dict[str, Any] | None) -> FunctionType:
    _set_builtins(shared, own)
    return FunctionType(code, shared, None, None, cells)


def _set_state(function: FunctionType, state: tuple[Any, ...]) -> None:
    attributes, slots, own, members = state
    for module, found in members:
        fill(module, found)
    _internals._function_setstate(function, (attributes, slots))
    _set_builtins(function.__globals__, own)


def _set_builtins(shared: dict[str, Any], own: dict[str, Any] | None) -> None:
    if own is None:
        shared.setdefault("__builtins__", vars(builtins))
        return
    made = {**vars(builtins), **own}
    for name in (*made.pop("_absent"), "_absent"):
        made.pop(name, None)
    shared["__builtins__"] = made
