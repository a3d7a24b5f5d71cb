"""Test that wrong use raises at the call of the verb, before anything runs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import ForbiddenEngine


@pytest.fixture
def rows(forbidden: ForbiddenEngine) -> Dataset[Any]:
    return gr.Flow("wrong", engine=forbidden).from_items([(1, 2)])


Call = Callable[[Dataset[Any], Any], Any]
FUNCTION_VERBS: dict[str, Call] = {
    "map": lambda ds, f: ds.map(f),
    "flat_map": lambda ds, f: ds.flat_map(f),
    "filter": lambda ds, f: ds.filter(f),
    "key_by": lambda ds, f: ds.key_by(f),
    "map_values": lambda ds, f: ds.map_values(f),
    "flat_map_values": lambda ds, f: ds.flat_map_values(f),
    "map_partitions": lambda ds, f: ds.map_partitions(f),
    "group_by": lambda ds, f: ds.group_by(f),
    "distinct": lambda ds, f: ds.distinct(f),
    "sort": lambda ds, f: ds.sort(f),
    "top": lambda ds, f: ds.top(1, f),
    "min": lambda ds, f: ds.min(f),
    "max": lambda ds, f: ds.max(f),
    "for_each": lambda ds, f: ds.for_each(f),
    "local_sort": lambda ds, f: ds.local_sort(f),
    "merge_sorted": lambda ds, f: ds.merge_sorted(f),
    "from_source": lambda ds, f: ds.flow.from_source(f, 2),
}
REDUCER_VERBS: dict[str, Call] = {
    "reduce": lambda ds, f: ds.reduce(f),
    "local_reduce": lambda ds, f: ds.local_reduce(f),
    "merge_reduce": lambda ds, f: ds.merge_reduce(f),
    "reduce_by_key": lambda ds, f: ds.reduce_by_key(f),
    "local_reduce_by_key": lambda ds, f: ds.local_reduce_by_key(f),
    "aggregate": lambda ds, f: ds.aggregate(0, f, max),
    "aggregate_by_key": lambda ds, f: ds.aggregate_by_key(0, max, f),
}
ALL_VERBS = {**FUNCTION_VERBS, **REDUCER_VERBS}
TAKE_NAMES = {"key_by", "group_by", "distinct", "sort", "top", "min", "max", "local_sort", "merge_sorted"}
"""Verbs that take a str as the name of a field."""


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_not_callable(rows: Dataset[Any], verb: str) -> None:
    for wrong in (3, [len]) if verb in TAKE_NAMES else (3, "len", [len]):
        with pytest.raises(TypeError, match=rf"{verb}\(\) needs a function"):
            ALL_VERBS[verb](rows, wrong)


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_async_def(rows: Dataset[Any], verb: str) -> None:
    async def fetch(a: int, b: int = 0) -> int:
        return a

    async def fetch_two(a: int, b: int) -> int:
        return a

    with pytest.raises(TypeError, match="async def"):
        ALL_VERBS[verb](rows, fetch_two if verb in REDUCER_VERBS else fetch)


@pytest.mark.parametrize("verb", REDUCER_VERBS)
def test_a_reducer_takes_two(rows: Dataset[Any], verb: str) -> None:
    for wrong in (lambda a: a, lambda a, b, c: a, lambda: 0):
        with pytest.raises(TypeError, match=rf"{verb}\(\) cannot call .* is called with 2 arguments"):
            REDUCER_VERBS[verb](rows, wrong)


def test_parameters_that_nobody_fills(rows: Dataset[Any]) -> None:
    def keyword(a: int, *, unit: str) -> int:
        return a

    with pytest.raises(TypeError, match="keyword-only unit"):
        rows.map(keyword)
    with pytest.raises(TypeError, match="takes no parameters"):
        rows.map(lambda: 1)


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_a_captured_thing_that_cannot_be_pickled_is_named(rows: Dataset[Any], verb: str) -> None:
    guard = threading.Lock()
    f = (lambda a, b: guard) if verb in REDUCER_VERBS else (lambda a: guard)
    with pytest.raises(TypeError, match=rf"{verb}\(\) cannot send .*captures .*guard"):
        ALL_VERBS[verb](rows, f)


@pytest.mark.parametrize("thing", ["rows", "flow"])
def test_a_captured_dataset_or_flow_is_named(rows: Dataset[Any], thing: str) -> None:
    captured = rows if thing == "rows" else rows.flow
    with pytest.raises(TypeError, match=r"captures .*captured.*(Dataset|Flow)"):
        rows.map(lambda row: captured)


COUNTS: dict[str, tuple[Callable[[Dataset[Any], Any], Any], int]] = {
    "limit": (lambda ds, n: ds.limit(n), 0),
    "take": (lambda ds, n: ds.take(n), 0),
    "top": (lambda ds, n: ds.top(n), 0),
    "show": (lambda ds, n: ds.show(n), 0),
    "repartition": (lambda ds, n: ds.repartition(n), 1),
    "partition_by_key": (lambda ds, n: ds.partition_by_key(n), 1),
}


@pytest.mark.parametrize("verb", COUNTS)
def test_numbers(rows: Dataset[Any], verb: str) -> None:
    call, least = COUNTS[verb]
    with pytest.raises(ValueError, match=rf"{verb}\(\) needs a number of at least {least}"):
        call(rows, least - 1)
    for wrong in (1.5, "1", None, True):
        with pytest.raises(TypeError, match=rf"{verb}\(\): n must be an int"):
            call(rows, wrong)


@pytest.mark.parametrize("partitions", [0, -1])
def test_partitions_of_sources(forbidden: ForbiddenEngine, partitions: int) -> None:
    flow = gr.Flow(engine=forbidden)
    for source in (
        lambda: flow.from_items([1], partitions=partitions),
        lambda: flow.from_range(3, partitions=partitions),
        lambda: flow.from_source(lambda index: [], partitions),
        lambda: flow.read_text(__file__, partitions=partitions),
        lambda: gr.Flow(partitions=partitions),
    ):
        with pytest.raises(ValueError, match="partitions"):
            source()


def test_a_join_that_does_not_exist(rows: Dataset[Any]) -> None:
    with pytest.raises(ValueError, match="'cross'"):
        rows.join(rows, how="cross")
    for verb in (rows.join, rows.co_group):
        with pytest.raises(TypeError, match="at least one other Dataset"):
            verb()


OTHERS: dict[str, Callable[[Dataset[Any], Any], Any]] = {
    "join": lambda ds, other: ds.join(other),
    "co_group": lambda ds, other: ds.co_group(other),
    "union": lambda ds, other: ds.union(other),
    "subtract": lambda ds, other: ds.subtract(other),
    "intersection": lambda ds, other: ds.intersection(other),
    "cartesian": lambda ds, other: ds.cartesian(other),
    "zip": lambda ds, other: ds.zip(other),
}


@pytest.mark.parametrize("verb", OTHERS)
def test_what_is_no_dataset(rows: Dataset[Any], verb: str) -> None:
    with pytest.raises(TypeError, match=rf"{verb}\(\) needs a Dataset, got list"):
        OTHERS[verb](rows, [(1, 2)])


def test_a_fraction(rows: Dataset[Any]) -> None:
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="fraction from 0 to 1"):
            rows.sample(wrong)


def test_a_path_that_matches_nothing(tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    for missing in (tmp_path / "none.txt", f"{tmp_path}/*.txt", [tmp_path / "none"]):
        with pytest.raises(FileNotFoundError, match=str(tmp_path)):
            flow.read_text(missing)


@pytest.mark.parametrize("policy", ["ignore", "", "letters.json"])
def test_an_error_policy_that_does_not_exist(rows: Dataset[Any], policy: str) -> None:
    with pytest.raises(ValueError, match="on_error must be"):
        rows.map(str, on_error=policy)
    with pytest.raises(ValueError, match="on_error must be"):
        gr.Flow(on_error=policy)


def test_negative_resources(rows: Dataset[Any]) -> None:
    for wrong in ({"num_cpus": -1}, {"num_gpus": -0.5}, {"memory": -1}):
        with pytest.raises(ValueError, match="must not be negative"):
            rows.map(str, **wrong)


def test_a_name_that_says_nothing(rows: Dataset[Any]) -> None:
    with pytest.raises(TypeError, match="name="):
        rows.map(str, name="")


def test_uncache_of_what_is_not_cached(rows: Dataset[Any]) -> None:
    with pytest.raises(ValueError, match="uncache"):
        rows.uncache()


def test_an_output_that_takes_nothing(rows: Dataset[Any]) -> None:
    with pytest.raises(TypeError, match=r"output\(\) needs a queue.Queue, a function or a channel"):
        rows.output([])


def test_numpys_ints_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = gr.Flow(engine="inline").from_items([1, 2, 3], partitions=2)
    assert (rows.take(np.int64(2)), rows.repartition(np.uint8(3)).num_partitions) == ([1, 2], 3)
    assert rows.sample(np.float64(1.0), seed=np.int32(5)).collect() == [1, 2, 3]


OPTION_VERBS: dict[str, Callable[[Dataset[Any], dict[str, Any]], Any]] = {
    "sort": lambda ds, more: ds.sort(**more),
    "top": lambda ds, more: ds.top(1, **more),
    "local_sort": lambda ds, more: ds.local_sort(**more),
    "merge_sorted": lambda ds, more: ds.merge_sorted(**more),
    "reduce": lambda ds, more: ds.reduce(max, **more),
    "local_reduce": lambda ds, more: ds.local_reduce(max, **more),
    "merge_reduce": lambda ds, more: ds.merge_reduce(max, **more),
    "aggregate": lambda ds, more: ds.aggregate(0, max, max, **more),
    "reduce_by_key": lambda ds, more: ds.reduce_by_key(max, **more),
    "local_reduce_by_key": lambda ds, more: ds.local_reduce_by_key(max, **more),
    "aggregate_by_key": lambda ds, more: ds.aggregate_by_key(0, max, max, **more),
    "distinct": lambda ds, more: ds.distinct(**more),
    "map": lambda ds, more: ds.map(str, **more),
    "group_by": lambda ds, more: ds.group_by(str, **more),
}


@pytest.mark.parametrize("verb", OPTION_VERBS)
def test_an_argument_that_is_none_of_the_verbs(rows: Dataset[Any], verb: str) -> None:
    with pytest.raises(TypeError, match=rf"{verb}\(\) got an unexpected keyword argument 'nmae'"):
        OPTION_VERBS[verb](rows, {"nmae": "x"})
    with pytest.raises(TypeError, match="num_cpus must be a number, got 'two'"):
        OPTION_VERBS[verb](rows, {"num_cpus": "two"})


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"name": 5}, TypeError, "Flow(): name must be a str, got 5"),
        ({"partitions": "4"}, TypeError, "partitions must be an int, got '4'"),
        ({"partitions": 0}, ValueError, "partitions must be at least 1"),
        ({"max_errors": "4"}, TypeError, "max_errors must be an int, got '4'"),
        ({"max_errors": True}, TypeError, "max_errors must be an int, got True"),
        ({"memory": "4GB"}, TypeError, "memory must be a number of bytes, got '4GB'"),
        ({"num_cpus": float("nan")}, ValueError, "num_cpus must not be negative, got nan"),
        ({"labels": "north"}, TypeError, "labels must be a dict of str"),
        ({"labels": ["north"]}, TypeError, "labels must be a dict of str"),
        ({"labels": {"zone": 1}}, TypeError, "labels must be a dict of str"),
    ],
)
def test_arguments_of_a_flow(arguments: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        gr.Flow(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("half",), TypeError, "sample(): fraction must be a number, got 'half'"),
        ((0.5, "seed"), TypeError, "sample(): seed must be an int, got 'seed'"),
        ((0.5, 1.5), TypeError, "sample(): seed must be an int, got 1.5"),
        ((float("nan"),), ValueError, "sample() needs a fraction from 0 to 1, got nan"),
    ],
)
def test_arguments_of_a_sample(
    rows: Dataset[Any], arguments: tuple[Any, ...], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=re.escape(said)):
        rows.sample(*arguments)


def test_sources_that_are_none() -> None:
    with pytest.raises(TypeError, match=r"from_items\(\) needs an iterable, got int"):
        gr.from_items(5)
    with pytest.raises(TypeError, match=r"a row must be picklable, but from_items\(\) was given one that is not"):
        gr.from_items([1, threading.Lock()])
    with pytest.raises(TypeError, match=r"read_text\(\): paths must be a path, or a list of paths, got 5"):
        gr.read_text(5)


class Stop(BaseException):
    """An exception that no handler of `Exception` catches."""


def stop(*_: Any) -> Any:
    raise Stop("no")


class Reduces:
    __reduce__ = stop


class Stated:
    __getstate__ = stop


class Asked:
    __getattribute__ = stop


class Restored:
    def __reduce__(self) -> Any:
        return stop, ()


NO_PICKLES = [Reduces, Stated, Asked, Restored]
PICKLING_VERBS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "map": (lambda thing: gr.from_items([1]).map(lambda row: thing).collect(), r"map\(\) .* thing \(.*{}\)"),
    "broadcast": (gr.broadcast, r"broadcast\(\) cannot send value \(.*{}\)"),
    "aggregate": (lambda thing: gr.from_items([1]).aggregate(thing, max, max), r"aggregate\(\): zero \({}\)"),
    "aggregate_by_key": (
        lambda thing: gr.from_items([(1, 1)]).aggregate_by_key(thing, max, max),
        r"aggregate_by_key\(\): zero \({}\)",
    ),
}


@pytest.mark.parametrize("cls", NO_PICKLES)
@pytest.mark.parametrize("verb", PICKLING_VERBS)
def test_dunders_that_raise_what_is_no_exception(verb: str, cls: type) -> None:
    call, said = PICKLING_VERBS[verb]
    with pytest.raises(TypeError, match=said.format(cls.__name__) + ".*Stop: "):
        call(cls())


@pytest.mark.parametrize("cls", NO_PICKLES[:3])
def test_rows_whose_dunders_raise_what_is_no_exception(cls: type) -> None:
    for call in (lambda: gr.from_items([cls()]), lambda: gr.from_items([1]).map(lambda row: cls()).collect()):
        with pytest.raises(TypeError, match=r"a row must be picklable, but .*Stop: "):
            call()


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_signals_pass(signal: type[BaseException], rows: Dataset[Any]) -> None:
    class Interrupted:
        def __reduce__(self) -> Any:
            raise signal

    thing = Interrupted()
    with pytest.raises(signal):
        rows.map(lambda row: thing)


NAMED, UNNAMED = 1, 2


def test_a_function_finds_the_globals_that_its_code_names(flow: gr.Flow) -> None:
    rows = flow.from_items([0])
    assert rows.map(lambda row: (NAMED, eval("NAMED"), "UNNAMED" in globals())).collect() == [(1, 1, False)]
    with pytest.raises(NameError, match="UNNAMED"):
        rows.map(lambda row: eval("UNNAMED")).collect()
