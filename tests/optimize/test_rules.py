"""Test each rule: the stages of a plan without it and with it, and the same rows either way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.optimize import RULES, optimize, rules
from glowray.plan.nodes import Node
from tests.engine.doubles import CountingEngine
from tests.optimize.planned import outline, planned


def pairs(flow: gr.Flow) -> Dataset[Any]:
    return flow.from_items([("a", 1), ("b", 2), ("a", 3), ("c", 4)], partitions=2)


CASES: dict[str, tuple[rules.Rule, Callable[[gr.Flow], Dataset[Any]], list[str], list[str]]] = {
    "combine before the shuffle": (
        rules.combine_before_shuffle,
        lambda flow: pairs(flow).reduce_by_key(max),
        ["1  from_items  2 partitions", "2  reduce_by_key  2 partitions  reads 1 (shuffle)"],
        [
            "1  from_items→combine  2 partitions",
            "2  merge  2 partitions  reads 1 (shuffle)",
            "rules  combine_before_shuffle",
        ],
    ),
    "no second shuffle for a fold": (
        rules.keep_key_partitions,
        lambda flow: pairs(flow).group_by_key().map_values(len).reduce_by_key(max),
        [
            "1  from_items  2 partitions",
            "2  group_by_key→map_values  2 partitions  reads 1 (shuffle)",
            "3  reduce_by_key  2 partitions  reads 2 (shuffle)",
        ],
        [
            "1  from_items  2 partitions",
            "2  group_by_key→map_values→combine  2 partitions  reads 1 (shuffle)",
            "rules  keep_key_partitions",
        ],
    ),
    "no second shuffle for a group": (
        rules.keep_key_partitions,
        lambda flow: pairs(flow).partition_by_key(3).filter(bool).group_by_key(),
        [
            "1  from_items  2 partitions",
            "2  partition_by_key→filter  3 partitions  reads 1 (shuffle)",
            "3  group_by_key  3 partitions  reads 2 (shuffle)",
        ],
        [
            "1  from_items  2 partitions",
            "2  partition_by_key→filter→group_by_key  3 partitions  reads 1 (shuffle)",
            "rules  keep_key_partitions",
        ],
    ),
    "no second shuffle of the same": (
        rules.keep_key_partitions,
        lambda flow: pairs(flow).partition_by_key(3).partition_by_key(3),
        [
            "1  from_items  2 partitions",
            "2  partition_by_key  3 partitions  reads 1 (shuffle)",
            "3  partition_by_key  3 partitions  reads 2 (shuffle)",
        ],
        [
            "1  from_items  2 partitions",
            "2  partition_by_key  3 partitions  reads 1 (shuffle)",
            "rules  keep_key_partitions",
        ],
    ),
    "unions": (
        rules.merge_unions,
        lambda flow: pairs(flow).union(flow.from_range(1, partitions=1)).union(flow.from_range(2, partitions=2)),
        ["1  from_items | from_range  5 partitions"],
        ["1  from_items | from_range  5 partitions", "rules  merge_unions"],
    ),
    "the first rows before a false one": (
        rules.limited_take_while,
        lambda flow: pairs(flow).take_while(bool).limit(1),
        [
            "1  from_items→take_while  2 partitions",
            "2  limit  2 partitions  reads 1",
            "3  limit  1 partition  reads 2 (first 1)",
        ],
        [
            "1  from_items→take_while→limit  2 partitions",
            "2  limit  2 partitions  reads 1",
            "3  limit  1 partition  reads 2 (first 1)",
            "rules  limited_take_while",
        ],
    ),
    "limits": (
        rules.merge_limits,
        lambda flow: pairs(flow).limit(3).limit(2),
        [
            "1  from_items→limit  2 partitions",
            "2  limit→limit  1 partition  reads 1 (first 3)",
            "3  limit  1 partition  reads 2 (first 2)",
        ],
        ["1  from_items→limit  2 partitions", "2  limit  1 partition  reads 1 (first 2)", "rules  merge_limits"],
    ),
    "the first of a sort": (
        rules.limited_sort_is_top,
        lambda flow: pairs(flow).sort().limit(2),
        [
            "1  from_items→sort  2 partitions",
            "2  bounds  1 partition  reads 1 (sample)",
            "3  range  2 partitions  reads 1, 2 (broadcast)",
            "4  merge→limit  2 partitions  reads 3 (shuffle by range)",
            "5  limit  1 partition  reads 4 (first 2)",
        ],
        ["1  from_items→sort  2 partitions", "2  sort  1 partition  reads 1 (gather)", "rules  limited_sort_is_top"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_stages_before_and_after(case: str) -> None:
    rule, build, before, after = CASES[case]
    without, with_it = build(planned(())), build(planned((rule,)))
    assert outline(without.explain()) == before
    assert outline(with_it.explain()) == after
    assert with_it.collect() == without.collect()


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, *_ in CASES.values()} == set(RULES)


def test_a_plan_without_anything_to_rewrite_stays_the_same_object() -> None:
    node = gr.from_range(3).map(str).filter(bool)._node
    assert optimize([node]) == [node]


def test_a_merged_union_has_one_node() -> None:
    flow = gr.Flow(engine="inline")
    a, b, c = (flow.from_items([n]) for n in range(3))
    (node,) = optimize([a.union(b).union(c)._node])
    assert node.children == (a._node, b._node, c._node)
    (node,) = optimize([a.union(b.union(c))._node])
    assert node.children == (a._node, b._node, c._node)


def test_what_is_read_twice_is_not_swallowed(counting: CountingEngine) -> None:
    flow = gr.Flow(engine=counting)
    ordered = flow.from_items([3, 1, 2], partitions=2).sort()
    assert ordered.limit(1).union(ordered).collect() == [1, 1, 2, 3]
    first = flow.from_items([3, 1, 2], partitions=2).limit(2)
    assert first.limit(1).union(first).collect() == [3, 3, 1]
    both = flow.from_items([1]).union(flow.from_items([2]))
    assert both.union(flow.from_items([3])).union(both).collect() == [1, 2, 3, 1, 2]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_ties_and_nan_of_a_limited_sort(n: int, reverse: bool) -> None:
    rows = [(1, "a"), (float("nan"), "b"), (1.0, "c"), (0, "d"), (float("nan"), "e"), (True, "f"), (-1, "g")]

    def build(flow: gr.Flow) -> Dataset[Any]:
        return flow.from_items(rows, partitions=3).sort(lambda key, name: key, reverse=reverse).limit(n).values()

    assert build(planned(RULES)).collect() == build(planned(())).collect()


def test_rules_change_no_partition_count() -> None:
    flow = gr.Flow(engine="inline")
    rows = pairs(flow)
    plans = [
        rows.reduce_by_key(max),
        rows.partition_by_key(5).join(rows),
        rows.join(rows.partition_by_key(5), rows.partition_by_key(3)),
        rows.partition_by_key(3).group_by_key(),
        rows.sort().limit(2),
        rows.union(rows.union(rows)),
        rows.partition_by_key(4).partition_by_key(4).map(str),
    ]
    for plan in plans:
        (node,) = optimize([plan._node])
        assert node.num_partitions == plan.num_partitions
        rows_of = plan.map_partitions(lambda index, rows: [index]).collect()
        assert rows_of == list(range(plan.num_partitions))


def counted(rule: rules.Rule, calls: list[Node]) -> rules.Rule:
    def run(node: Node, is_own: rules.IsOwn) -> Node | None:
        calls.append(node)
        return rule(node, is_own)

    return run


@pytest.mark.slow
def test_long_plans_are_optimised_in_one_look_at_each_node() -> None:
    flow = gr.Flow(engine="inline")
    one = flow.from_range(1, partitions=1)
    chains: dict[str, Dataset[Any]] = {"map": one, "union": one, "limit": one, "sort": one}
    for _ in range(3_000):
        chains["map"] = chains["map"].map(abs)
        chains["union"] = chains["union"].union(flow.from_range(1, partitions=1))
        chains["limit"] = chains["limit"].limit(5)
        chains["sort"] = chains["sort"].sort().limit(3)
    for name, rows in chains.items():
        calls: list[Node] = []
        (node,) = optimize([rows._node], [counted(rule, calls) for rule in RULES])
        assert node.num_partitions == rows.num_partitions
        assert len(calls) <= 3 * len(RULES) * sum(1 for _ in rows._node.walk()), name
    (merged,) = optimize([chains["union"]._node])
    assert len(merged.children) == 3_001
    (limit,) = optimize([chains["limit"]._node])
    assert limit.children == (one._node,)


def test_what_doubles_stays_as_many_nodes() -> None:
    rows: Dataset[Any] = gr.Flow(engine="inline").from_range(1, partitions=1)
    for _ in range(50):
        rows = rows.union(rows)
    (node,) = optimize([rows._node])
    assert sum(1 for _ in node.walk()) == 51
