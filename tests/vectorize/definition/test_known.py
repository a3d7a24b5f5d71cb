"""Test that `Known.bind` binds a call's arguments as Python does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from itertools import combinations
from typing import Any

import pytest

from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known, Refused


class Shop:
    def __call__(self, a: Any, b: Any = "default") -> Any:
        return a

    def price(self, a: Any, *, d: Any = "by keyword") -> Any:
        return d


def mixed(a: Any, b: Any = "second", /, c: Any = "third", *, d: Any, e: Any = "fifth") -> Any:
    return a


CALLS: list[Callable[..., Any]] = [
    lambda: 0,
    lambda a: a,
    lambda a, b=2, *, d=4: (a, b, d),
    lambda a, /, b: (a, b),
    mixed,
    Shop(),
    Shop().price,
    partial(mixed, "held"),
    partial(mixed, d="held"),
    partial(mixed, "held", "too", d=1, e=2),
    partial(mixed, a="not by keyword"),
    partial(mixed, z="no such parameter"),
    partial(Shop().price, "held", d="too"),
]
KEYWORDS = [names for count in range(3) for names in combinations("abcde", count)]


@pytest.mark.parametrize("given", range(4))
@pytest.mark.parametrize("call", CALLS)
def test_binds_as_a_call_does(call: Callable[..., Any], given: int) -> None:
    known = know(call)
    assert isinstance(known, Known)
    arguments = [f"argument {place}" for place in range(given)]
    for names in KEYWORDS:
        keywords = {name: f"{name} by name" for name in names}
        bound = known.bind(arguments, keywords)
        try:
            expected = signature(known.function).bind(*known.bound, *arguments, **{**known.keywords, **keywords})
        except TypeError:
            assert isinstance(bound, Refused), names
            continue
        expected.apply_defaults()
        assert not isinstance(bound, Refused), names
        made, supplied = bound
        assert {**made, **{name: value for name, (_, value) in supplied.items()}} == expected.arguments
        assert all(binding.resolve() is value for binding, value in supplied.values())


def test_refuses_variable_parameters() -> None:
    for call in (lambda *a: a, lambda a, **more: a):
        known = know(call)
        assert isinstance(known, Known)
        assert isinstance(known.bind(["x"], {}), Refused)
