"""Test that dict rows that are never built give the same rows as dicts built for every function."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.vectorize.loops.chain import row_loop
from tests.vectorize.running import assert_same, blamed, step, woven

NAMES = ("c", "a", "new")
VALUES = st.one_of(
    st.integers(-3, 3), st.sampled_from([None, "", "x", "İ", 2**63, -0.0, float("nan"), True]), st.text(max_size=3)
)
KEPT: list[Any] = []


def made(x: Any) -> Any:
    return {"a": x, "b": [x], "c": str(x)}


def made_by_branches(x: Any) -> Any:
    if x is None:
        return {"a": 0, "b": [], "c": "none"}
    for _ in range(2):
        if isinstance(x, str):
            return {"a": len(x), "b": [x], "c": x}
    return {"a": x, "b": [x, x], "c": repr(x)}


def length(row: Any) -> int:
    """Return a result from fields that it only reads."""
    text = row["c"]
    if not text:
        return 0
    return len(text)


def deep(row: Any) -> Any:
    return length(row) + len(row["b"]), row.get("a"), row.get("nowhere", 7), "c" in row, "z" not in row


def changing(row: Any) -> Any:
    row["c"] = "changed"
    return row


def appending(row: Any) -> Any:
    row["b"].append(1)
    return True


def keeping(row: Any) -> Any:
    KEPT.append(row)
    return True


def popping(row: Any) -> Any:
    return row.pop("a", None) or True


def renamed(row: Any) -> Any:
    row = dict(row)
    row["d"] = row["a"]
    return row


STEPS = [
    ("map", lambda row: {**row, "new": length(row)}),
    ("map", lambda row: {**row, "a": (row["c"], row["a"]), "c": deep(row)}),
    ("map", lambda row: {"c": row["c"], **row, "a": row["b"]}),
    ("map", lambda row: {name: row[name] for name in NAMES if name}),
    ("map", lambda row: {name: row[name] for name in NAMES}),
    ("map", lambda row: {name: (row[name], name) for name in NAMES[:2]}),
    ("map", lambda row: {name: (row[name], name) for name in ("c", "a", "c")}),
    ("map", lambda row: {name: row[name] for name in ["a", "b", "c"]}),
    ("map", lambda row: {"row": row, "again": row, "c": 1, "a": 2, "b": []}),
    ("map", lambda row: row),
    ("map", lambda row: {**row, **{"a": 5, "z": row.get("z", row["a"])}}),  # noqa: PIE800
    ("map", lambda row: {**row, "nowhere": row["missing"]}),
    ("map", lambda row: dict(row, a=deep(row))),
    ("map", lambda row: row if row["a"] else {**row, "a": "was false"}),
    ("map", lambda row: {**row, "f": [row[n] for n in ("a", "c")], "g": (lambda: row["a"])()}),
    ("map", changing),
    ("map", renamed),
    ("filter", lambda row: row["a"]),
    ("filter", lambda row: row.get("a") != 1 and "c" in row),
    ("filter", changing),
    ("filter", appending),
    ("filter", keeping),
    ("filter", popping),
    ("filter", lambda row: row),
    ("flat_map", lambda row: [row, row]),
    ("flat_map", lambda row: (dict(row, i=i) for i in range(2))),
    ("flat_map", lambda row: [{**row, "i": i} for i in (1, 2)]),
    ("flat_map", str.split),
]


@given(
    starts=st.sampled_from([made, made_by_branches, lambda x: {"a": x, "b": [], "c": "", "new": x}]),
    chosen=st.lists(st.sampled_from(STEPS), max_size=5),
    rows=st.lists(VALUES, max_size=4),
    ends=st.sampled_from([None, "key_by", "pairs"]),
)
def test_any_chain_of_records_is_what_its_functions_say(starts: Any, chosen: Any, rows: Any, ends: Any) -> None:
    steps = [step("map", starts), *(step(verb, call) for verb, call in chosen)]
    if ends == "key_by":
        steps += [step("key_by", lambda row: row["c"]), step("map_values", lambda row: {**row, "k": row["c"]})]
        steps += [step("map_values", changing), step("values")]
    elif ends == "pairs":
        steps += [step("map", lambda row: (row["c"], row)), step("filter", lambda k, row: changing(row), spread=2)]
        steps += [step("map", lambda k, row: {**row, "key": k}, spread=2)]
    assert_same(steps, rows)


def test_what_was_kept_is_the_row_itself() -> None:
    KEPT.clear()
    rows, error = woven([step("map", made), step("filter", keeping), step("map", changing)], [1])
    assert error is None
    assert KEPT[0] is rows[0]
    assert KEPT[0]["c"] == "changed"


def test_one_dict_at_two_places_is_one_dict() -> None:
    (row,), _ = woven([step("map", made), step("map", lambda row: {"x": row, "y": row})], [1])
    assert row["x"] is row["y"]
    (row,), _ = woven([step("map", made), step("key_by", lambda row: (row["a"], 1)), step("map", lambda p: p)], [1])
    assert row[1] == {"a": 1, "b": [1], "c": "1"}


def test_a_dropped_row_is_shown_as_it_was() -> None:
    dropped: list[Any] = []
    take = lambda row, error, place: dropped.append((row, type(error)))
    steps = [step("map", made), step("map", lambda row: {**row, "d": 1 // row["a"]}, drop=take)]
    assert woven(steps, [0, 1])[0] == [{"a": 1, "b": [1], "c": "1", "d": 1}]
    assert dropped == [({"a": 0, "b": [0], "c": "0"}, ZeroDivisionError)]
    dropped.clear()
    changes = [step("map", made), step("map", lambda row: changing(row) and 1 // row["a"], drop=take)]
    woven(changes, [0])
    assert dropped == [({"a": 0, "b": [0], "c": "0"}, ZeroDivisionError)]


def test_a_failing_row_is_known() -> None:
    loop, _ = row_loop([step("map", made), step("map", lambda row: {**row, "d": 1 // row["a"]})])
    function = loop.function()
    with pytest.raises(ZeroDivisionError) as raised:
        function([0], print)
    place = blamed(loop, raised.value)
    assert place == (1, {"a": 0, "b": [0], "c": "0"})


def _operations(code: CodeType) -> Iterator[str]:
    """Yield the names of a function's instructions, and of those of the functions inside it."""
    yield from (instruction.opname for instruction in dis.get_instructions(code))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _operations(constant)


def test_dicts_are_not_built_on_the_way() -> None:
    steps = [
        step("map", made),
        step("map", lambda row: {**row, "n": length(row)}),
        step("filter", lambda row: row["n"] > 1),
        step("map", lambda row: {name: row[name] for name in ("n", "a", "c")}),
        step("map", lambda row: {name: row[name] for name in ["n", "a"]}),
    ]
    loop, reasons = row_loop(steps)
    assert reasons == [None] * 5
    operations = list(_operations(loop.function().__code__))
    assert sum(name in ("BUILD_MAP", "BUILD_CONST_KEY_MAP") for name in operations) == 1
    assert not {"DICT_MERGE", "DICT_UPDATE", "STORE_SUBSCR"} & set(operations)
