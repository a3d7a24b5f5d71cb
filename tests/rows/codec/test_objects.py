"""Test that named tuples and dataclasses become columns if they are only fields, and that none of their code runs."""

from __future__ import annotations

import abc
import collections
import copyreg
import dataclasses
import functools
import pickle
import typing
import weakref
from typing import Any

import pytest

from glowray.rows import Block
from tests.rows.hostile import same

T = typing.TypeVar("T")


class Base:
    __slots__ = ("hidden",)


class Touchy:
    """A class whose methods all raise."""

    def __init__(self, *args: Any) -> None:
        raise AssertionError("user code was called")

    __setattr__ = __delattr__ = __iter__ = __len__ = __eq__ = __post_init__ = __init__

    __hash__ = None


@dataclasses.dataclass(init=False, eq=False)
class TouchyDataclass(Touchy):
    a: int
    b: str


@dataclasses.dataclass
class NoSetState:
    a: int

    def __post_init__(self) -> None:
        raise AssertionError("user code was called")

    def __setattr__(self, name: str, value: object) -> None:
        raise AssertionError("user code was called")


@dataclasses.dataclass
class Private:
    __a: int
    _b: int = 2


@dataclasses.dataclass
class Child(Private):
    c: Any = None


@dataclasses.dataclass
class Generic(typing.Generic[T]):
    a: T


@dataclasses.dataclass
class Abstract(abc.ABC):
    a: int


@dataclasses.dataclass
class WithCache:
    a: int

    @functools.cached_property
    def double(self) -> int:
        return self.a * 2


@dataclasses.dataclass(slots=True, weakref_slot=True)
class WithWeakref:
    a: int


@dataclasses.dataclass(slots=True)
class SlottedChild(WithWeakref):
    b: int = 1


@dataclasses.dataclass
class HiddenSlot(Base):
    a: int


@dataclasses.dataclass
class OwnReduce:
    a: int

    def __reduce__(self) -> Any:
        return OwnReduce, (self.a,)


@dataclasses.dataclass
class Registered:
    a: int


copyreg.pickle(Registered, lambda value: (Registered, (value.a,)))


@dataclasses.dataclass
class DataList(list):
    a: int


@dataclasses.dataclass
class WithDefault:
    a: int
    b: typing.ClassVar[int] = 3
    c: int = dataclasses.field(init=False, default=5)
    d: list[int] = dataclasses.field(default_factory=list, kw_only=True)


class PlainChildOfDataclass(Abstract):
    pass


class Checked(typing.NamedTuple("Checked", [("x", int)])):
    __slots__ = ()

    def __new__(cls, x: int) -> Any:
        return super().__new__(cls, x + 1)


class GenericTuple(typing.NamedTuple, typing.Generic[T]):
    x: T


class Backwards(collections.namedtuple("Backwards", "x y")):
    __slots__ = ()

    def __iter__(self) -> Any:
        return iter((self[1], self[0]))


def revived(value: Any) -> Any:
    batch = [value, None, value]
    first, none, last = pickle.loads(pickle.dumps(Block.from_rows(batch), 5)).rows()
    assert none is None and same(first, last)
    return first


def without_init(cls: type, **state: Any) -> Any:
    value = object.__new__(cls)
    for name, each in state.items():
        object.__setattr__(value, name, each)
    return value


def with_cached_double() -> WithCache:
    value = WithCache(2)
    assert value.double == 4
    return value


def with_hidden_slot() -> HiddenSlot:
    value = HiddenSlot(1)
    value.hidden = 7
    return value


TYPED = [
    Private(1),
    Child(1, 2, "a"),
    Generic(1),
    Abstract(1),
    WithCache(2),
    WithWeakref(1),
    SlottedChild(1, 2),
    WithDefault(1, d=[1]),
]
TYPED += [with_cached_double(), Checked(1), Backwards(1, 2), GenericTuple("a"), without_init(NoSetState, a=1)]
PICKLED = [Generic[int](1), with_hidden_slot(), OwnReduce(1), Registered(1), DataList(1), PlainChildOfDataclass(1)]


@pytest.mark.parametrize("value", TYPED, ids=lambda value: type(value).__name__)
def test_objects_of_fields_alone_are_columns(value: Any) -> None:
    assert Block.from_rows([value, None]).pickled_values == 0
    assert same(revived(value), value)


@pytest.mark.parametrize("value", PICKLED, ids=lambda value: type(value).__name__)
def test_other_objects_keep_all_of_their_state(value: Any) -> None:
    assert Block.from_rows([value, None]).pickled_values == 2
    back = revived(value)
    assert type(back) is type(value)
    assert getattr(back, "__dict__", None) == getattr(value, "__dict__", None)
    assert getattr(back, "hidden", None) == getattr(value, "hidden", None)
    assert list(back) == list(value) if isinstance(value, list | tuple) else True


def test_revived_objects_can_be_used_as_before() -> None:
    assert revived(WithCache(2)).double == 4
    weak = revived(WithWeakref(1))
    assert weakref.ref(weak)() is weak
    child = revived(Child(1, 2, "a"))
    child.c = "changed"
    assert child == Child(1, 2, "changed")


def test_no_code_of_a_dataclass_runs() -> None:
    block = Block.from_rows([without_init(TouchyDataclass, a=1, b="x")])
    (back,) = block.rows()
    assert type(back) is TouchyDataclass
    assert vars(back) == {"a": 1, "b": "x"}
