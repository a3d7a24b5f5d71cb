"""Test that each call of a verb has its own line, and that deep and long plans stay readable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.watch.plan.plan_lines import MOST_NESTED, plan_lines

Rows = Dataset[Any]


def rows(partitions: int = 2) -> Rows:
    return gr.Flow("job", engine="inline").from_items([3, 1, 2], partitions=partitions)


def lines(*plans: Rows) -> list[str]:
    return plan_lines([plan._node for plan in plans])


TWICE: dict[str, tuple[Callable[[Rows], Rows], list[str]]] = {
    "sort": (lambda ds: ds.sort(abs).sort(str), ["sort(abs)", "sort(str)"]),
    "sort, rows dropped": (
        lambda ds: ds.sort(abs, on_error="skip").sort(str, reverse=True, on_error="skip"),
        ["sort(abs)", "sort(str, reverse)"],
    ),
    "sort of rows": (lambda ds: ds.sort().sort(), ["sort()", "sort()"]),
    "top": (lambda ds: ds.top(5).top(2), ["top(5)", "top(2)"]),
    "top, rows dropped": (
        lambda ds: ds.top(5, abs, on_error="skip").top(2, str, on_error="skip"),
        ["top(5, abs)", "top(2, str)"],
    ),
    "limit": (lambda ds: ds.limit(5).limit(2), ["limit(5)", "limit(2)"]),
    "distinct": (lambda ds: ds.distinct(abs).distinct(str), ["distinct(abs)", "distinct(str)"]),
    "distinct rows": (lambda ds: ds.distinct().distinct(), ["distinct()", "distinct()"]),
    "group_by": (lambda ds: ds.group_by(abs).group_by(len), ["group_by(abs)", "group_by(len)"]),
    "local_sort": (
        lambda ds: ds.local_sort(abs).local_sort(str, reverse=True),
        ["local_sort(abs)", "local_sort(str, reverse)"],
    ),
    "merge_sorted": (
        lambda ds: ds.merge_sorted(abs).merge_sorted(str, reverse=True),
        ["merge_sorted(abs)", "merge_sorted(str, reverse)"],
    ),
    "count_by_value": (lambda ds: ds.count_by_value().count_by_value(), ["count_by_value()", "count_by_value()"]),
    "sample": (
        lambda ds: ds.sample(0.5, 1).sample(0.2, 1),
        ["zip_with_index()", "sample(0.5)", "zip_with_index()", "sample(0.2)"],
    ),
    "map": (lambda ds: ds.map(abs).map(abs), ["map(abs)", "map(abs)"]),
    "reduce": (lambda ds: ds.reduce(max).reduce(min), ["reduce(max)", "reduce(min)"]),
}


@pytest.mark.parametrize("partitions", [1, 2])
@pytest.mark.parametrize("verb", TWICE)
def test_two_calls_of_a_verb_are_two_lines(verb: str, partitions: int) -> None:
    build, wanted = TWICE[verb]
    assert lines(build(rows(partitions))) == ["  from_items(3 rows)", *(f"  {line}" for line in wanted)]


@pytest.mark.parametrize("verb", ["sort", "sort, rows dropped", "top", "local_sort", "distinct rows", "map"])
def test_a_picture_has_a_node_for_each_call(verb: str) -> None:
    text = TWICE[verb][0](rows(1)).plot() or ""
    assert text.count("tooltip=") == 3


def test_limits_that_are_merged_run_as_the_smaller_one() -> None:
    text = rows().limit(5).limit(2).explain()
    assert "reads 1 (first 2)" in text
    assert "rules  merge_limits" in text
    assert text.count("limit") == 5  # twice in the plan, once in each of two stages, once in the name of the rule


def test_sides_that_are_nested_deeply_stand_before_them_under_a_letter() -> None:
    plan = rows()
    for _ in range(1000):
        plan = plan.zip(rows())
    text = lines(plan)
    assert max(map(len, text)) <= 2 * (MOST_NESTED + 2) + len("from_items(3 rows)  [abc]")
    letters = [line.strip() for line in text if line.startswith("  zip()")]
    assert letters[:2] == ["zip()  [a]", "zip()  [b]"]
    assert sum("[a]" in line for line in text) == 2
    assert text[-1] == "  zip()"
    assert sum("from_items" in line for line in text) == 1001


def test_many_equal_lines_are_one() -> None:
    plan = rows()
    for _ in range(1200):
        plan = plan.map(abs)
    assert lines(plan.filter(bool)) == ["  from_items(3 rows)", "  map(abs)  × 1,200", "  filter(bool)"]


def test_a_target_that_another_one_reads() -> None:
    plan = rows()
    for _ in range(MOST_NESTED + 1):
        plan = plan.union(rows())
    text = lines(plan.map(abs), plan)
    assert text[-5:] == ["  output 1", "    [a]", "    map(abs)", "  output 2", "    [a]"]
