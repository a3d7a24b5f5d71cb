"""Test that the parameters that a function may change include all that it does change."""

from __future__ import annotations

import copy
import heapq
import json
import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glowray.vectorize.analyze.argument_changes import Change, changed
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known


def empty(row: Any) -> None:
    row.clear()


def empty_inside(row: Any) -> None:
    for part in row:
        empty(part)


def emptied(row: Any) -> int:
    row.clear()
    return 0


def harmless(row: Any) -> Any:
    return len(row)


def appends(row: Any) -> None:
    row.append(1)


def sets_an_item(row: Any) -> None:
    row[0] = 1


def deletes(row: Any) -> None:
    del row[0]


def adds_in_place(row: Any) -> None:
    row += [1]


def by_another_name(row: Any) -> None:
    other = row
    other.append(1)


def by_an_item(row: Any) -> None:
    first = row[0]
    first.append(1)


def by_unpacking(row: Any) -> None:
    first, *_ = row
    first.append(1)


def by_a_loop(row: Any) -> None:
    for part in row:
        part.append(1)


def by_a_later_loop(row: Any) -> None:
    last = None
    for part in row:
        if last is not None:
            last.append(1)
        last = part


def by_a_holder(row: Any) -> None:
    held = [row]
    held[0].append(1)


def by_a_list_that_it_fills(row: Any) -> None:
    held: list[Any] = []
    held.append(row)
    held[0].append(1)


def by_a_copy_of_the_outside(row: Any) -> None:
    (first, *_) = list(row)
    first.append(1)


def by_a_helper(row: Any) -> None:
    empty(row)


def by_a_helper_inside(row: Any) -> None:
    empty_inside(row)


def by_a_key(row: Any) -> None:
    sorted(row, key=lambda part: part.append(1) or 0)


def by_a_named_key(row: Any) -> None:
    sorted(row, key=emptied)


def by_a_match(row: Any) -> None:
    match row:
        case [first, *_]:
            first.append(1)


def by_a_walrus(row: Any) -> None:
    if (other := row) is not None:
        other.append(1)


def by_a_builtin(row: Any) -> None:
    heapq.heappush(row, [0])


def by_an_operator(row: Any) -> None:
    operator.setitem(row, 0, 1)


def by_a_closure(row: Any) -> None:
    (lambda: row.append(1))()


def by_a_nested_function(row: Any) -> None:
    def inner() -> None:
        row.append(1)

    inner()


def by_a_comprehension(row: Any) -> None:
    [part.append(1) for part in row]


def by_a_choice(row: Any) -> None:
    (row or []).append(1)
    (row or []).append(1)


def by_getattr(row: Any) -> None:
    getattr(row, "append")(1)  # noqa: B009


def by_a_bound_method(row: Any) -> None:
    add = row.append
    add(1)


def by_map(row: Any) -> None:
    list(map(empty, row))


def with_globals(row: Any) -> None:
    exec("row.append(1)")


CHANGING = [
    appends, sets_an_item, deletes, adds_in_place, by_another_name, by_an_item, by_unpacking, by_a_loop,
    by_a_later_loop, by_a_holder, by_a_list_that_it_fills, by_a_copy_of_the_outside, by_a_helper, by_a_helper_inside,
    by_a_key, by_a_named_key, by_a_match, by_a_walrus, by_a_builtin, by_an_operator, by_a_closure,
    by_a_nested_function, by_a_comprehension, by_a_choice, by_getattr, by_a_bound_method, by_map, with_globals,
]  # fmt: skip


def found(function: Callable[..., Any], gives_rows: bool = False) -> dict[str, Change]:
    known = know(function)
    assert isinstance(known, Known)
    return dict(changed(known, gives_rows))


@pytest.mark.parametrize("function", CHANGING)
def test_what_changes_its_row_is_found(function: Callable[[Any], Any]) -> None:
    row = [[1], [2]]
    before, parts = copy.deepcopy(row), list(row)
    function(row)
    assert row != before, "the function does what its name says"
    how = found(function)["row"]
    if any(part != was for part, was in zip(parts, before, strict=True)):
        assert how is Change.INSIDE


UNCHANGED: list[Callable[..., Any]] = [
    harmless,
    lambda row: row[0],
    lambda row: (row, 1),
    lambda row: {**row, "a": row["a"] + 1},
    lambda line: line.split(",")[0].strip(),
    lambda row: [part + 1 for part in row],
    lambda row: sum(row) / len(row),
    lambda row: sorted(row, key=lambda part: -part),
    lambda row: math.sqrt(row) + round(abs(row), 2),
    lambda row: re.match("a", row),
    lambda row: " ".join(str(part) for part in row),
    lambda row: row.get("a", 0) + max(row.values()),
    lambda a, b: a + b,
    lambda row: harmless(row),
    lambda row: f"{row!r:>10}",
    lambda row: any(part == 1 for part in row),
]


def copies(row: Any) -> Any:
    made = dict(row)
    made["a"] = 1
    return made


def collects(row: Any) -> Any:
    made, total = [], 0
    for part in row:
        made.append(part)
        total += part
    return made, total


def yields(row: Any) -> Iterator[Any]:
    yield from row
    yield row


def raises(row: Any) -> Any:
    if row == 1:
        raise ValueError(row)
    return row


@pytest.mark.parametrize("function", [*UNCHANGED, copies, collects, yields, raises])
def test_what_surely_leaves_its_row_costs_nothing(function: Callable[..., Any]) -> None:
    assert found(function) == {}


def test_what_is_given_away_while_the_function_runs() -> None:
    assert found(yields, gives_rows=True) == {"row": Change.INSIDE}
    assert found(collects, gives_rows=True) == {}


def test_only_the_parameter_that_is_changed() -> None:
    assert found(lambda total, row: total.append(row)) == {"total": Change.ITSELF}


def test_what_is_not_known_may_change_everything() -> None:
    assert found(lambda row, call: call(row))["row"] is Change.INSIDE
    assert found(lambda row: json.loads(row))["row"] is Change.INSIDE
    assert found(lambda row: row.unheard_of())["row"] is Change.INSIDE
