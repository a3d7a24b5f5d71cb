"""Test that a failing function's own exception reaches the caller, the same on every engine, with its cause."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.dataset.errors_of import error_of
from tests.engine.doubles import Lab


class Refused(ValueError):
    """An exception class of the user, with attributes."""

    def __init__(self, row: Any, code: int) -> None:
        super().__init__(f"refused {row!r}", code)
        self.row, self.code = row, code


def refuse_four(n: int) -> int:
    if n == 4:
        raise Refused(n, 7) from KeyError("cause")
    return n


def refuse_pair(a: int, b: int) -> int:
    if b == 4:
        raise Refused(b, 7) from KeyError("cause")
    return a + b


def items_until_four(n: int) -> Iterator[int]:
    yield n
    yield refuse_four(n)


def all_items(rows: Iterator[int]) -> Iterator[int]:
    for n in rows:
        yield refuse_four(n)


def whole_partition(rows: Iterator[int]) -> list[int]:
    return [refuse_four(n) for n in rows]


def of_source(index: int) -> Iterator[int]:
    yield index
    yield refuse_four(index)


def line(function: Callable[..., Any]) -> str:
    return f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"


ROW_VERBS: dict[str, tuple[Callable[[Dataset[int]], Dataset[Any]], str, str]] = {
    "map": (lambda ds: ds.map(refuse_four), "in map(refuse_four)", "4"),
    "filter": (lambda ds: ds.filter(refuse_four), "in filter(refuse_four)", "4"),
    "flat_map": (lambda ds: ds.flat_map(items_until_four), "in flat_map(items_until_four)", "4"),
    "key_by": (lambda ds: ds.key_by(refuse_four), "in key_by(refuse_four)", "4"),
    "map_values": (lambda ds: ds.key_by(str).map_values(refuse_four), "in map_values(refuse_four)", "('4', 4)"),
    "flat_map_values": (
        lambda ds: ds.key_by(str).flat_map_values(items_until_four),
        "in flat_map_values(items_until_four)",
        "('4', 4)",
    ),
    "group_by": (lambda ds: ds.group_by(refuse_four), "in group_by(refuse_four)", "4"),
    "distinct": (lambda ds: ds.distinct(refuse_four), "in distinct(refuse_four)", "4"),
    "sort": (lambda ds: ds.sort(refuse_four), "in sort(refuse_four)", "4"),
    "top": (lambda ds: ds.top(2, refuse_four), "in top(refuse_four)", "4"),
    "min": (lambda ds: ds.map(refuse_four, name="check").top(1), "in map(check)", "4"),
    "far below": (
        lambda ds: ds.map(refuse_four).filter(bool).key_by(str).reduce_by_key(max).join(ds.key_by(str)),
        "in map(refuse_four)",
        "4",
    ),
}


@pytest.mark.parametrize("verb", ROW_VERBS)
def test_a_row_function_fails(engine: Lab, verb: str) -> None:
    build, step, row = ROW_VERBS[verb]
    rows = build(engine.flow().from_items(range(6), partitions=3))
    error = error_of(rows.collect)
    assert type(error) is Refused
    assert error.args == ("refused 4", 7)
    assert (error.row, error.code) == (4, 7)
    assert repr(error.__cause__) == "KeyError('cause')"
    notes = error.__notes__
    assert notes[0].startswith(f"{step}, defined at {__file__}:")
    assert notes[1:3] == [f"row: {row}", f"partition: {4 if engine.tiny else 2}"]


def test_the_note_says_where_the_function_is_defined(engine: Lab) -> None:
    error = error_of(engine.flow().from_items([4]).map(refuse_four).collect)
    assert error.__notes__[0] == f"in map(refuse_four), defined at {line(refuse_four)}"


def test_spread_rows_are_shown_whole(engine: Lab) -> None:
    error = error_of(engine.flow().from_items([(1, 2), (3, 4)]).map(refuse_pair).collect)
    assert error.__notes__[:2] == [f"in map(refuse_pair), defined at {line(refuse_pair)}", "row: (3, 4)"]


def test_a_long_row_is_cut_to_200_characters(engine: Lab) -> None:
    error = error_of(engine.flow().from_items(["x" * 10_000]).map(int).collect)
    assert type(error) is ValueError
    (note,) = (note for note in error.__notes__ if note.startswith("row: "))
    assert len(note) <= len("row: ") + 200


def test_frames_of_glowray_and_ray_are_left_out(engine: Lab) -> None:
    error = error_of(engine.flow().from_items([4]).map(refuse_four).collect)
    files = []
    trace = error.__traceback__
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    assert set(files) == {__file__, error_of.__code__.co_filename}


REDUCERS: dict[str, Callable[[Dataset[int]], Dataset[Any]]] = {
    "reduce": lambda ds: ds.reduce(refuse_pair),
    "local_reduce": lambda ds: ds.local_reduce(refuse_pair),
    "merge_reduce": lambda ds: ds.merge_reduce(refuse_pair),
    "aggregate": lambda ds: ds.aggregate(0, refuse_pair, refuse_pair),
    "reduce_by_key": lambda ds: ds.key_by(lambda n: 0).reduce_by_key(refuse_pair),
    "aggregate_by_key": lambda ds: ds.key_by(lambda n: 0).aggregate_by_key(0, refuse_pair, refuse_pair),
    "local_reduce_by_key": lambda ds: ds.key_by(lambda n: 0).local_reduce_by_key(refuse_pair),
}


@pytest.mark.parametrize("kind", ["inline", pytest.param("ray", marks=pytest.mark.ray)])
@pytest.mark.parametrize("verb", REDUCERS)
def test_a_reducer_fails(verb: str, kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "ray":
        request.getfixturevalue("local_ray")
    error = error_of(REDUCERS[verb](gr.Flow(engine=kind).from_items([0, 0, 4, 0], partitions=1)).collect)
    assert type(error) is Refused
    assert error.__notes__[0] == f"in {verb}(refuse_pair), defined at {line(refuse_pair)}"
    assert "partition: 0" in error.__notes__


@pytest.mark.parametrize("verb", ["reduce", "reduce_by_key"])
def test_a_reducer_fails_on_partial_results(engine: Lab, verb: str) -> None:
    flow = engine.flow()
    rows = flow.from_items([0, 4], partitions=2)
    error = error_of(REDUCERS[verb](rows).collect)
    assert type(error) is Refused
    assert error.__notes__[0] == f"in {verb}(refuse_pair), defined at {line(refuse_pair)}"


@pytest.mark.parametrize("function", [all_items, whole_partition])
def test_map_partitions_fails(engine: Lab, function: Callable[..., Any]) -> None:
    error = error_of(engine.flow().from_items([1, 4], partitions=1).map_partitions(function).collect)
    assert type(error) is Refused
    assert error.__notes__[0] == f"in map_partitions({function.__name__}), defined at {line(function)}"


@pytest.mark.parametrize("sort", [False, True])
def test_a_source_function_fails(engine: Lab, sort: bool) -> None:
    rows: Dataset[int] = engine.flow().from_source(of_source, partitions=6)
    error = error_of((rows.map(abs).sort() if sort else rows).collect)
    assert type(error) is Refused
    assert error.__notes__ == [f"in from_source(of_source), defined at {line(of_source)}", "partition: 4"]


def test_the_lowest_partition_counts(engine: Lab) -> None:
    def fail(n: int) -> int:
        raise Refused(n, 0)

    error = error_of(engine.flow().from_items(range(40), partitions=8).map(fail).collect)
    assert error.args == ("refused 0", 0)


def test_rows_run_one_by_one_through_the_whole_chain(engine: Lab) -> None:
    def late(n: int) -> int:
        if n == 1:
            raise Refused(n, 2)
        return n

    rows = engine.flow().from_items(range(6), partitions=1).map(late).map(refuse_four)
    assert error_of(rows.collect).args == ("refused 1", 2)
    rows = engine.flow().from_items(range(4, 0, -1), partitions=1).map(late).map(refuse_four)
    assert error_of(rows.collect).args == ("refused 4", 7)


def test_the_first_side_of_a_join_counts(engine: Lab) -> None:
    flow = engine.flow()
    left, right = (
        flow.from_items([(code, code)]).map_values(lambda value: refuse_four(4) and value, name=name)
        for code, name in ((1, "left"), (2, "right"))
    )
    assert error_of(left.join(right).collect).__notes__[0].startswith("in map_values(left)")


TAKES: dict[str, Callable[[Dataset[int]], Any]] = {
    "take": lambda ds: ds.take(4),
    "limit": lambda ds: ds.limit(4).collect(),
    "limit, then more": lambda ds: ds.limit(4).map(lambda n: n).collect(),
    "iteration": lambda ds: [row for _, row in zip(range(4), ds, strict=False)],
}


@pytest.mark.parametrize("take", TAKES)
@pytest.mark.parametrize("partitions", [1, 2, 3, 6])
def test_rows_past_those_taken_never_raise(engine: Lab, take: str, partitions: int) -> None:
    assert TAKES[take](engine.flow().from_items(range(6), partitions=partitions).map(refuse_four)) == [0, 1, 2, 3]


@pytest.mark.parametrize("partitions", [1, 2, 6])
def test_first_and_is_empty_look_at_one_row(engine: Lab, partitions: int) -> None:
    rows = engine.flow().from_items([0, 4, 4, 4, 4, 4], partitions=partitions).map(refuse_four)
    assert rows.first() == 0
    assert not rows.is_empty()


def test_taking_the_failing_row_raises(engine: Lab) -> None:
    rows = engine.flow().from_items(range(6), partitions=3).map(refuse_four)
    for take in (lambda: rows.take(5), lambda: rows.take(6), lambda: rows.limit(5).collect()):
        assert type(error_of(take)) is Refused


def test_iteration_gives_all_rows_before_the_failing_one(engine: Lab) -> None:
    seen: list[int] = []
    with pytest.raises(Refused):
        for row in engine.flow().from_items(range(6), partitions=2).map(refuse_four):
            seen.append(row)  # noqa: PERF402  (list() would lose what came before the error)
    assert seen == [0, 1, 2, 3]


def test_a_generator_fails_half_way(engine: Lab) -> None:
    rows = engine.flow().from_items(range(6), partitions=2).flat_map(items_until_four)
    assert rows.take(9) == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert type(error_of(lambda: rows.take(10))) is Refused


def stop(*arguments: Any) -> Any:
    raise StopIteration("stopped")


STOPS: dict[str, Callable[[Dataset[int]], Dataset[Any]]] = {
    "map": lambda ds: ds.map(stop),
    "filter": lambda ds: ds.filter(stop),
    "flat_map": lambda ds: ds.flat_map(stop),
    "key_by": lambda ds: ds.key_by(stop),
    "map_partitions": lambda ds: ds.map_partitions(lambda rows: stop()),
    "sort": lambda ds: ds.sort(stop),
    "top": lambda ds: ds.top(1, stop),
    "reduce": lambda ds: ds.reduce(lambda a, b: stop()),
    "reduce_by_key": lambda ds: ds.key_by(lambda n: 0).reduce_by_key(lambda a, b: stop()),
}


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("verb", STOPS)
def test_stop_iteration_becomes_runtime_error(engine: Lab, verb: str, limited: bool) -> None:
    rows = STOPS[verb](engine.flow().from_items(range(4), partitions=2))
    error = error_of((rows.limit(3) if limited else rows).collect)
    assert type(error) is RuntimeError
    assert error.args[0].endswith("raised StopIteration")
    assert error.__notes__[0].startswith(f"in {verb}(")
    assert f"defined at {__file__}" in error.__notes__[0]


def test_stop_iteration_drops_no_row(engine: Lab) -> None:
    def some(n: int) -> int:
        return stop() if n == 2 else n

    assert type(error_of(engine.flow().from_items(range(6), partitions=2).map(some).collect)) is RuntimeError


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt("k"), GeneratorExit("g")])
def test_what_ends_a_process_ends_the_job(engine: Lab, error: BaseException) -> None:
    def leave(n: int) -> int:
        raise type(error)(*error.args)

    found = error_of(engine.flow(on_error="skip").from_items([1, 2]).map(leave).collect)
    assert type(found) is type(error)
    assert found.args == error.args
    assert engine.flow().from_items([1]).map(str).collect() == ["1"], "the engine works on"


def test_sys_exit(engine: Lab) -> None:
    found = error_of(
        engine.flow().from_items([1]).for_each(lambda n: sys.exit(5))
        if False
        else (lambda: engine.flow().from_items([1]).for_each(lambda n: sys.exit(5)))
    )
    assert isinstance(found, SystemExit)
    assert found.code == 5


def test_an_exception_that_cannot_be_pickled_comes_back(engine: Lab) -> None:
    def fail(n: int) -> int:
        error = Refused(n, 1)
        error.lock = threading.Lock()  # type: ignore[attr-defined]
        raise error

    error = error_of(engine.flow().from_items([3]).map(fail).collect)
    assert type(error) is Refused
    assert error.args == ("refused 3", 1)
    assert "attributes that cannot be pickled: lock" in error.__notes__


@pytest.mark.parametrize(
    "fails",
    [
        lambda row: [1 / n for n in row],
        lambda row: sum(1 / n for n in row),
        lambda row: {n: 1 / n for n in row},
        lambda row: sorted(row, key=lambda n: 1 / n),
    ],
    ids=["list", "generator", "dict", "lambda"],
)
@pytest.mark.parametrize("vectorize", [True, False])
def test_the_row_of_an_error_in_a_nested_scope(engine: Lab, fails: Callable[[list[int]], Any], vectorize: bool) -> None:
    rows = engine.flow(vectorize=vectorize).from_items([[1], [2, 0]]).map(fails).map(lambda row: row)
    error = error_of(rows.collect)
    assert type(error) is ZeroDivisionError
    assert "row: [2, 0]" in error.__notes__
    functions = []
    trace = error.__traceback__
    while trace is not None:
        functions.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert "<lambda>" in functions


def test_empty_results(engine: Lab) -> None:
    empty = engine.flow().from_items([])
    for run in (empty.first, empty.min, empty.max, empty.mean):
        with pytest.raises(ValueError, match="empty dataset"):
            run()
    assert empty.first(default=3) == 3
    assert empty.sum() == 0


def test_no_function_of_glowrays_own_is_shown_as_the_users(engine: Lab) -> None:
    for verb in ("count_by_key", "keys", "values"):
        with pytest.raises(TypeError) as caught:
            getattr(engine.flow().from_items([5]), verb)().collect()
        assert caught.value.__notes__[0] == f"in {verb}()"
