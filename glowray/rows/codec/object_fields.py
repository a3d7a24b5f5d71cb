"""Take named tuples and dataclasses apart into fields, and put them together again, without calling user code."""

from __future__ import annotations

import copyreg
import dataclasses
import inspect
import operator
from collections import deque, namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import repeat
from types import MemberDescriptorType
from typing import Any

Columns = list[list[Any]]

_TUPLE_ACCESS = ("__iter__", "__len__", "__getitem__")
_NAMEDTUPLE_FILE = namedtuple("_Example", ()).__getnewargs__.__code__.co_filename  # type: ignore[attr-defined]
_SLOT_STATE = (getattr(dataclasses, "_dataclass_getstate", None), getattr(dataclasses, "_dataclass_setstate", None))


def field_names(cls: type, example: Any) -> tuple[str, ...] | None:
    """Return the names of the fields that instances like `example` hold.

    Return None unless `cls` is a named tuple or a dataclass whose state is exactly its fields.
    """
    if issubclass(cls, tuple):
        return _namedtuple_names(cls)
    if "__dataclass_fields__" in cls.__dict__:
        return _dataclass_names(cls, example)
    return None


def take_apart(cls: type, names: tuple[str, ...], values: Sequence[Any]) -> Columns | None:
    """Return one list of values per field, or None if an instance does not hold exactly the fields `names`."""
    if issubclass(cls, tuple):
        if not all(getattr(cls, name) is getattr(tuple, name) for name in _TUPLE_ACCESS):
            values = [tuple(tuple.__iter__(value)) for value in values]
        return tuple_columns(values, len(names))
    if _is_slotted(cls):
        return _slot_columns(cls, names, values)
    states = list(map(vars, values))
    if operator.countOf(map(tuple, states), names) != len(states):
        return None
    return [list(map(operator.itemgetter(name), states)) for name in names]


def put_together(cls: type, names: tuple[str, ...], columns: Columns, count: int) -> list[Any]:
    """Return `count` instances of `cls` from one list per field. Calls no constructor or `__setattr__` of the class."""
    if issubclass(cls, tuple):
        rows: Iterable[tuple[Any, ...]] = zip(*columns, strict=True) if columns else repeat((), count)
        return list(map(tuple.__new__, repeat(cls), rows))
    instances = list(map(object.__new__, repeat(cls, count)))
    slotted = _is_slotted(cls)
    # The builtin setattr is twice as fast. It would call a `__setattr__` of the class, which frozen dataclasses have.
    set_field = object.__setattr__ if "__setattr__" in _attributes_before_object(cls) else setattr
    for name, column in zip(names, columns, strict=True):
        if slotted:
            _run(map(_slot(cls, name).__set__, instances, column))
        else:
            _run(map(set_field, instances, repeat(name), column))
    return instances


def put_together_records(names: tuple[str, ...], columns: Columns, count: int) -> list[Any]:
    """Return `count` dicts with the keys `names`, from one list of values per key."""
    if not columns:
        return [{} for _ in range(count)]
    return list(map(_record_maker(len(names))(*names), *columns))


@cache
def _record_maker(count: int) -> Callable[..., Callable[..., dict[str, Any]]]:
    """Return a function keys → values → dict for `count` keys: `{k0: v0}` is twice as fast as `dict(zip(…))`."""
    keys = ", ".join(f"k{index}" for index in range(count))
    values = ", ".join(f"v{index}" for index in range(count))
    items = ", ".join(f"k{index}: v{index}" for index in range(count))
    return eval(f"lambda {keys}: lambda {values}: {{{items}}}", {})  # type: ignore[no-any-return]


def tuple_columns(values: Sequence[Any], count: int) -> Columns | None:
    """Return one list of values per position, or None unless every tuple has `count` items."""
    if set(map(len, values)) != {count}:
        return None
    return [list(map(operator.itemgetter(index), values)) for index in range(count)]


def _attributes_before_object(cls: type) -> set[str]:
    return {name for base in cls.__mro__[:-1] for name in base.__dict__}


def _run(calls: Iterable[object]) -> None:
    deque(calls, maxlen=0)


def _pickles_plainly(cls: type) -> bool:
    by_default = all(getattr(cls, name) is getattr(object, name) for name in ("__reduce__", "__reduce_ex__"))
    return by_default and cls not in copyreg.dispatch_table


def _namedtuple_names(cls: type) -> tuple[str, ...] | None:
    names = getattr(cls, "_fields", None)
    if type(names) is not tuple or not all(type(name) is str for name in names):
        return None
    stateless = cls.__dictoffset__ == 0 and _getstate_is(cls, object)
    return names if stateless and _is_namedtuple(cls) and _pickles_plainly(cls) else None


def _is_namedtuple(cls: type) -> bool:
    """Return whether `collections.namedtuple` generated the class's pickling, which stores the fields."""
    code = getattr(getattr(cls, "__getnewargs__", None), "__code__", None)
    return code is not None and code.co_filename == _NAMEDTUPLE_FILE


def _getstate_is(cls: type, base: type) -> bool:
    return getattr(cls, "__getstate__", None) is getattr(base, "__getstate__", None)


def _dataclass_names(cls: Any, example: Any) -> tuple[str, ...] | None:
    """Return the stored fields of a dataclass, or None if its state is more than its fields.

    A class with slots stores all fields. Otherwise the names come from the example's `__dict__`: an attribute that only
    the class holds is not among them.
    """
    attributes_are_read_plainly = cls.__getattribute__ is object.__getattribute__
    if cls.__new__ is not object.__new__ or not attributes_are_read_plainly or not _pickles_plainly(cls):
        return None
    if _is_slotted(cls):
        names = tuple(field.name for field in dataclasses.fields(cls))
        slots = [name for base in cls.__mro__ for name in _slot_names(base)]
        generated = cls.__dict__.get("__getstate__") in _SLOT_STATE and cls.__dict__.get("__setstate__") in _SLOT_STATE
        plain = _getstate_is(cls, object) and not hasattr(cls, "__setstate__")
        return names if sorted(slots) == sorted(names) and (plain or generated) else None
    names = tuple(vars(example))
    no_slots = not any(_slot_names(base) for base in cls.__mro__)
    attributes_are_plain = all(
        type(name) is str and not hasattr(type(inspect.getattr_static(cls, name, None)), "__set__") for name in names
    )
    plain_state = _getstate_is(cls, object) and not hasattr(cls, "__setstate__")
    return names if no_slots and attributes_are_plain and plain_state else None


def _is_slotted(cls: type) -> bool:
    return cls.__dictoffset__ == 0


def _slot_names(cls: type) -> list[str]:
    """Return the slots that a class itself adds. A private name is mangled: `_Cls__name`."""
    return [name for name, member in cls.__dict__.items() if isinstance(member, MemberDescriptorType)]


def _slot(cls: type, name: str) -> MemberDescriptorType:
    for base in cls.__mro__:
        member = base.__dict__.get(name)
        if isinstance(member, MemberDescriptorType):
            return member
    raise AttributeError(f"{cls.__qualname__} has no slot {name!r}")


def _slot_columns(cls: type, names: tuple[str, ...], values: Sequence[Any]) -> Columns | None:
    getters: list[Callable[[Any], Any]] = [_slot(cls, name).__get__ for name in names]
    try:
        return [list(map(getter, values)) for getter in getters]
    except AttributeError:
        return None
