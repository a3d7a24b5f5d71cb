"""Test the graph of every picture: a box for each stage, a node for each step, an edge for each path of rows."""

from __future__ import annotations

import pytest

import glowray as gr
from glowray.watch.picture.picture_style import cut
from glowray.watch.picture.plan_graph import Graph
from tests.watch.plans import PLANS, flow, self_join, union, word_count


def nodes(graph: Graph) -> list[list[str]]:
    return [[f"{node.verb} {node.detail}".strip() for run in box.runs for node in run] for box in graph.boxes]


def labels(graph: Graph) -> list[str]:
    return [edge.label for edge in graph.edges]


def test_a_word_count() -> None:
    graph = word_count()._view().graph
    assert nodes(graph) == [
        ["from_items", "flat_map str.split", "map pair", "combine reduce_by_key, add"],
        ["merge reduce_by_key"],
    ]
    assert [box.title for box in graph.boxes] == ["stage 1 · 3 partitions", "stage 2 · 3 partitions"]
    assert labels(graph) == ["shuffle"]


def test_a_self_join_reads_one_stage_twice() -> None:
    graph = self_join()._view().graph
    assert nodes(graph)[0] == ["from_items", "map swap"]
    assert nodes(graph)[3] == ["join inner", "combine distinct"]
    assert labels(graph) == ["", "", "shuffle", "shuffle", "shuffle"]


def test_what_follows_a_union_is_drawn_once() -> None:
    graph = union()._view().graph
    assert nodes(graph)[0] == ["from_items", "from_range 0, 3", "map str", "map pair"]
    assert labels(graph) == ["", "", "shuffle", "broadcast", "broadcast"]


def test_a_sort_of_which_few_rows_are_wanted_is_drawn_as_it_was_asked_for() -> None:
    rows = flow().from_items([3, 1, 2], partitions=1)
    for reverse, shown in ((False, "sort abs, first 2"), (True, "sort abs, first 2, reverse")):
        view = rows.sort(abs, reverse=reverse).limit(2)._view()
        assert nodes(view.graph)[0][-1] == shown


def test_the_ways_of_a_sort_and_a_top() -> None:
    graph = PLANS["sorted"]()._view().graph
    assert [label for label in labels(graph) if label] == [
        "shuffle",
        "sample",
        "broadcast",
        "shuffle by range",
        "gather",
    ]
    assert {"sort number, reverse", "top 3"} <= {node for box in nodes(graph) for node in box}


def test_two_outputs_are_numbered() -> None:
    job = flow()
    rows = job.from_range(3, partitions=2).output([].append)
    rows.map(str).output([].append)
    from glowray.action.perform import view

    graph = view(job.settings, [target.node for target in job.targets]).graph
    assert nodes(graph) == [["from_range 0, 3"], ["output 1"], ["map str", "output 2"]]
    assert nodes(rows._view().graph) == [["from_range 0, 3"]]


@pytest.mark.parametrize("plan", PLANS)
def test_every_edge_joins_two_nodes_and_names_are_unique(plan: str) -> None:
    graph = PLANS[plan]()._view().graph
    names = [node.name for box in graph.boxes for run in box.runs for node in run]
    assert len(set(names)) == len(names)
    assert {name for edge in graph.edges for name in (edge.tail, edge.head)} <= set(names)
    assert all(box.runs for box in graph.boxes)


def test_verbs_that_the_user_repeats_stay_apart() -> None:
    rows = gr.Flow("job").from_items([1]).map(abs).map(abs).distinct().distinct()
    assert nodes(rows._view().graph)[0] == ["from_items", "map abs", "map abs", "combine distinct", "combine distinct"]


def test_long_names_lose_their_middle() -> None:
    assert cut("x" * 30) == "x" * 30
    assert cut("/data/logs/2024/03/17/part-00001.jsonl", 20) == "/data/lo…00001.jsonl"
    assert all(len(cut("y" * 99, most)) == most for most in range(3, 40))
