"""Test each physical rule: explain() without it and with it, and the same rows either way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.optimize.rules import IsOwn
from glowray.physical import rules
from glowray.physical.planning import Planning, Rules
from glowray.physical.rules import PHYSICAL_RULES, Facts, NodeRule, PhysicalRule, StageRule
from glowray.plan.nodes import Node
from tests.optimize.planned import outline, planned

Rows = Dataset[Any]
Build = Callable[[gr.Flow], Rows]


def ones(flow: gr.Flow) -> Rows:
    """Return keyed rows in one partition."""
    return flow.from_items([("b", 2), ("a", 1), ("b", 0)], partitions=1)


def pairs(flow: gr.Flow) -> Rows:
    return flow.from_items([("a", 1), ("b", 2), ("a", 3), ("c", 4)], partitions=2)


def towns(flow: gr.Flow) -> Rows:
    """Return records of a file with columns town, land and rain."""
    return flow.read_csv(Path(__file__).with_name("towns.csv"), types={"rain": int})


ALONE = NodeRule(rules.single_partition)
IN_PLACE = NodeRule(rules.join_in_place)
PRUNED = StageRule(rules.prune_columns)
STORE = StageRule(rules.node_slices)
GROUPS = StageRule(rules.group_small_partitions)

CASES: dict[str, tuple[PhysicalRule, Build, list[str], list[str]]] = {
    "a fold by key of one partition": (
        ALONE,
        lambda flow: ones(flow).reduce_by_key(max),
        ["1  from_items  1 partition", "2  reduce_by_key  1 partition  reads 1 (shuffle)"],
        ["1  from_items→combine  1 partition", "rules  single_partition"],
    ),
    "groups of one partition": (
        ALONE,
        lambda flow: ones(flow).group_by_key(),
        ["1  from_items  1 partition", "2  group_by_key  1 partition  reads 1 (shuffle)"],
        ["1  from_items→group_by_key  1 partition", "rules  single_partition"],
    ),
    "a fold of one partition": (
        ALONE,
        lambda flow: ones(flow).values().aggregate(0, max, max),
        ["1  from_items→values→aggregate  1 partition", "2  aggregate→aggregate  1 partition  reads 1 (gather)"],
        ["1  from_items→values→aggregate→aggregate  1 partition", "rules  single_partition"],
    ),
    "a sort of one partition": (
        ALONE,
        lambda flow: ones(flow).sort(lambda key, n: n),
        [
            "1  from_items→sort  1 partition",
            "2  bounds  1 partition  reads 1 (sample)",
            "3  range  1 partition  reads 1, 2 (gather)",
            "4  merge  1 partition  reads 3 (shuffle by range)",
        ],
        ["1  from_items→sort  1 partition", "rules  single_partition"],
    ),
    "the best of one partition": (
        ALONE,
        lambda flow: ones(flow).top(2, lambda key, n: n),
        ["1  from_items→top  1 partition", "2  top  1 partition  reads 1 (gather)"],
        ["1  from_items→top  1 partition", "rules  single_partition"],
    ),
    "the first of one partition": (
        ALONE,
        lambda flow: ones(flow).limit(2),
        ["1  from_items→limit  1 partition", "2  limit  1 partition  reads 1 (first 2)"],
        ["1  from_items→limit  1 partition", "rules  single_partition"],
    ),
    "numbers of the rows of one partition": (
        ALONE,
        lambda flow: ones(flow).zip_with_index(),
        ["1  from_items  1 partition", "2  zip_with_index  1 partition  reads 1"],
        ["1  from_items→zip_with_index  1 partition", "rules  single_partition"],
    ),
    "a semi join with a small side": (
        IN_PLACE,
        lambda flow: pairs(flow).map_values(str).join(flow.from_items([("a", 0)], partitions=1), how="semi"),
        [
            "1  from_items  1 partition",
            "2  from_items→map_values  2 partitions",
            "3  join  2 partitions  reads 2, 1 (broadcast)",
        ],
        [
            "1  from_items  1 partition",
            "2  from_items→map_values→join  2 partitions  reads 1 (broadcast)",
            "rules  join_in_place",
        ],
    ),
    "rows that another side has not": (
        IN_PLACE,
        lambda flow: flow.from_range(4, partitions=2).subtract(flow.from_range(1, 3, partitions=1)),
        [
            "1  from_range→subtract  1 partition",
            "2  from_range→subtract  2 partitions",
            "3  subtract→subtract  2 partitions  reads 2, 1 (broadcast)",
        ],
        [
            "1  from_range→subtract  1 partition",
            "2  from_range→subtract→subtract→subtract  2 partitions  reads 1 (broadcast)",
            "rules  join_in_place",
        ],
    ),
    "columns that nobody looks at": (
        PRUNED,
        lambda flow: towns(flow).filter(lambda row: row["rain"] > 1).map(lambda row: row["town"]),
        ["1  read_csv→filter→map  1 partition"],
        ["1  read_csv→filter→map  1 partition  columns rain, town", "rules  prune_columns"],
    ),
    "slices of nodes": (
        STORE,
        lambda flow: pairs(flow).group_by_key(),
        ["1  from_items  2 partitions", "2  group_by_key  2 partitions  reads 1 (shuffle)"],
        ["1  from_items  2 partitions", "2  group_by_key  2 partitions  reads 1 (shuffle)", "rules  node_slices"],
    ),
    "groups of small partitions": (
        GROUPS,
        lambda flow: flow.from_range(640, partitions=64).map(str),
        ["1  from_range→map  64 partitions"],
        ["1  from_range→map  64 partitions", "rules  group_small_partitions"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_stages_before_and_after(case: str) -> None:
    rule, build, before, after = CASES[case]
    engine = "ray" if rule in (STORE, GROUPS) else "inline"
    assert outline(build(planned((), engine=engine)).explain()) == before
    assert outline(build(planned((), (rule,), engine=engine)).explain()) == after


@pytest.mark.parametrize("case", [case for case, (rule, *_) in CASES.items() if rule not in (STORE, GROUPS)])
def test_rows_are_the_same_and_the_statistics_name_the_rule(case: str) -> None:
    """The rules on object stores are tested in test_node_slices.py and test_grouping.py."""
    rule, build, *_ = CASES[case]
    without, with_it = build(planned(())), build(planned((), (rule,)))
    assert with_it.collect() == without.collect()
    assert with_it.flow.stats.rules == (rule.rewrite.__name__,)
    assert without.flow.stats.rules == ()


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, *_ in CASES.values()} == set(PHYSICAL_RULES)


@pytest.mark.parametrize(
    "build",
    [
        lambda flow: pairs(flow).sort(),
        lambda flow: pairs(flow).join(pairs(flow).flat_map_values(lambda n: [n]), how="semi"),
        lambda flow: pairs(flow).join(flow.from_items([("a", 0)], partitions=1)),
        lambda flow: towns(flow).filter(lambda row: row["rain"] > 1),
        lambda flow: towns(flow).key_by(lambda row: row["town"]),
        lambda flow: pairs(flow).map(lambda key, n: n),
    ],
)
def test_where_no_rule_applies_none_is_named(build: Build) -> None:
    assert "\nrules " not in build(planned((), PHYSICAL_RULES)).explain()


def test_unknown_functions_prune_nothing() -> None:
    rows = towns(planned((), PHYSICAL_RULES, vectorize=False)).map(lambda row: row["town"])
    assert outline(rows.explain()) == ["1  read_csv→map  1 partition"]
    assert rows.collect() == ["Oslo", "Rome", "Bern"]


@pytest.mark.parametrize("rows", [[], [3], [3, 1, 2]])
@pytest.mark.parametrize(
    "run",
    [
        lambda rows: rows.sum(),
        lambda rows: rows.count(),
        lambda rows: rows.aggregate(0, lambda a, b: a + b, lambda a, b: a + b).collect(),
        lambda rows: rows.take(2),
        lambda rows: rows.zip_with_index().collect(),
        lambda rows: rows.sort(reverse=True).limit(2).collect(),
    ],
)
def test_actions_on_one_partition(run: Callable[[Rows], Any], rows: list[int]) -> None:
    results = [run(planned(*rules).from_items(rows, partitions=1)) for rules in [((), ()), ((), PHYSICAL_RULES)]]
    assert results[0] == results[1]


def test_a_verb_that_has_become_a_step_leaves_partitions_by_key_as_they_are() -> None:
    """A side in one partition by key decides the number of partitions of a join, whatever rules fire."""
    for rules_of in (Rules(), Rules((), ())):
        flow = planned(rules_of.logical, rules_of.physical)
        kept = ones(flow).reduce_by_key(max)
        joined = kept.join(pairs(flow).flat_map_values(lambda n: [n]))
        assert joined.num_partitions == 1
        (node,) = Planning(rules_of, Facts()).nodes([joined._node])
        assert (node.num_partitions, node.key_partitions) == (1, 1)
        assert joined.map_partitions(lambda index, rows: [(index, len(list(rows)))]).collect() == [(0, 3)]


def test_long_plans_are_planned_in_few_looks_at_each_node() -> None:
    looks: list[Node] = []

    def counted(rule: NodeRule) -> NodeRule:
        def rewrite(node: Node, is_own: IsOwn) -> Node | None:
            looks.append(node)
            return rule.rewrite(node, is_own)

        return NodeRule(rewrite)

    physical = tuple(counted(rule) for rule in PHYSICAL_RULES if isinstance(rule, NodeRule))
    rows: Rows = planned(()).from_range(3, partitions=1)
    for _ in range(2_000):
        rows = rows.map(abs).sort().limit(2)
    (node,) = Planning(Rules(physical=physical)).nodes([rows._node])
    assert node.num_partitions == 1
    assert len(looks) <= 3 * len(physical) * sum(1 for _ in rows._node.walk())
