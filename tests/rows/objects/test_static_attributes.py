"""Test that reading the stored attributes of objects runs none of their code."""

from __future__ import annotations

import functools
import types
from typing import Any

import pytest

from glowray.rows.objects.static_attributes import (
    class_attribute,
    class_name,
    instance_attributes,
    is_instance,
    is_one_of,
    module_attribute,
    module_name,
    mro_of,
    name_of,
    stored_attribute,
)


def refuse(*given: Any) -> Any:
    raise AssertionError("it was asked")


class Meta(type):
    __eq__ = __hash__ = __getattribute__ = __bool__ = __instancecheck__ = __subclasscheck__ = refuse  # type: ignore[assignment]


class Loud:
    __slots__ = ("slot", "unset")
    __eq__ = __hash__ = __bool__ = __getattr__ = __len__ = __iter__ = refuse  # type: ignore[assignment]
    __class__ = property(refuse)  # type: ignore[assignment]
    computed = property(refuse)

    def __getattribute__(self, name: str) -> Any:
        refuse()


class Roomy(Loud):
    """A class whose instances have a dict, and hide it."""


class Hiding:
    __dict__ = property(refuse)  # type: ignore[assignment]


def quiet(cls: Any) -> Any:
    made = object.__new__(cls)
    if cls is not Hiding:
        object.__setattr__(made, "slot", 4)
    return made


@pytest.fixture
def loud() -> Any:
    return quiet(Loud)


def test_types_are_told_without_asking(loud: Any) -> None:
    made = Meta("Made", (), {"a": 1})
    assert is_instance(loud, Loud) and not is_instance(loud, int)
    assert is_instance(made, type) and not is_instance(made, int)
    assert not is_one_of(loud, (1, None, made)) and is_one_of(made, (loud, made))
    assert class_attribute(made, "a") == 1 and class_attribute(made, "b", 2) == 2
    assert mro_of(made)[1] is object and class_name(made) == "Made" and module_name(made) == __name__


def test_attributes_are_those_that_are_stored(loud: Any) -> None:
    roomy = quiet(Roomy)
    object.__setattr__(roomy, "own", 5)
    assert stored_attribute(loud, "slot") == 4 and stored_attribute(loud, "unset", 7) == 7
    assert stored_attribute(loud, "computed") is None and stored_attribute(loud, "missing") is None
    assert instance_attributes(roomy) == {"own": 5} and stored_attribute(roomy, "own") == 5
    assert instance_attributes(loud) == {} == instance_attributes(quiet(Hiding)) == instance_attributes(3)


def test_names_are_those_that_are_stored(loud: Any) -> None:
    named = functools.wraps(len)(quiet(type("Wrapper", (), {"slot": 0})))
    names = [name_of(each) for each in (loud, named, len, "".upper, Loud, test_names_are_those_that_are_stored)]
    assert names == ["Loud", "len", "len", "str.upper", "Loud", "test_names_are_those_that_are_stored"]


def test_lazy_modules_stay_lazy() -> None:
    class Lazy(types.ModuleType):
        __getattribute__ = refuse  # type: ignore[assignment]

    lazy = Lazy("lazy")
    assert module_attribute(lazy, "__name__") == "lazy" and module_attribute(lazy, "missing") is None
