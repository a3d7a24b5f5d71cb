from __future__ import annotations

import functools
import inspect
import os
import threading
import types
from typing import Any

import pytest

from glowray.functions import Function, spread, whole
from glowray.rows.objects import pickling


def here() -> int:
    frame = inspect.currentframe()
    assert frame and frame.f_back
    return frame.f_back.f_lineno


def refusal(call: Any, verb: str = "map", **options: Any) -> str:
    with pytest.raises(TypeError) as caught:
        Function.of(call, verb, **options)
    return str(caught.value)


def test_what_a_function_knows() -> None:
    line = here() + 1
    function = Function.of(lambda word, n: n, "map")
    assert function.verb == "map"
    assert (function.label, function.site) == ("λ word, n: n", f"test_function.py:{line}")
    assert (function.filename, function.lineno) == (__file__, line)
    assert function.definition == f"{__file__}:{line}"
    assert (function.spread, function.required, function.name) == (2, 2, None)


def test_a_name_is_the_label() -> None:
    function = Function.of(len, "map", name="lengths")
    assert (function.name, function.label, function.site, function.definition) == ("lengths", "lengths", None, None)


def test_a_function_travels() -> None:
    function = pickling.loads(pickling.dumps(Function.of(lambda a, b: a + b, "map")))
    assert function.call(*function.arguments((1, 2))) == 3


def test_not_callable() -> None:
    assert refusal(3).startswith(f"map() needs a function, got 3 (int), called at {__file__}:")
    assert refusal(None, "filter").startswith("filter() needs a function, got None (NoneType), called at")


@pytest.mark.parametrize("name", [3, ""])
def test_a_name_is_text(name: Any) -> None:
    assert "map(name=…) must be a str" in refusal(len, name=name)


def test_async_is_refused_with_the_fix() -> None:
    async def fetch(row: Any) -> None: ...
    async def stream(row: Any) -> Any:
        yield row

    for call in (fetch, stream, functools.partial(fetch), spread(fetch)):
        text = refusal(call, "flat_map")
        assert text.startswith("flat_map() needs an ordinary function, but ")
        assert f"(test_function.py:{fetch.__code__.co_firstlineno})" in text or "stream" in text
        assert "asyncio.run(…)" in text


def test_parameters_that_a_row_cannot_fill() -> None:
    def nothing() -> None: ...
    def keyword(row: Any, *, scale: int) -> None: ...

    class Bare: ...

    assert "it takes no parameters, but is called with a row" in refusal(nothing)
    assert "it takes no parameters, but is called with a value" in refusal(nothing, "map_values", of_value=True)
    assert "map() cannot call Bare" in refusal(Bare)
    assert "nothing gives its keyword-only scale; bind them with partial()" in refusal(keyword)
    assert Function.of(functools.partial(keyword, scale=2), "map").spread is None
    assert "it needs 2 parameters, but gr.whole() gives it the row as one" in refusal(whole(lambda a, b: a))


def test_parameters_of_a_reducer() -> None:
    def reduce(call: Any) -> Function:
        return Function.of(call, "reduce", spreads=False, arguments=(2,))

    assert reduce(lambda a, b: a).spread is None
    assert reduce(max).required is None
    assert reduce(lambda *values: values).required == 0
    assert "it takes 1 parameter, but is called with 2 arguments" in refusal(
        lambda a: a, "reduce", spreads=False, arguments=(2,)
    )
    assert "is called with 1 or 2 arguments" in refusal(
        lambda a, b, c: a, "map_partitions", spreads=False, arguments=(1, 2)
    )
    assert "reduce() does not spread rows" in refusal(spread(max), "reduce", spreads=False)


lock = threading.Lock()
config = {"url": "x", "db": lock}


def helper(row: Any) -> Any:
    return lock, row


class Service:
    def __init__(self) -> None:
        self.name = "service"
        self.inner = types.SimpleNamespace(lock=threading.Lock())

    def handle(self, row: Any) -> Any:
        return row

    def __call__(self, row: Any) -> Any:
        return row


class Slotted:
    __slots__ = ("lock", "unset")

    def __init__(self) -> None:
        self.lock = threading.Lock()


def closure() -> Any:
    guard = threading.Lock()
    return lambda row: (guard, row)


def nested() -> Any:
    guard = threading.Lock()

    def inner(row: Any) -> Any:
        return guard, row

    return lambda row: inner(row)


many = [*range(1000), lock, *range(1000)]
slotted = Slotted()


@pytest.mark.parametrize(
    ("call", "captured"),
    [
        (closure(), "it captures guard (_thread.lock)"),
        (nested(), "it captures guard (_thread.lock, used by inner)"),
        (lambda row: lock, "it captures lock (_thread.lock)"),
        (lambda row: [lock for _ in row], "it captures lock (_thread.lock)"),
        (lambda row: config["db"], "it captures config['db'] (_thread.lock)"),
        (lambda row: helper(row), "it captures lock (_thread.lock, used by helper)"),
        (lambda row: many, "it captures many[1000] (_thread.lock)"),
        (lambda row: slotted, "it captures slotted.lock (_thread.lock)"),
        (lambda row, guard=lock: guard, "it captures guard (_thread.lock, a default argument)"),
        (lambda row, *, guard=lock: guard, "it captures guard (_thread.lock, a default argument)"),
        (functools.partial(max, lock), "it captures args[0] (_thread.lock, bound by partial())"),
        (functools.partial(max, key=lock), "it captures key (_thread.lock, bound by partial())"),
        (functools.partial(closure()), "it captures guard (_thread.lock)"),
        (Service().handle, "it captures self.inner.lock (_thread.lock)"),
        (Service(), "it captures self.inner.lock (_thread.lock)"),
        (lambda row: (i for i in [lock]), "it captures lock (_thread.lock)"),
    ],
)
def test_the_captured_variable_that_cannot_be_pickled_is_named(call: Any, captured: str) -> None:
    text = refusal(call)
    assert captured in text
    assert "cannot be pickled: cannot pickle '_thread.lock' object" in text
    assert "create it inside the function, or once a partition in map_partitions()" in text
    assert text.endswith(f"called at {__file__}:{refusal.__code__.co_firstlineno + 2}")


class Dataset:
    """A stand-in for glowray's Dataset, which refuses to be pickled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __reduce__(self) -> Any:
        raise TypeError("a Dataset is a plan for the driver")


Dataset.__module__ = "glowray.dataset"


def test_a_dataset_is_named_as_a_whole() -> None:
    lines = Dataset()
    text = refusal(lambda row: lines)
    assert "it captures lines (Dataset), which cannot be pickled: a Dataset is a plan for the driver" in text
    assert "capture rows that were collected, or join the two" in text
    tables = {"a": [lines]}
    assert "it captures tables['a'][0] (Dataset)" in refusal(lambda row: tables)


def test_a_callable_that_is_itself_the_trouble() -> None:
    generator = (row for row in [])
    assert refusal(generator.send).startswith("map() cannot send generator.send to workers: it captures self")


class Refusing:
    def __call__(self, row: Any) -> Any:
        return row

    def __reduce__(self) -> Any:
        raise OSError("not today")


def test_any_exception_of_a_pickling_is_reported() -> None:
    text = refusal(Refusing())
    assert "map() cannot send Refusing (test_function.py:" in text
    assert "as it cannot be pickled: not today" in text


def test_what_refers_to_itself_ends() -> None:
    ring: list[Any] = [lock]
    ring.append(ring)
    assert "it captures ring[0] (_thread.lock)" in refusal(lambda row: ring)


def test_an_unset_variable_of_a_closure_is_no_trouble() -> None:
    def call(row: Any) -> Any:
        return later

    assert Function.of(call, "map").label == "call"
    later = os


def test_the_user_s_call_is_named_through_glowray_s_frames() -> None:
    source = "def verb(call):\n    return Function.of(call, 'map')\n"
    names: dict[str, Any] = {"Function": Function}
    exec(compile(source, "<glowray verb>", "exec"), names)
    line = here() + 2
    with pytest.raises(TypeError) as caught:
        names["verb"](3)
    assert str(caught.value).endswith(f"called at {__file__}:{line}")


def test_a_function_that_stays_in_the_driver_need_not_be_pickled() -> None:
    assert Function.of(closure(), "output", ships=False).verb == "output"
    assert refusal(3, "output", ships=False).startswith("output() needs a function")
