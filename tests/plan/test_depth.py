"""Plans as long as a loop makes them."""

from __future__ import annotations

import sys

import glowray as gr
from glowray.plan.depth import depth


def test_a_chain_of_a_thousand_verbs() -> None:
    rows = gr.Flow(engine="inline").from_range(3, partitions=2)
    for _ in range(1000):
        rows = rows.map(lambda n: n + 1)
    usual = sys.getrecursionlimit()
    assert rows.collect() == [1000, 1001, 1002]
    assert sys.getrecursionlimit() == usual
    assert depth([rows._node]) == 1001


def test_more_loops_than_python_nests() -> None:
    rows = gr.Flow(engine="inline").from_range(3)
    for _ in range(30):
        rows = rows.flat_map(lambda n: [n]).filter(lambda n: n >= 0).flat_map(lambda n: (m for m in (n,)))
    assert rows.collect() == [0, 1, 2]


def test_joins_of_joins_that_are_cached() -> None:
    flow = gr.Flow(engine="inline")
    links = flow.from_items([("a", ["a"])]).cache()
    ranks = flow.from_items([("a", 1)])
    for _ in range(150):
        ranks = links.join(ranks).map(lambda key, to, n: (key, n)).reduce_by_key(lambda a, b: a + b).cache()
        assert ranks.count() == 1
    assert ranks.collect() == [("a", 1)]
