"""Test that an error names the failing step's own input row, as it was when the step began."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.functions.show import shown
from tests.dataset.failing import (
    ONE,
    SEVERAL,
    Refused,
    a_key,
    a_key_after_a_change,
    check,
    number,
    spoil,
)
from tests.effort import examples
from tests.engine.doubles import Lab

# A step says how a verb calls a function, both in glowray and in plain Python.

Emit = Callable[[Any], None]


@dataclass(frozen=True)
class Step:
    """A verb with a function. `name` is the function's name in the error."""

    verb: str
    function: Callable[..., Any]
    name: str

    def add(self, rows: Dataset[Any]) -> Dataset[Any]:
        if self.verb == "top":
            return rows.top(2, self.function, name=self.name)
        if self.verb in ("map_values", "flat_map_values"):
            return getattr(rows.map(keyed), self.verb)(self.function, name=self.name).values()
        made: Dataset[Any] = getattr(rows, self.verb)(self.function, name=self.name)
        return made.values() if self.verb == "key_by" else made

    def run(self, row: Any, emit: Emit) -> None:
        """Do the same to one row in plain Python."""
        given = keyed(row) if self.verb.endswith("values") else row
        with_step = Attempt(self, shown(given))
        if self.verb.startswith("flat"):
            items = iter(with_step.run(self.function, row))
            while (item := with_step.run(lambda: next(items, END))) is not END:
                emit(item)
            return
        result = with_step.run(self.function, row)
        if self.verb in ("map", "map_values"):
            emit(result)
        elif self.verb == "key_by" or (self.verb == "filter" and result):
            emit(row)


END = object()


@dataclass
class Attempt:
    """A call of a step's function on its row. It raises Blamed, with the step and the row, for any error."""

    step: Step
    row: str

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Refused as error:
            raise Blamed(self.step, self.row, error) from error


class Blamed(Exception):
    """The step, the row and the error that an error of glowray must name."""


def keyed(row: Any) -> tuple[int, Any]:
    return number(row) % 2, row


def harmless(row: Any) -> Any:
    return row


def twice(row: Any) -> Iterator[Any]:
    yield row
    yield copy.deepcopy(row)


def ten_more(row: Any) -> Any:
    """Return the row for the number plus 10, which fails under the same condition."""
    if isinstance(row, dict):
        return {**row, "n": row["n"] + 10}
    if isinstance(row, list):
        return [row[0] + 10, *row[1:]]
    return row + 10


ONE_VERBS = ("map", "filter", "map_values", "key_by")
SEVERAL_VERBS = ("flat_map", "flat_map_values")
LAST = ("sort", "top", "distinct", "group_by", "for_each", "output")

QUIET = [("map", harmless), ("map", ten_more), ("flat_map", twice), ("filter", bool)]
FORMS: list[Callable[[int], Any]] = [lambda n: n, lambda n: [n, [n]], lambda n: {"n": n, "tags": [n]}]


def expected(partitions: list[list[Any]], steps: list[Step]) -> tuple[Step, str, Refused, int] | None:
    """Return the first error of plain Python: step, row, error, partition."""
    if steps[-1].verb == "output":  # its function runs in the driver, after all tasks have succeeded
        made: list[list[Any]] = [[] for _ in partitions]
        failed = _first_error(partitions, steps[:-1], made)
        return failed or _first_error(made, steps[-1:], [[] for _ in partitions])
    return _first_error(partitions, steps, [[] for _ in partitions])


def _first_error(
    partitions: list[list[Any]], steps: list[Step], made: list[list[Any]]
) -> tuple[Step, str, Refused, int] | None:  # fmt: skip
    """Return the first error. Put the results of the steps into `made`, one list per partition."""

    def run(index: int, row: Any, emit: Emit) -> None:
        if index < len(steps):
            steps[index].run(row, lambda item: run(index + 1, item, emit))
        else:
            emit(copy.deepcopy(row))

    for partition, rows in enumerate(partitions):
        for row in copy.deepcopy(rows):
            try:
                run(0, row, made[partition].append)
            except Blamed as blamed:
                step, text, error = blamed.args
                return step, text, error, partition
    return None


def steps_of(chosen: list[tuple[str, Callable[..., Any]]]) -> list[Step]:
    return [Step(verb, function, f"step {place}") for place, (verb, function) in enumerate(chosen)]


def error_of(flow: Any, rows: Dataset[Any], last: str) -> Any:
    """Return the error of running the steps. The last step may be an action."""
    try:
        if last == "output":
            flow.run()
        elif last != "for_each":
            rows.collect()
    except Refused as error:
        return error
    return None


def check_errors(
    engine: Lab, numbers: list[int], form: int, partitions: int, vectorize: bool, steps: list[Step]
) -> None:
    """Check that glowray and plain Python name the same step, row, partition and error, and that replay() raises it
    again.
    """
    flow = engine.flow(vectorize=vectorize)
    source = flow.from_items([FORMS[form](n) for n in numbers], partitions=partitions)
    wanted = expected(source.map_partitions(lambda rows: [list(rows)]).collect(), steps)
    rows, raised = source, None
    for step in steps:
        try:
            rows = step.add(rows)
        except Refused as error:  # from for_each, which runs at once
            raised = error
    raised = raised or error_of(flow, rows, steps[-1].verb)
    if wanted is None:
        assert raised is None
        return
    step, row, error, partition = wanted
    assert type(raised) is Refused
    assert raised.args == error.args
    assert raised.__notes__[0].startswith(f"in {step.verb}({step.name}), defined at ")
    assert raised.__notes__[1:3] == [f"row: {row}", f"partition: {partition}"]
    with pytest.raises(Refused) as again:
        raised.replay()
    assert again.value.args == error.args


row_steps = st.one_of(
    st.sampled_from(QUIET),
    st.tuples(st.sampled_from(ONE_VERBS), st.sampled_from(ONE)),
    st.tuples(st.sampled_from(SEVERAL_VERBS), st.sampled_from(SEVERAL)),
)
last_steps = st.tuples(st.sampled_from(LAST), st.sampled_from([a_key, a_key_after_a_change]))
chains = st.tuples(st.lists(row_steps, min_size=1, max_size=4), st.lists(last_steps, max_size=1)).map(
    lambda parts: steps_of([*parts[0], *parts[1]])
)
# Few numbers fail, so other rows go before the failing one.
numbers = st.lists(st.sampled_from([1, 2, 3, 7, 17]), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", ["inline", "inline-tiny"])
@settings(max_examples=examples(150))
@given(numbers=numbers, form=st.integers(0, 2), partitions=st.integers(1, 3), vectorize=st.booleans(), steps=chains)
def test_an_error_names_step_row_and_partition(
    kind: str, numbers: list[int], form: int, partitions: int, vectorize: bool, steps: list[Step]
) -> None:
    check_errors(Lab(kind), numbers, form, partitions, vectorize, steps)


@pytest.mark.ray
@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=numbers, form=st.integers(0, 2), partitions=st.integers(1, 3), vectorize=st.booleans(), steps=chains)
def test_an_error_names_them_on_ray(
    ray_lab: Lab, numbers: list[int], form: int, partitions: int, vectorize: bool, steps: list[Step]
) -> None:
    check_errors(ray_lab, numbers, form, partitions, vectorize, steps)


EVERY = [
    *((verb, function) for verb in ONE_VERBS for function in ONE),
    *((verb, function) for verb in SEVERAL_VERBS for function in SEVERAL),
    *((verb, function) for verb in LAST for function in (a_key, a_key_after_a_change)),
]


@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("form", range(len(FORMS)))
@pytest.mark.parametrize(("verb", "function"), EVERY)
def test_every_place_in_every_verb(verb: str, function: Callable[..., Any], form: int, vectorize: bool) -> None:
    steps = steps_of([(verb, function), *([] if verb in LAST else [("map", harmless)])])
    check_errors(Lab("inline"), [1, 7, 2], form, 1, vectorize, steps)


# Rows of other sources: records that loops unpack, and columns.

Make = Callable[[Any, Path], Dataset[Any]]


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


RECORDS: dict[str, Make] = {
    "read_json": lambda flow, tmp: flow.read_json(
        written(tmp / "a.json", '{"n": 1, "tags": [1]}\n{"n": 7, "tags": [7]}\n')
    ),
    "from_arrow": lambda flow, tmp: flow.from_arrow(
        pa.Table.from_pylist([{"n": 1, "tags": [1]}, {"n": 7, "tags": [7]}])
    ),
    "after a join": lambda flow, tmp: (
        flow.from_items([(1, [1]), (7, [7])])
        .join(flow.from_items([(1, 0), (7, 0)]))
        .map(lambda n, tags, _: {"n": n, "tags": tags})
    ),
    "after a group": lambda flow, tmp: (
        flow.from_items([(1, 1), (7, 7)]).group_by_key().map(lambda n, tags: {"n": n, "tags": tags})
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("function", [*ONE, a_key_after_a_change])
@pytest.mark.parametrize("source", RECORDS)
def test_records_of_every_source(
    source: str, function: Callable[..., Any], vectorize: bool, tmp_path: Path, engine: Lab
) -> None:
    rows = RECORDS[source](engine.flow(vectorize=vectorize), tmp_path)
    for made in (rows.map(function), rows.filter(lambda row: row["n"] == 7).map(function).map(harmless)):
        with pytest.raises(Refused) as caught:
            made.collect()
        assert caught.value.__notes__[1] == "row: {'n': 7, 'tags': [7]}"
        with pytest.raises(Refused):
            caught.value.replay()  # type: ignore[attr-defined]


COLUMNS: dict[str, tuple[Callable[[Dataset[str]], Dataset[Any]], str]] = {
    "first": (lambda lines: lines.map(lambda line: int(line)), "'x'"),
    "later": (lambda lines: lines.map(lambda line: line[::-1]).map(lambda line: int(line)), "'x'"),
    "of items": (
        lambda lines: lines.flat_map(lambda line: line.split("2")).map(lambda line: int(line)),
        "''",
    ),
    "within a flat_map": (
        lambda lines: lines.flat_map(lambda line: [int(part) for part in line.split("2")]),
        "'12'",
    ),
    "of a spread row": (
        lambda lines: lines.map(lambda line: (line, len(line))).map(lambda line, n: int(line) // n),
        "('x', 1)",
    ),
}


@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("case", COLUMNS)
def test_rows_that_columns_leave_to_python(case: str, vectorize: bool, tmp_path: Path, engine: Lab) -> None:
    build, row = COLUMNS[case]
    rows = build(engine.flow(vectorize=vectorize).read_text(written(tmp_path / "a.txt", "11\n12\nx\n13\n")))
    assert not vectorize or "arrow" in rows.explain()
    with pytest.raises(ValueError) as caught:
        rows.collect()
    assert caught.value.__notes__[1] == f"row: {row}"
    with pytest.raises(ValueError):
        caught.value.replay()  # type: ignore[attr-defined]


# Errors of reducers name the row that the reducer was to add to the accumulator.


def add(total: Any, row: Any) -> Any:
    spoil(row)
    check(row)
    return total


REDUCERS: dict[str, tuple[Callable[[Dataset[Any]], Dataset[Any]], str]] = {
    "reduce": (lambda rows: rows.reduce(add), "[7, [7]]"),
    "aggregate": (lambda rows: rows.aggregate(0, add, max), "[7, [7]]"),
    "reduce_by_key": (lambda rows: rows.key_by(lambda row: 0).reduce_by_key(add), "(0, [7, [7]])"),
    "a key's first row": (
        lambda rows: rows.key_by(lambda row: row[0]).aggregate_by_key(0, add, max),
        "(7, [7, [7]])",
    ),
    "aggregate_by_key": (lambda rows: rows.key_by(lambda row: 0.5).aggregate_by_key(0, add, max), "(0.5, [7, [7]])"),
    "local_reduce": (lambda rows: rows.local_reduce(add), "[7, [7]]"),
}


@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("verb", REDUCERS)
def test_the_row_that_a_reducer_changed(verb: str, vectorize: bool) -> None:
    build, row = REDUCERS[verb]
    rows = gr.Flow(engine="inline", vectorize=vectorize).from_items([[1, [1]], [7, [7]], [2, [2]]], partitions=1)
    with pytest.raises(Refused) as caught:
        build(rows).collect()
    assert caught.value.__notes__[1] == f"row: {row}"
    with pytest.raises(Refused) as again:
        caught.value.replay()  # type: ignore[attr-defined]
    assert again.value.args == (7,)


@pytest.mark.parametrize("on_error", ["skip", "collect"])
@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("function", [*ONE, *SEVERAL])
def test_rows_that_are_dropped_are_told_of_as_they_were(
    function: Callable[..., Any], vectorize: bool, on_error: str
) -> None:
    flow = gr.Flow(engine="inline", vectorize=vectorize)
    rows = flow.from_items([[1, [1]], [7, [7]]])
    (rows.map if function in ONE else rows.flat_map)(function, on_error=on_error).collect()
    assert sum(flow.skipped.values()) == 1
    assert [shown(error.row) for error in flow.errors] == (["[7, [7]]"] if on_error == "collect" else [])
