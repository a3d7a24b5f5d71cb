"""Find the captured variable that keeps a function from being pickled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from glowray.functions.show import shown
from glowray.rows.objects import pickling
from glowray.rows.objects.function_pickling import global_names, travels_in_parts
from glowray.rows.objects.module_parts import by_first, uses_of
from glowray.rows.objects.static_attributes import (
    class_attributes,
    class_name,
    instance_attributes,
    is_instance,
    module_name,
    mro_of,
    stored_attribute,
)

Fault = Callable[[object], Exception | None]

_LEAVES = (str, bytes, int, float, type(None))
_CONTAINERS: tuple[type[Any], ...] = (list, tuple, dict, set, frozenset)
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class CapturedPart:
    """A value that is pickled with a function: the path to it (`self.lock`), and what holds it ("used by f", or "")."""

    path: str
    value: Any
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Culprit:
    """The innermost part that cannot be pickled (`self.lock`, `config['db']`), and the error that says why."""

    part: CapturedPart
    error: Exception

    def __str__(self) -> str:
        cls = type(self.part.value)
        module = module_name(cls)
        plain = module in ("builtins", "__main__") or self.is_own
        kind = class_name(cls) if plain else f"{module}.{class_name(cls)}"
        return f"{self.part.path} ({', '.join(filter(None, [kind, self.part.holder]))})"

    @property
    def is_own(self) -> bool:
        """Return whether the part is an object of glowray, such as a Dataset or a Flow."""
        return _is_own(self.part.value)


def pickling_error(value: object) -> Exception | None:
    """Return the error of pickling a value, or None. A class may raise any exception from its `__reduce__`."""
    try:
        pickling.dumps(value)
    except Exception as error:
        return error
    return None


def reading_error(value: object) -> Exception | None:
    """Return the error of pickling and unpickling a value, or None."""
    try:
        pickling.loads(pickling.dumps(value))
    except Exception as error:
        return error
    return None


def culprit(call: Any, error: Exception, fault: Fault = pickling_error) -> Culprit | None:
    """Return the innermost part of `call` that has the fault, or None if no part of it has.

    `error` is the error of `call` itself. `fault` returns a value's error or None.
    """
    found = Culprit(CapturedPart("", call), error)
    visited = {id(call)}
    while (deeper := _failing_part(found.part, visited, fault)) is not None:
        visited.add(id(deeper.part.value))
        found = deeper
    return found if found.part.path else None


def path_of(call: Any, value: Any, depth: int = 3) -> str | None:
    """Return the path by which `call` reaches a captured value (`table`, `self.model`), or None if it is not found.

    Searches at most `depth` levels of parts.
    """
    level, visited = [CapturedPart("", call)], {id(call)}
    for _ in range(depth):
        below = [part for owner in level if not issubclass(type(owner.value), _LEAVES) for part in _held(owner)]
        for part in below:
            if part.value is value:
                return part.path
        level = [part for part in below if id(part.value) not in visited]
        visited.update(id(part.value) for part in level)
    return None


def _held(owner: CapturedPart) -> Iterator[CapturedPart]:
    """Yield the parts of a value. Yields none for a class, or for a container of more than 100 items."""
    large = any(is_instance(owner.value, kind) and kind.__len__(owner.value) > 100 for kind in _CONTAINERS)
    return iter(()) if large or is_instance(owner.value, type) else _parts(owner, None)


def _failing_part(owner: CapturedPart, visited: set[int], fault: Fault) -> Culprit | None:
    if _is_own(owner.value):
        return None  # The error names a Dataset as a whole. Its parts are not the user's.
    for part in _parts(owner, fault):
        if id(part.value) in visited:
            continue
        error = fault(part.value)
        if error is not None:
            return Culprit(part, error)
    return None


def _is_own(value: Any) -> bool:
    return module_name(type(value)).startswith("glowray.") and not callable(value)


def _parts(owner: CapturedPart, fault: Fault | None) -> Iterator[CapturedPart]:
    """Yield the parts that are pickled with a value. Reads them without running the value's own code.

    With a fault, a dict, list or tuple yields only the item that has it.
    """
    value, path, holder = owner.value, owner.path, owner.holder
    if is_instance(value, functools.partial):
        yield from _of_partial(owner, value)
    elif type(value) is MethodType:
        yield CapturedPart("self", value.__self__, holder)
        yield CapturedPart(path, value.__func__, holder)
    elif type(value) is BuiltinMethodType:
        yield CapturedPart(f"{path}.__self__" if path else "self", value.__self__, holder)
    elif type(value) is FunctionType:
        yield from _of_function(owner, value)
    elif is_instance(value, dict):
        keys, values = list(dict.keys(value)), list(dict.values(value))
        yield from _contents([f"{path}[{shown(key, 40)}]" for key in keys], values, holder, fault)
        yield from (CapturedPart(f"a key of {path}", key, holder) for key in keys)
    elif is_instance(value, list) or is_instance(value, tuple):
        items = _items_of(value)
        yield from _contents([f"{path}[{index}]" for index in range(len(items))], items, holder, fault)
    elif is_instance(value, set) or is_instance(value, frozenset):
        yield from (CapturedPart(f"an element of {path}", item, holder) for item in _items_of(value))
    if is_instance(value, type):
        name = class_name(value).rpartition(".")[2]
        yield from (CapturedPart(f"{name}.{each}", part, holder) for each, part in class_attributes(value).items())
    else:
        yield from _attributes(owner)
        yield CapturedPart(class_name(type(value)), type(value), holder)


def _items_of(value: Any) -> list[Any]:
    """Return the items of a list, tuple, set or frozenset. Does not call an `__iter__` of a subclass."""
    return next(list(kind.__iter__(value)) for kind in _CONTAINERS if is_instance(value, kind))


def _of_partial(owner: CapturedPart, value: functools.partial[Any]) -> Iterator[CapturedPart]:
    yield CapturedPart(owner.path, value.func, owner.holder)
    yield from (CapturedPart(f"args[{index}]", part, "bound by partial()") for index, part in enumerate(value.args))
    yield from (CapturedPart(name, part, "bound by partial()") for name, part in value.keywords.items())


def _of_function(owner: CapturedPart, function: FunctionType) -> Iterator[CapturedPart]:
    holder = f"used by {owner.path}" if owner.path else ""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # A variable without a value yet is not pickled.
            yield from _used(CapturedPart(name, cell.cell_contents, holder), uses_of(code).get(name))
    for name in sorted(global_names(code)):
        if name in function.__globals__:
            yield from _used(CapturedPart(name, function.__globals__[name], holder), uses_of(code).get(name))
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    named = zip(positional[len(positional) - len(defaults) :], defaults, strict=True)
    for name, part in (*named, *(function.__kwdefaults__ or {}).items()):
        yield CapturedPart(name, part, f"a default argument{f' of {owner.path}' if owner.path else ''}")


def _used(captured: CapturedPart, paths: Iterable[tuple[str, ...]] | None) -> Iterator[CapturedPart]:
    """Yield a captured value. For a module that travels in parts, yield the parts that the function uses."""
    if paths is None or () in paths or not travels_in_parts(captured.value):
        yield captured
        return
    members = instance_attributes(captured.value)
    for name, rest in by_first(paths).items():
        if name in members:
            yield from _used(CapturedPart(f"{captured.path}.{name}", members[name], captured.holder), rest)


def _attributes(owner: CapturedPart) -> Iterator[CapturedPart]:
    value = owner.value
    names = dict.fromkeys(instance_attributes(value))
    for cls in mro_of(type(value)):
        slots = class_attributes(cls).get("__slots__", ())
        names.update(dict.fromkeys([slots] if type(slots) is str else slots))
    for name in names:
        part = stored_attribute(value, name, _ABSENT)
        if not name.startswith("__") and part is not _ABSENT:
            yield CapturedPart(f"{owner.path or 'self'}.{name}", part, owner.holder)


def _contents(names: list[str], values: list[Any], holder: str, fault: Fault | None) -> Iterator[CapturedPart]:
    """Yield all values. With a fault, yield only the value that has it, if there is one.

    Halving avoids pickling millions of sound values one by one.
    """
    low, high = 0, len(values)
    while fault is not None and high - low > 1:
        middle = (low + high) // 2
        if fault(values[low:middle]) is not None:
            high = middle
        else:
            low = middle
    yield from (
        CapturedPart(name, value, holder) for name, value in zip(names[low:high], values[low:high], strict=True)
    )
