"""Test rows that a verb cannot take: the error names verb, row and function, and replay() raises it again."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset
from glowray.functions.show import shown
from tests.engine.doubles import Lab

Run = Callable[[Dataset[Any]], Any]


def collected(build: Callable[[Dataset[Any]], Dataset[Any]]) -> Run:
    return lambda rows: build(rows).collect()


def itself(row: Any) -> Any:
    return row


def listed(row: Any) -> Any:
    """Return a list as the key of the row "bad", and any other row as its own key."""
    return [row] if row == "bad" else row


def chained(rows: Dataset[Any], count: int) -> Dataset[Any]:
    for _ in range(count):
        rows = rows.map(itself)
    return rows


def twice(value: Any) -> Any:
    return [value, value]


def second(row: Any) -> Any:
    return row[1]


def add(total: Any, row: Any) -> Any:
    return total + row


def counted_to(total: int, row: Any) -> Any:
    if row == "bad":
        raise ValueError(row)
    return total + 1


def place_of(function: Callable[..., Any]) -> str:
    return f"defined at {__file__}:{function.__code__.co_firstlineno}"


@dataclass(frozen=True)
class Case:
    """A verb, and rows for it. The last row is bad.

    `label` is the text in parentheses in the note. `function` is the user's function whose place the note gives. `type`
    is the type of the error.
    """

    verb: str
    run: Run
    good: tuple[Any, ...]
    bad: Any
    type: type[BaseException]
    label: str = ""
    function: Callable[..., Any] | None = None
    name: str = ""

    def __str__(self) -> str:
        return self.name or f"{self.verb}({self.label}) of {self.bad!r:.20}"


def other(rows: Dataset[Any]) -> Dataset[Any]:
    """Return a second side, all of whose rows are good."""
    return rows.flow.from_items([("a", 0), ("z", 0)], partitions=2)


def many(rows: Dataset[Any]) -> Dataset[Any]:
    """Return the same side from a source of unknown size, so the join cannot happen in place."""
    return rows.flow.from_source(lambda index: [("a", 0), ("z", 0)], 2)


AGGREGATES = "n=sum(itself), low=min()"


# Verbs of keyed rows. `max` and `len` are functions of C, so the note gives no place for them.

KEYED: dict[str, tuple[Run, str, Callable[..., Any] | None]] = {
    "reduce_by_key": (collected(lambda rows: rows.reduce_by_key(add)), "add", add),
    "aggregate_by_key": (collected(lambda rows: rows.aggregate_by_key(0, add, max)), "add", add),
    "local_reduce_by_key": (collected(lambda rows: rows.local_reduce_by_key(max)), "max", None),
    "count_by_key": (collected(lambda rows: rows.count_by_key()), "", None),
    "group_by_key": (collected(lambda rows: rows.group_by_key()), "", None),
    "local_group_by_key": (collected(lambda rows: rows.local_group_by_key()), "", None),
    "partition_by_key": (collected(lambda rows: rows.partition_by_key(3)), "", None),
    "sum_by_key": (collected(lambda rows: rows.sum_by_key()), "", None),
    "top_by_key": (collected(lambda rows: rows.top_by_key(1)), "", None),
    "agg_by_key": (collected(lambda rows: rows.agg_by_key(n=agg.sum(itself), low=agg.min())), AGGREGATES, None),
    "co_group": (collected(lambda rows: rows.co_group(other(rows))), "", None),
    "join": (collected(lambda rows: rows.join(other(rows))), "", None),
    "join, a semi join": (collected(lambda rows: rows.join(other(rows), how="semi")), "", None),
    "join, an anti join": (collected(lambda rows: rows.join(other(rows), how="anti")), "", None),
    "join, of rows that move": (collected(lambda rows: rows.join(many(rows))), "", None),
    "join, on the right": (collected(lambda rows: other(rows).join(rows, how="left")), "", None),
}
RANKED = collected(lambda rows: rows.top_by_key(1, itself))
BAD_KEYS: list[Any] = [["l"], (1, {"t": 1}), object]
NOT_PAIRS: list[Any] = ["ab", (1, 2, 3), ["a", 1]]


def keyed_cases() -> Iterator[Case]:
    for name, (run, label, function) in KEYED.items():
        verb = name.partition(",")[0]
        for key in BAD_KEYS:
            yield Case(
                verb, run, (("a", 1), ("b", 2)), (key, 3), gr.KeyTypeError, label, function, f"{name} of {key!r}"
            )
        for row in NOT_PAIRS:
            yield Case(verb, run, (("a", 1), ("b", 2)), row, TypeError, label, function, f"{name} of {row!r}")
    for key in BAD_KEYS:  # a rank stands beside the value by then
        good = (("a", 1), ("b", 2))
        yield Case("top_by_key", RANKED, good, (key, 3), gr.KeyTypeError, name=f"top_by_key by a rank of {key!r}")


# Verbs whose rows are their own keys, and verbs with a function that gives the key.

OWN: dict[str, Run] = {
    "distinct": collected(lambda rows: rows.distinct()),
    "count_by_value": collected(lambda rows: rows.count_by_value()),
    "subtract": collected(lambda rows: rows.subtract(other(rows))),
    "subtract, of rows that move": collected(lambda rows: rows.subtract(many(rows))),
    "subtract, on the right": collected(lambda rows: other(rows).subtract(rows)),
    "intersection": collected(lambda rows: rows.intersection(other(rows))),
    "intersection, of rows that move": collected(lambda rows: rows.intersection(many(rows))),
}
BY_FUNCTION: dict[str, Run] = {
    "distinct": collected(lambda rows: rows.distinct(listed)),
    "distinct, that may drop rows": collected(lambda rows: rows.distinct(listed, on_error="skip")),
    "group_by": collected(lambda rows: rows.group_by(listed)),
    "agg": collected(lambda rows: rows.group_by(listed).agg(n=agg.count(), last=agg.max())),
    "agg, that may drop rows": collected(lambda rows: rows.group_by(listed, on_error="skip").agg(n=agg.count())),
    "agg, in tasks with more CPUs": collected(lambda rows: rows.group_by(listed, num_cpus=0.5).agg(n=agg.count())),
    "agg, behind a long chain": collected(lambda rows: chained(rows, 39).group_by(listed).agg(n=agg.count())),
}


def own_cases() -> Iterator[Case]:
    for name, run in OWN.items():
        for key in BAD_KEYS:
            yield Case(name.partition(",")[0], run, ("a", 1), key, gr.KeyTypeError, name=f"{name} of {key!r}")
    for name, run in BY_FUNCTION.items():
        yield Case(name.partition(",")[0], run, ("a", 1), "bad", gr.KeyTypeError, "listed", listed, f"{name} by listed")


# Verbs of records with field names: some leave out the fields that they do not need before they look at the key.


def same(rows: Dataset[Any]) -> Dataset[Any]:
    """Return a second side, whose records are good."""
    return rows.flow.from_items([{"j": 1, "m": 0}], partitions=2)


def raised(record: Any) -> Any:
    if record["n"] == "text":
        raise ValueError(record)
    return record["n"]


BY_FIELDS: dict[str, tuple[Run, str]] = {
    "distinct": (collected(lambda rows: rows.distinct("k")), "'k'"),
    "group_by": (collected(lambda rows: rows.group_by("k", "m")), "'k', 'm'"),
    "agg": (collected(lambda rows: rows.group_by("k").agg(n=agg.sum("n"))), "'k'"),
    "agg, of two fields": (collected(lambda rows: rows.group_by("m", "k").agg(n=agg.mean("n"))), "'m', 'k'"),
    "agg, of no field": (collected(lambda rows: rows.group_by("k").agg(n=agg.count())), "'k'"),
    "join": (collected(lambda rows: rows.join(rows, on="k")), "'k'"),
    "join, of different names": (collected(lambda rows: rows.join(same(rows), on={"k": "j"})), "'k'"),
    "join, on the right": (collected(lambda rows: same(rows).join(rows, on={"j": "k"}, how="left")), "'k'"),
    "join, a semi join": (collected(lambda rows: rows.join(same(rows), on={"k": "j"}, how="semi")), "'k'"),
}
RAISED = "n=sum(raised)"
BY_VALUES: dict[str, tuple[Run, str, type[BaseException]]] = {
    "agg": (collected(lambda rows: rows.group_by("k").agg(n=agg.sum("n"))), "n=sum('n')", TypeError),
    "agg, by a function": (collected(lambda rows: rows.group_by("k").agg(n=agg.sum(raised))), RAISED, ValueError),
    "agg, of one group": (collected(lambda rows: rows.group_by("m").agg(n=agg.mean("n"))), "n=mean('n')", TypeError),
}


def record_cases() -> Iterator[Case]:
    good = ({"k": 1, "n": 2, "m": 3, "unread": 4}, {"k": 2, "n": 5, "m": 3, "unread": 6})
    for key in BAD_KEYS:
        for name, (run, label) in BY_FIELDS.items():
            bad = {"k": key, "n": 7, "m": 3, "unread": 8}
            yield Case(
                name.partition(",")[0], run, good, bad, gr.KeyTypeError, label, name=f"{name} by fields of {key!r}"
            )
    for name, (run, label, error) in BY_VALUES.items():
        bad = {"k": 1, "n": "text", "m": 3, "unread": 8}
        yield Case(name.partition(",")[0], run, good, bad, error, label, name=f"{name} of a bad value")


# Verbs that take one keyed row at a time.


def pair_cases() -> Iterator[Case]:
    for row in NOT_PAIRS:
        good = (("a", 1), ("b", 2))
        yield Case("keys", collected(lambda rows: rows.keys()), good, row, TypeError)
        yield Case("values", collected(lambda rows: rows.values()), good, row, TypeError)
        yield Case("to_dict", lambda rows: rows.to_dict(), good, row, TypeError)
        mapped = collected(lambda rows: rows.map_values(itself))
        yield Case("map_values", mapped, good, row, TypeError, "itself", itself)
        mapped = collected(lambda rows: rows.flat_map_values(twice))
        yield Case("flat_map_values", mapped, good, row, TypeError, "twice", twice)
    yield Case("to_dict", lambda rows: rows.to_dict(), (("a", 1),), ([1], 2), TypeError)


# Verbs that compare rows, and verbs that add them.

ORDERS: dict[str, Run] = {
    "sort": collected(lambda rows: rows.sort()),
    "sort, downwards": collected(lambda rows: rows.sort(reverse=True)),
    "merge_sorted": collected(lambda rows: rows.merge_sorted()),
    "top": collected(lambda rows: rows.top(2)),
    "top, of many": collected(lambda rows: rows.top(50)),
    "min": lambda rows: rows.min(),
    "max": lambda rows: rows.max(),
}
ORDERS_BY_FUNCTION: dict[str, Run] = {
    "sort": collected(lambda rows: rows.sort(second)),
    "sort, that may drop rows": collected(lambda rows: rows.sort(second, on_error="skip")),
    "merge_sorted": collected(lambda rows: rows.merge_sorted(second)),
    "top": collected(lambda rows: rows.top(2, second, reverse=True)),
    "top, that may drop rows": collected(lambda rows: rows.top(2, second, on_error="skip")),
    "min": lambda rows: rows.min(second),
    "max": lambda rows: rows.max(second),
}


def order_cases() -> Iterator[Case]:
    for bad in ("text", None):
        for name, run in ORDERS.items():
            yield Case(name.partition(",")[0], run, (1, 3, 2), bad, TypeError, name=f"{name} of {bad!r}")
        for name, run in ORDERS_BY_FUNCTION.items():
            good = (("x", 1), ("y", 3), ("z", 2))
            verb = name.partition(",")[0]
            yield Case(verb, run, good, ("w", bad), TypeError, "second", second, f"{name} by second of {bad!r}")


def fold_cases() -> Iterator[Case]:
    for bad in ("text", None):
        yield Case("sum", lambda rows: rows.sum(), (1, 2), bad, TypeError)
        yield Case("mean", lambda rows: rows.mean(), (1, 2), bad, TypeError)
    aggregated = collected(lambda rows: rows.aggregate(0, counted_to, operator.add))
    yield Case("aggregate", aggregated, (1, 2), "bad", ValueError, "counted_to", counted_to)


CASES = [*keyed_cases(), *own_cases(), *record_cases(), *pair_cases(), *order_cases(), *fold_cases()]


def check(rows: Dataset[Any], case: Case) -> None:
    with pytest.raises(case.type) as caught:
        case.run(rows)
    error: Any = caught.value
    assert type(error) is case.type
    step, row = [note for note in error.__notes__ if not note.startswith(("partition:", "replay()"))]
    assert step.partition(", defined at ")[0] == f"in {case.verb}({case.label})"
    assert case.function is None or step.endswith(place_of(case.function))
    assert row == f"row: {shown(case.bad)}"
    assert error.__notes__[-1].startswith("replay() of this exception ")
    with pytest.raises(case.type) as again:
        error.replay()
    assert type(again.value) is case.type
    assert again.value.args == error.args


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_row(case: Case) -> None:
    for kind, vectorize, partitions in (("inline", True, 1), ("inline", False, 3), ("inline-tiny", True, 3)):
        rows = Lab(kind).flow(vectorize=vectorize).from_items([*case.good, case.bad], partitions=partitions)
        check(rows, case)
        check(rows.map(itself), case)


def one_of_each_verb() -> list[Case]:
    found: dict[str, Case] = {}
    for case in CASES:
        found.setdefault(f"{case.verb}({case.label})", case)
    return list(found.values())


@pytest.mark.ray
@pytest.mark.parametrize("case", one_of_each_verb(), ids=str)
def test_a_bad_row_on_ray(case: Case, ray_lab: Lab) -> None:
    check(ray_lab.flow().from_items([*case.good, case.bad], partitions=2), case)


# Columns of a file, with a function or type that fails on a field.


class OwnError(ValueError):
    """A subclass of ValueError that the user wrote."""


def checked(text: str) -> str:
    if text == "bad":
        raise OwnError(text)
    return text


@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("partitions", [1, 3])
def test_a_function_of_a_column_fails(partitions: int, vectorize: bool, tmp_path: Path, engine: Lab) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,x\n2,y\nbad,z\n")
    rows = engine.flow(vectorize=vectorize).read_csv(path, partitions, types={"a": checked})
    for made in (rows, rows.map(itself), rows.sort(str), rows.map(lambda row: row["a"]).distinct()):
        with pytest.raises(OwnError) as caught:
            made.collect()
        error: Any = caught.value
        assert type(error) is OwnError
        assert error.args == ("bad",)
        assert error.__context__ is None
        assert error.__notes__[0] == f'"{path}", line 4, column "a"'
        assert error.__notes__[1:3] == [f"in read_csv(checked), {place_of(checked)}", "row: 'bad,z'"]
        with pytest.raises(OwnError) as again:
            error.replay()
        assert again.value.args == ("bad",)


@pytest.mark.parametrize("convert", [int, float, bool])
def test_a_type_refuses_a_field(convert: type, tmp_path: Path, engine: Lab) -> None:
    (tmp_path / "a.csv").write_text("a\n1\nbad\n")
    with pytest.raises(ValueError, match='line 3, column "a"') as caught:
        engine.flow().read_csv(tmp_path / "a.csv", types={"a": convert}).collect()
    error: Any = caught.value
    assert error.__notes__[:2] == ["in read_csv()", "row: 'bad'"]
    with pytest.raises(ValueError) as again:
        error.replay()
    assert type(again.value) is type(error)
    assert again.value.args == error.args


# A StopIteration becomes a RuntimeError, both in a task and in replay().


def stop(*arguments: Any) -> Any:
    raise StopIteration("stopped")


STOPS: dict[str, Callable[[Dataset[Any]], Dataset[Any]]] = {
    "map": lambda rows: rows.map(stop),
    "filter": lambda rows: rows.filter(stop),
    "flat_map": lambda rows: rows.flat_map(stop),
    "flat_map, in a generator": lambda rows: rows.flat_map(lambda row: (stop() for _ in range(2))),
    "map_values": lambda rows: rows.key_by(itself).map_values(stop),
    "key_by": lambda rows: rows.key_by(stop),
    "group_by": lambda rows: rows.group_by(stop),
    "distinct": lambda rows: rows.distinct(stop),
    "sort": lambda rows: rows.sort(stop),
    "top": lambda rows: rows.top(1, stop),
    "reduce": lambda rows: rows.reduce(stop),
    "reduce_by_key": lambda rows: rows.key_by(bool).reduce_by_key(stop),
}


@pytest.mark.parametrize("vectorize", [True, False])
@pytest.mark.parametrize("verb", STOPS)
def test_replay_of_a_stop_iteration(engine: Lab, verb: str, vectorize: bool) -> None:
    rows = STOPS[verb](engine.flow(vectorize=vectorize).from_items([1, 2, 3], partitions=1))
    with pytest.raises(RuntimeError) as caught:
        rows.collect()
    error: Any = caught.value
    assert error.__notes__[0].startswith(f"in {verb.partition(',')[0]}(")
    with pytest.raises(RuntimeError) as again:
        error.replay()
    assert type(again.value) is RuntimeError
    assert again.value.args == error.args
    assert isinstance(again.value.__cause__, StopIteration)
