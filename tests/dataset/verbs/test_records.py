"""Test verbs on records by field name, against plain Python and Polars."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from tests.engine.doubles import Lab

Record = dict[str, Any]

ROWS: list[Record] = [
    {"a": 1, "b": "x", "n": 2.5},
    {"a": None, "b": "y", "n": None},
    {"a": 1, "b": "y", "n": math.nan},
    {"a": 0, "b": "x", "n": -1.0},
    {"a": 2, "b": "z", "n": 7.0},
]

records = st.lists(
    st.fixed_dictionaries({
        "a": st.none() | st.integers(-2, 2),
        "b": st.sampled_from(["x", "y", "é", ""]),
        "n": st.none() | st.floats(-3, 3, allow_nan=False),
    }),
    max_size=12,
)  # fmt: skip


def test_a_name_is_the_field_and_several_are_a_tuple(engine: Lab) -> None:
    rows = engine.flow().from_items(ROWS)
    assert rows.key_by("a").keys().collect() == [1, None, 1, 0, 2]
    assert rows.key_by("a", "b").keys().collect() == [(1, "x"), (None, "y"), (1, "y"), (0, "x"), (2, "z")]
    assert "key_by(three)" in rows.key_by("a", "b", "n", name="three").explain()
    assert sorted(rows.group_by("b").map(lambda b, group: (b, len(group))).collect()) == [("x", 2), ("y", 2), ("z", 1)]
    assert [row["a"] for row in rows.distinct("b").sort("b").collect()] == [1, None, 2]


def test_sums_and_means_leave_none_out(engine: Lab) -> None:
    rows = engine.flow().from_items([{"n": 3}, {"n": None}, {"n": 1}])
    assert (rows.sum("n"), rows.mean("n"), rows.min("n"), rows.max("n")) == (4, 2.0, 1, 3)
    nothing = engine.flow().from_items([{"n": None}])
    assert nothing.sum("n") == 0
    for action in (nothing.mean, nothing.min, nothing.max):
        with pytest.raises(ValueError, match="empty"):
            action("n")


@pytest.mark.parametrize("name", ["n", "-n"])
def test_none_and_nan_come_last_in_either_direction(engine: Lab, name: str) -> None:
    order = [row["n"] for row in engine.flow().from_items(ROWS).sort(name).collect()]
    assert order[:3] == sorted([2.5, -1.0, 7.0], reverse=name == "-n")
    assert order[3] is None and math.isnan(order[4])  # both are missing, so they keep their input order


def test_partitions_are_sorted_and_merged_by_names(engine: Lab) -> None:
    rows = engine.flow().from_items(ROWS, partitions=2).local_sort("-b", "n")
    wanted = engine.flow().from_items(ROWS).sort("-b", "n")
    assert repr(rows.merge_sorted("-b", "n").collect()) == repr(wanted.collect())


def test_top_by_names(engine: Lab) -> None:
    rows = engine.flow().from_items(ROWS)
    assert [row["n"] for row in rows.top(2, "n").collect()] == [7.0, 2.5]
    assert [row["n"] for row in rows.top(2, "-n").collect()] == [-1.0, 2.5]
    assert [row["n"] for row in rows.top(2, "n", reverse=True).collect()] == [-1.0, 2.5]
    assert [(row["b"], row["n"]) for row in rows.top(2, "b", "-n").collect()] == [("z", 7.0), ("y", None)]


@given(records, st.permutations(["a", "b", "n"]), st.tuples(*[st.booleans()] * 3), st.booleans())
def test_sort_by_names_is_what_polars_gives(
    rows: list[Record], names: list[str], down: tuple[bool, ...], reverse: bool
) -> None:
    words = [f"-{name}" if descending else name for name, descending in zip(names, down, strict=True)]
    got = gr.Flow(engine="inline").from_items(rows, partitions=3).sort(*words, reverse=reverse).collect()
    schema = {"a": pl.Int64, "b": pl.String, "n": pl.Float64}
    frame = pl.DataFrame(rows, schema).sort(
        names, descending=[each is not reverse for each in down], nulls_last=True, maintain_order=True
    )
    assert got == frame.to_dicts()


def test_a_field_that_is_there_in_both_directions_is_an_error() -> None:
    with pytest.raises(ValueError, match="'a' twice"):
        gr.from_items(ROWS).sort("a", "-a")


def test_select_drop_and_rename(engine: Lab) -> None:
    rows = engine.flow().from_items([{"a": 1, "b": 2, "c": 3}])
    assert [list(row.items()) for row in rows.select("c", "a").collect()] == [[("c", 3), ("a", 1)]]
    assert [list(row.items()) for row in rows.drop("b").collect()] == [[("a", 1), ("c", 3)]]
    assert [list(row.items()) for row in rows.rename(a="x", b="a").collect()] == [[("x", 1), ("a", 2), ("c", 3)]]


MISSING: dict[str, Callable[[Any], Any]] = {
    "key_by": lambda rows: rows.key_by("z").collect(),
    "group_by": lambda rows: rows.group_by("a", "z").collect(),
    "distinct": lambda rows: rows.distinct("z").collect(),
    "sort": lambda rows: rows.sort("a", "-z").collect(),
    "top": lambda rows: rows.top(1, "z").collect(),
    "sum": lambda rows: rows.sum("z"),
    "mean": lambda rows: rows.mean("z"),
    "min": lambda rows: rows.min("z"),
    "max": lambda rows: rows.max("z"),
    "select": lambda rows: rows.select("a", "z").collect(),
    "drop": lambda rows: rows.drop("z").collect(),
    "rename": lambda rows: rows.rename(z="a2").collect(),
    "join": lambda rows: rows.join(rows, on="z").collect(),
}


@pytest.mark.parametrize("verb", MISSING)
def test_a_missing_field_is_a_key_error_that_names_it_and_the_row(engine: Lab, verb: str) -> None:
    with pytest.raises(KeyError, match="z") as caught:
        MISSING[verb](engine.flow().from_items([{"a": 1}]))
    notes = caught.value.__notes__
    assert notes[0].startswith(f"in {verb}(") and "z" in notes[0]
    assert notes[1] == "row: {'a': 1}"
    with pytest.raises(KeyError, match="z"):
        caught.value.replay()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rows: rows.key_by("a", len), "field names"),
        (lambda rows: rows.key_by(len, "a"), "one function or any number"),
        (lambda rows: rows.sort(len, "a"), "one function or any number"),
        (lambda rows: rows.select(), "at least one"),
        (lambda rows: rows.drop(1), "got 1"),
        (lambda rows: rows.rename(a=1), "got 1"),
        (lambda rows: rows.sum(1), "got 1"),
        (lambda rows: rows.join(rows, rows, on="a"), "one other Dataset"),
        (lambda rows: rows.join(rows, on=1), "got 1"),
        (lambda rows: rows.join(rows, on="a", suffix=""), "suffix"),
    ],
)
def test_wrong_use_is_found_at_the_call(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(gr.from_items(ROWS))


def test_two_fields_of_one_name_are_an_error(engine: Lab) -> None:
    rows = engine.flow().from_items([{"a": 1, "b": 2, "b_right": 3}])
    with pytest.raises(ValueError, match="one name"):
        rows.rename(a="b").collect()
    with pytest.raises(ValueError, match="suffix="):
        rows.join(rows, on="a").collect()


@given(records, records, st.sampled_from(["inner", "left", "right", "outer", "semi", "anti"]))
def test_a_join_on_names_is_what_polars_gives(left: list[Record], right: list[Record], how: Any) -> None:
    flow = gr.Flow(engine="inline")
    other = [{"k": row["a"], "b": row["b"], "m": row["n"]} for row in right]
    got = flow.from_items(left, 2).join(flow.from_items(other, 3), on={"a": "k"}, how=how).collect()
    frame = pl.DataFrame(left, {"a": pl.Int64, "b": pl.String, "n": pl.Float64})
    against = pl.DataFrame(other, {"k": pl.Int64, "b": pl.String, "m": pl.Float64})
    names = {"outer": "full", "right": "full", "left": "left"}
    marked = against.with_columns(there=pl.lit(True))
    if how in ("left", "right", "outer"):
        made = frame.with_columns(here=pl.lit(True)).join(
            marked,
            left_on="a",
            right_on="k",
            how=names[how],
            nulls_equal=True,
            coalesce=False,  # type: ignore[arg-type]
        )
        made = made if how != "right" else made.filter(pl.col("there"))
        made = made.with_columns(a=pl.when(pl.col("here")).then(pl.col("a")).otherwise(pl.col("k")))
        made = made.select("a", "b", "n", *(["b_right", "m"]))
    else:
        made = frame.join(against, left_on="a", right_on="k", how=how, nulls_equal=True)
    wanted = made.to_dicts()
    if how in ("left", "right", "outer"):  # an absent side without rows has no fields
        gone = {"b_right", "m"} if not right else set()
        gone |= {"b", "n"} if not left else set()
        wanted = [{name: value for name, value in row.items() if name not in gone} for row in wanted]
        if not left:
            wanted = [{name.removesuffix("_right"): value for name, value in row.items()} for row in wanted]
    assert sorted(repr(sorted(row.items())) for row in got) == sorted(repr(sorted(row.items())) for row in wanted)


def test_an_absent_side_has_the_fields_of_its_first_row(engine: Lab) -> None:
    flow = engine.flow()
    left = flow.from_items([{"id": 1, "n": 2}, {"id": 2, "n": 3}])
    right = flow.from_items([{"id": 2, "m": 4}, {"id": 3, "m": 5}])
    rows = left.join(right, on="id", how="outer").sort("id").collect()
    assert rows == [{"id": 1, "n": 2, "m": None}, {"id": 2, "n": 3, "m": 4}, {"id": 3, "n": None, "m": 5}]
    assert list(rows[2]) == ["id", "n", "m"]


def test_field_names_reach_columns() -> None:
    rows = gr.from_items(ROWS[:1] * 3)
    for dataset in (rows.key_by("a"), rows.key_by("a", "b"), rows.select("n", "a"), rows.sort("-b")):
        assert dataset.explain().splitlines()[-2].endswith("arrow")


SPEEDS = [{"miles": 60, "hours": 2, "k": "a"}, {"miles": 30, "hours": 4, "k": "b"}]


@pytest.mark.parametrize("vectorize", [True, False])
def test_with_fields_adds_and_replaces(engine: Lab, vectorize: bool) -> None:
    rows = engine.flow(vectorize=vectorize).from_items(SPEEDS)
    made = rows.with_fields(k=lambda r: r["k"] * 2, speed=lambda r: r["miles"] / r["hours"], kind="late").collect()
    assert [list(row.items()) for row in made] == [
        [("miles", 60), ("hours", 2), ("k", "aa"), ("speed", 30.0), ("kind", "late")],
        [("miles", 30), ("hours", 4), ("k", "bb"), ("speed", 7.5), ("kind", "late")],
    ]
    both = rows.with_fields({"name": lambda r: r["k"]}, k=lambda r: r["miles"])
    # both functions get the row as it came in
    assert [(row["name"], row["k"]) for row in both.collect()] == [("a", 60), ("b", 30)]


@given(rows=records)
def test_with_fields_gives_what_polars_gives(rows: list[Record]) -> None:
    made = gr.Flow(engine="inline").from_items(rows).with_fields(b=lambda r: r["b"] + "!", c=1).collect()
    if rows:
        frame = pl.DataFrame(rows, schema={"a": pl.Int64, "b": pl.String, "n": pl.Float64})
        assert made == frame.with_columns(b=pl.col("b") + "!", c=1).to_dicts()
    assert [list(row) for row in made] == [[*row, "c"] for row in rows]


def test_with_fields_is_columns_where_its_functions_are() -> None:
    rows = gr.Flow(engine="inline").from_items(SPEEDS, 1).with_fields(x=lambda r: r["miles"] * 2, y=lambda r: r["k"])
    assert rows.explain().count(" arrow") == 2
    assert [row["x"] for row in rows.collect()] == [120, 60]


def test_rows_of_with_fields_share_no_value_that_can_change(engine: Lab) -> None:
    rows = engine.flow().from_items(SPEEDS, 1).with_fields(seen=[0])
    assert [row["seen"] for row in rows.map(lambda r: r["seen"].append(1) or r).collect()] == [[0, 1], [0, 1]]


def test_a_failing_field_names_its_function_and_its_row(engine: Lab) -> None:
    flow = engine.flow()
    rows = flow.from_items([{"a": 2}, {"a": 0}, 3], 1)
    fields = {"u": lambda r: r["a"] + 1, "v": lambda r: 1 // r["a"]}
    with pytest.raises(ZeroDivisionError) as caught:
        rows.with_fields(fields).collect()
    assert "row: {'a': 0}" in caught.value.__notes__
    with pytest.raises(ZeroDivisionError):
        caught.value.replay()  # type: ignore[attr-defined]
    assert rows.with_fields(fields, name="mine", on_error="collect").collect() == [{"a": 2, "u": 3, "v": 0}]
    assert flow.skipped == {"mine": 2}
    assert [(type(found.error), found.row) for found in flow.errors] == [
        (ZeroDivisionError, {"a": 0}), (TypeError, 3),
    ]  # fmt: skip
    with pytest.raises(TypeError, match=r"with_fields\(\) needs rows that are dicts, got 3 \(int\)"):
        rows.map(lambda row: row).filter(lambda row: row == 3).with_fields(kind=1).collect()


def test_wrong_use_of_with_fields_is_found_at_the_call() -> None:
    rows = gr.Flow(engine="inline").from_items(SPEEDS)
    with pytest.raises(TypeError, match="at least one field"):
        rows.with_fields()
    with pytest.raises(TypeError, match="takes 2 parameters, but is called with 1 argument"):
        rows.with_fields(a=lambda key, value: 1)


TAGGED: list[Record] = [
    {"id": 1, "tags": ["a", "b"], "n": 0.5}, {"id": 2, "tags": [], "n": None}, {"id": 3, "tags": ["c"], "n": 2.0}
]  # fmt: skip


@pytest.mark.parametrize("vectorize", [True, False])
def test_explode_gives_a_record_an_item(engine: Lab, vectorize: bool) -> None:
    flow = engine.flow(vectorize=vectorize)
    made = flow.from_items(TAGGED).explode("tags").collect()
    assert [list(row.items()) for row in made] == [
        [("id", 1), ("tags", "a"), ("n", 0.5)], [("id", 1), ("tags", "b"), ("n", 0.5)],
        [("id", 3), ("tags", "c"), ("n", 2.0)],
    ]  # fmt: skip
    others = flow.from_items([{"t": None}, {"t": "xy"}, {"t": (1, 2.0)}, {"t": {"k": 0}}, {"t": ()}], 1)
    assert [row["t"] for row in others.explode("t").collect()] == ["x", "y", 1, 2.0, "k"]


@given(rows=st.lists(st.fixed_dictionaries({
    "a": st.integers(-5, 5), "t": st.lists(st.integers(-5, 5), max_size=3) | st.none(), "b": st.text("xyé", max_size=2)
})))  # fmt: skip
def test_explode_gives_what_polars_gives(rows: list[Record]) -> None:
    flow = gr.Flow(engine="inline")
    made = flow.from_items(rows, 1).explode("t").map(lambda row: {**row, "a": row["a"] + 1}).collect()
    filled = [row for row in rows if row["t"]]  # Polars gives a null for a row without items
    if filled:
        frame = pl.DataFrame(filled, schema={"a": pl.Int64, "t": pl.List(pl.Int64), "b": pl.String}).explode("t")
        assert made == frame.with_columns(pl.col("a") + 1).to_dicts()
    else:
        assert made == []


def test_explode_runs_on_columns_and_within_a_loop() -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_items(TAGGED[::2], 1).explode("tags").map(lambda row: row["tags"] + "!")
    assert "arrow" in rows.explain() and rows.collect() == ["a!", "b!", "c!"]
    built = (
        flow.from_items([1, 2], 1).map(lambda n: {"n": n, "t": range(n)}).explode("t").map(lambda r: r["n"] + r["t"])
    )
    assert built.collect() == [1, 2, 3]


def test_what_explode_cannot_go_through_is_an_error_with_its_row(engine: Lab) -> None:
    rows = engine.flow().from_items([{"id": 7}], 1)
    with pytest.raises(KeyError, match=r"explode\('tags'\): the record \{'id': 7\} has no such field") as caught:
        rows.explode("tags").collect()
    assert "row: {'id': 7}" in caught.value.__notes__
    with pytest.raises(TypeError, match="not iterable"):
        rows.explode("id").collect()
    with pytest.raises(TypeError, match="needs rows that are dicts, got 1"):
        engine.flow().from_items([1]).explode("id").collect()
    with pytest.raises(TypeError, match="name must be a str, got 1"):
        rows.explode(1)  # type: ignore[arg-type]


def test_rename_takes_a_dict(engine: Lab) -> None:
    rows = engine.flow().from_items([{"tail number": "N1", "a": 1}])
    assert rows.rename({"tail number": "plane"}, a="b").collect() == [{"plane": "N1", "b": 1}]
    with pytest.raises(TypeError, match="fields must be a dict of str"):
        rows.rename(["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dict of str"):
        rows.rename({1: "a"})  # type: ignore[dict-item]


@pytest.mark.parametrize("verb", ["sort", "group_by", "key_by", "distinct", "select", "drop"])
def test_names_in_a_list_are_an_error_that_shows_the_call(verb: str) -> None:
    with pytest.raises(TypeError, match=rf"one by one, without a list: {verb}\('a', 'b'\)"):
        getattr(gr.from_items(ROWS), verb)(["a", "b"])


def test_records_where_keyed_rows_belong(engine: Lab) -> None:
    rows = engine.flow().from_items([{"a": 1}])
    with pytest.raises(TypeError, match=r"2-tuples .*: name the fields of records by on="):
        rows.join(rows).collect()
    with pytest.raises(TypeError, match=r"2-tuples .*: key_by\(\) of a field's name makes them"):
        rows.group_by_key().collect()
