from __future__ import annotations

import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glowray.errors import ReplayError
from glowray.functions import Cause, Failure, Function
from glowray.functions.exceptions import LARGEST, LeftBehind
from glowray.kernels.operators.map_values import MapValues
from glowray.rows.objects import pickling

Fails = Callable[..., BaseException]

repaired = False


def fragile(key: str, value: int) -> Any:
    if not repaired:
        raise ValueError(key)
    return key, value


def test_it_runs_the_function_on_the_row_here(fails: Fails) -> None:
    error: Any = fails(fragile, ("a", 1))
    with pytest.raises(ValueError, match="a") as caught:
        error.replay()
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][1:] == ["fragile"]
    trace = caught.value.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    assert trace is not None
    assert trace.tb_frame.f_locals == {"key": "a", "value": 1}  # a debugger sees the variables


def test_it_returns_what_the_function_returns() -> None:
    def later(row: Any) -> Any:
        return row + 1

    function = Function.of(later, "map")
    assert Failure.capture(ValueError(), verb="map", cause=Cause.of_row(function, 1)).replay() == 2


def test_a_value_of_a_keyed_row() -> None:
    function = Function.of(lambda a, b: a + b, "map_values", of_value=True)
    cause = MapValues("map_values", "", function).cause(("k", (1, 2)))
    failure = Failure.capture(ValueError(), verb="map_values", cause=cause)
    assert failure.replay() == 3


def test_the_items_of_flat_map(fails: Fails) -> None:
    def halfway(row: Any) -> Iterator[int]:
        yield 1
        raise LookupError(row)

    error: Any = fails(halfway, "r", verb="flat_map", gives_items=True)
    with pytest.raises(LookupError):
        error.replay()


def test_the_arguments_of_a_reducer(fails: Fails) -> None:
    def divide(a: int, b: int) -> float:
        return a / b

    error: Any = fails(divide, 0, verb="reduce", arguments=(5, 0), spreads=False)
    with pytest.raises(ZeroDivisionError):
        error.replay()


def test_no_row() -> None:
    function = Function.of(len, "map_partitions", spreads=False)
    error: Any = Failure.capture(ValueError(), verb="map_partitions", cause=Cause(function)).exception()
    with pytest.raises(ReplayError, match=r"map_partitions\(len\) cannot be run again here: no single row"):
        error.replay()
    assert not any("replay" in note for note in error.__notes__)


def test_a_reducer_whose_arguments_are_not_known() -> None:
    function = Function.of(lambda a, b: a, "reduce", spreads=False)
    error: Any = Failure.capture(ValueError(), verb="reduce", cause=Cause(function, 3)).exception()
    with pytest.raises(ReplayError, match="is not a function of one row"):
        error.replay()


def test_no_function() -> None:
    error: Any = Failure.capture(ValueError(), verb="group_by_key", cause=Cause(row=3)).exception()
    with pytest.raises(ReplayError, match="no function of yours failed"):
        error.replay()


@pytest.mark.parametrize("row", [threading.Lock(), b"x" * (LARGEST + 1)])
def test_a_row_that_stays_behind(row: Any) -> None:
    failure = Failure.capture(ValueError(), verb="map", cause=Cause.of_row(Function.of(len, "map"), row))
    error: Any = pickling.loads(pickling.dumps(failure)).exception()
    with pytest.raises(ReplayError, match="the row cannot be pickled, or is larger than 8 MB"):
        error.replay()
    assert isinstance(failure.row, LeftBehind)


class Own(Exception):
    def replay(self) -> str:
        return "mine"


def test_a_replay_of_the_user_s_own(fails: Fails) -> None:
    def fail(row: Any) -> None:
        raise Own(row)

    error: Any = fails(fail, 1)
    assert error.replay() == "mine"
    with pytest.raises(Own):
        error.glowray_replay()
    assert error.__notes__[-1].startswith("glowray_replay() of this exception")


def test_an_exception_with_its_replay_is_pickled(fails: Fails) -> None:
    error = pickle.loads(pickle.dumps(fails(int, "x")))
    with pytest.raises(ValueError):
        error.replay()


def test_a_changed_row_is_replayed_as_it_was_left(fails: Fails) -> None:
    def fail(row: list[int]) -> Any:
        raise ValueError(row.pop())

    row = [1, 2]
    error: Any = fails(fail, row)
    with pytest.raises(ValueError, match="1"):
        error.replay()
