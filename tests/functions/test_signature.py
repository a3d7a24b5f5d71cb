from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import typing
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.functions.signature import Signature, is_async, python_function, signature

NAMES = ["a", "b", "c", "d", "e"]


@st.composite
def functions(draw: st.DrawFn) -> Any:
    """Draw a Python function of any shape: positional, positional-only, defaults, *args, keyword-only, **kwargs."""
    names = NAMES[: draw(st.integers(0, 5))]
    cut = draw(st.integers(0, len(names)))
    defaults_from = draw(st.integers(0, len(names)))
    parts = [name if i < defaults_from else f"{name}=0" for i, name in enumerate(names)]
    if cut:
        parts.insert(cut, "/")
    star = draw(st.sampled_from(["", "*rest", "*"]))
    keyword_only = draw(st.sampled_from([[], ["k"], ["k=1"], ["k", "m=1"]]))
    if star == "*" and not keyword_only:
        star = ""
    if not star:
        keyword_only = []
    parts += [star] * bool(star) + keyword_only + draw(st.sampled_from([[], ["**more"]]))
    return eval(f"lambda {', '.join(parts)}: 0")


def oracle(call: Any) -> Signature:
    """Return the answer of the standard library's inspect.signature, which is much slower."""
    given = inspect.signature(call).parameters.values()
    positional = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return Signature(
        required=sum(p.default is p.empty for p in positional),
        most=None if any(p.kind is p.VAR_POSITIONAL for p in given) else len(positional),
        keyword_only=tuple(p.name for p in given if p.kind is p.KEYWORD_ONLY and p.default is p.empty),
    )


@given(functions())
def test_agrees_with_inspect_on_functions(function: Any) -> None:
    assert signature(function) == oracle(function)


@given(functions())
def test_agrees_with_inspect_on_methods(function: Any) -> None:
    cls = type("Owner", (), {"method": function, "__call__": function})
    if function.__code__.co_argcount or function.__code__.co_flags & inspect.CO_VARARGS:
        assert signature(cls().method) == oracle(cls().method)
        assert signature(cls()) == oracle(cls())


@given(functions(), st.integers(0, 5), st.sets(st.sampled_from(NAMES + ["k", "m"])))
def test_agrees_with_inspect_on_partials(function: Any, positional: int, keywords: set[str]) -> None:
    call = functools.partial(function, *[0] * positional, **dict.fromkeys(keywords, 0))
    try:
        expected = oracle(call)
    except ValueError:  # the function cannot take these arguments, so any call fails
        return
    assert signature(call) == expected
    assert signature(functools.partial(call)) == expected


@dataclasses.dataclass
class Point:
    x: int
    y: int
    z: int = 0


class Pair(typing.NamedTuple):
    left: int
    right: int = 0


class WithNew:
    def __new__(cls, a: int, b: int) -> WithNew:
        return super().__new__(cls)


class WithBoth:
    def __new__(cls, *args: object) -> WithBoth:
        return super().__new__(cls)

    def __init__(self, a: int, b: int) -> None:
        pass


class Color(enum.Enum):
    RED = 1


class Bare:
    pass


class IntLike(int):
    pass


class Meta(type):
    def __call__(cls, a: int, b: int, c: int) -> Any:
        return super().__call__()


class Made(metaclass=Meta):
    pass


@functools.cache
def cached(a: int, b: int) -> int:
    return a + b


def passing_on(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def taking_the_row(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(row: Any) -> Any:
        return function(*row)

    return wrapper


class Methods:
    def bound(self, a: int, b: int) -> None: ...
    @classmethod
    def of_class(cls, a: int, b: int) -> None: ...
    @staticmethod
    def static(a: int, b: int) -> None: ...


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Point, Signature(2, 3)),
        (Pair, Signature(1, 2)),
        (WithNew, Signature(2, 2)),
        (WithBoth, Signature(2, 2)),
        (Bare, Signature(0, 0)),
        (Made, Signature(3, 3)),
        (cached, Signature(2, 2)),
        (passing_on(cached), Signature(2, 2)),
        (passing_on(Methods().bound), Signature(2, 2)),
        (taking_the_row(cached), Signature(1, 1)),
        (Methods().bound, Signature(2, 2)),
        (Methods.of_class, Signature(2, 2)),
        (Methods.static, Signature(2, 2)),
        (Methods.bound, Signature(3, 3)),
        (functools.partial(Point, 1), Signature(1, 2)),
    ],
)
def test_known_callables(call: Any, expected: Signature) -> None:
    assert signature(call) == expected


def test_an_enum_takes_a_value() -> None:
    found = signature(Color)
    assert found is not None
    assert found.required == 1  # the maximum differs between versions of Python


@pytest.mark.parametrize("call", [len, int, dict, str.upper, "".join, [].append, IntLike, ValueError, max, print])
def test_c_code_has_no_signature(call: Any) -> None:
    assert signature(call) is None


def test_a_ufunc_has_no_signature() -> None:
    assert signature(numpy.add) is None


def test_async_is_seen_through_wrappers() -> None:
    async def coroutine(row: Any) -> None: ...
    async def generator(row: Any) -> Any:
        yield row

    class Callable:
        async def __call__(self, row: Any) -> None: ...

    for call in (coroutine, generator, functools.partial(coroutine, 1), passing_on(coroutine), Callable()):
        assert is_async(call)
    assert not is_async(lambda row: coroutine)
    assert not is_async(len)


def test_a_circle_of_wrappers_ends() -> None:
    wrapper = passing_on(len)
    wrapper.__wrapped__ = wrapper
    assert python_function(wrapper) is None
    assert signature(wrapper) is None
