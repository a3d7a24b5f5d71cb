"""Test explain(): plan, stages, functions with their level, captured values, engine."""

from __future__ import annotations

import functools
import operator
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.watch.plan.explain_text import aligned
from tests.engine.doubles import ForbiddenEngine
from tests.watch.plans import PLANS, add, chain, flow, pair, self_join, swap, word_count


def place(function: FunctionType) -> str:
    """Return the place of a function as explain() shows it."""
    return f"{Path(function.__code__.co_filename).name}:{function.__code__.co_firstlineno}"


def section(text: str, title: str) -> list[str]:
    lines = text.splitlines()
    first = lines.index(title) + 1
    last = next(place for place in range(first, len(lines)) if not lines[place].startswith(" "))
    return lines[first:last]


def test_the_whole_text() -> None:
    assert word_count().explain().splitlines() == [
        "job",
        "plan",
        "  from_items(3 rows)",
        "  flat_map(str.split)",
        "  map(pair)",
        "  reduce_by_key(add)",
        "stages",
        "  1  from_items→flat_map→map→combine  3 partitions",
        "  2  merge                            3 partitions  reads 1 (shuffle)",
        "rules  combine_before_shuffle",
        "functions",
        "  1  flat_map(str.split)               arrow",
        f"  1  map(pair)            {place(pair)}  arrow",
        f"  1  reduce_by_key(add)   {place(add)}  arrow",
        "engine  inline (asked for)",
    ]


def test_sides_stand_after_a_dash_and_what_is_shared_once() -> None:
    assert section(self_join().explain(), "plan") == [
        "  - from_items(2 rows)",
        "    map(swap)  [a]",
        "  - [a]",
        "  join(inner)",
        "  distinct()",
    ]


def test_verbs_stand_as_they_were_written() -> None:
    rows = flow().from_items([1, 2])
    plan = rows.subtract(rows.map(abs)).intersection(rows).sample(0.5, seed=3).distinct(key=hash).group_by(len)
    assert section(plan.explain(), "plan") == [
        "  - - from_items(2 rows)  [a]",
        "    - [a]",
        "      map(abs)",
        "    subtract()",
        "  - [a]",
        "  intersection()",
        "  distinct()",
        "  zip_with_index()",
        "  sample(0.5)",
        "  distinct(hash)",
        "  group_by(len)",
    ]


def test_a_side_that_stays_in_place() -> None:
    left = flow().from_items([("a", 1)], partitions=2).partition_by_key(2)
    text = left.join(left.map_values(str)).explain()
    assert section(text, "stages")[-1] == "  4  join                         2 partitions  reads 2, 3"


def test_rules_that_fired_are_named_in_the_order_in_which_they_are_tried() -> None:
    few = flow().from_items([("a", 1)], partitions=1)
    pairs = flow().from_items([("a", 1), ("b", 2)], partitions=2)
    text = pairs.join(few, how="semi").reduce_by_key(add).limit(3).limit(2).explain()
    assert "rules  merge_limits, combine_before_shuffle, join_in_place" in text.splitlines()
    assert "rules" not in few.map(swap).explain()


def test_a_filled_cache_is_read() -> None:
    kept = flow().from_range(3, partitions=2).map(str).cache()
    assert len(section(kept.map(int).explain(), "stages")) == 2
    kept.count()
    assert section(kept.map(int).explain(), "stages") == ["  1  cache→map  2 partitions"]
    kept.uncache()
    assert len(section(kept.map(int).explain(), "stages")) == 2


def parse(line: str, sep: str = ",") -> list[str]:
    return line.split(sep)


def numbered(rows: Iterable[object]) -> Iterator[tuple[int, object]]:
    return iter(enumerate(rows))


def levels(rows: Dataset[Any]) -> dict[str, str]:
    found = {}
    for line in section(rows.explain(), "functions"):
        name, level = line.strip().split("  ", 1)[1].split("  ", 1)
        found[name] = re.sub(r"^\S+\.py:\d+ +", "", level.strip())
    return found


def test_levels_and_reasons() -> None:
    rows = flow().from_items(["a,b"], partitions=2).map(parse).map(functools.partial(parse, sep=";"), name="other")
    found = levels(rows.map(random.Random(1).choice).map_partitions(numbered).sort(key=len))
    assert found["map(parse)"] == "fused: Python does it for less"
    assert found["map(other)"].startswith("fused: ")
    assert found["map_partitions(numbered)"] == "python: it is called once a partition"
    assert found["sort(len)"] == "fused: its rows are Python's"


def test_every_function_once_and_none_of_glowrays_own() -> None:
    pairs = flow().from_items([("a", 1)], partitions=2)
    rows = pairs.join(pairs).distinct().count_by_key().aggregate_by_key(0, operator.add, max).sort(key=len).top(1)
    assert list(levels(rows)) == ["aggregate_by_key(add)", "aggregate_by_key(max)", "sort(len)"]


def test_vectorize_off_is_the_reason() -> None:
    rows = gr.Flow("job", vectorize=False).from_range(3).map(lambda n: n + 1, name="next")
    assert levels(rows) == {"map(next)": "python: vectorize=False"}


def test_a_long_chain_is_shortened() -> None:
    (line,) = section(chain(40).explain(), "stages")
    assert "→… 29 more …→" in line
    assert len(line) < 200


def test_big_captured_values_are_named() -> None:
    table = bytes(11 * 2**20)
    rows = flow().from_range(3).map(lambda n: table[n], name="look up")
    assert section(rows.explain(), "captured, sent once") == ["  table of map(look up)  11.0 MiB"]


@pytest.mark.parametrize("plan", PLANS)
def test_the_same_text_each_time_without_running(plan: str, forbidden: ForbiddenEngine) -> None:
    plans = [PLANS[plan]() for _ in range(2)]
    for each in plans:
        each.flow.settings = replace(each.flow.settings, engine=forbidden)
    assert plans[0].explain() == plans[1].explain()


def test_columns_are_aligned_and_a_long_cell_pushes_its_own_line_only() -> None:
    assert aligned([("1", "ab", "x"), ("10", "c", ""), ("2", "d" * 9, "y")], most=5) == [
        "  1   ab  x",
        "  10  c",
        "  2   ddddddddd  y",
    ]
    assert aligned([]) == []
