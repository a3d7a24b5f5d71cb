"""plot() after a run: nodes coloured by time, rows and bytes on the edges, long chains folded."""

from __future__ import annotations

import re

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.watch.picture.folding import LONG, fold_runs
from glowray.watch.picture.mermaid import mermaid
from glowray.watch.picture.picture_style import heated
from glowray.watch.record.node_heat import heat_of
from tests.watch.plans import add, pair


def chain(flow: gr.Flow, length: int) -> Dataset[int]:
    rows = flow.from_range(3_000, partitions=2)
    for _ in range(length - 2):
        rows = rows.map(lambda n: n + 1)
    return rows.map(lambda n: sum(range(n % 90)), name="slow")


def test_before_a_run_nothing_is_coloured_and_after_it_the_slow_step_is() -> None:
    flow = gr.Flow(engine="inline")
    rows = chain(flow, 4).map(pair).reduce_by_key(add)
    before = str(rows.plot())
    assert " rows, " not in before
    rows.collect()
    after = str(rows.plot())
    assert re.search(r'label="  shuffle, [\d,]+ rows, [\d.]+ \w+"', after)
    assert re.search(r'label="stage 1 · 2 partitions · \d+\.\d\d s"', after)
    (slow,) = (line for line in after.splitlines() if "[label=" in line and ">slow<" in line)
    assert 'fillcolor="#ffffff"' not in slow and "ns a row" in slow
    assert len(before.splitlines()) == len(after.splitlines())


def test_another_dataset_of_the_flow_is_not_coloured() -> None:
    flow = gr.Flow(engine="inline")
    chain(flow, 3).collect()
    other = flow.from_items(["a"]).map(str.upper)
    assert " · 1 partition ·" not in str(other.plot())


def test_a_dataset_that_ran_as_part_of_a_longer_one_is_coloured() -> None:
    flow = gr.Flow(engine="inline")
    rows = chain(flow, 3)
    rows.map(lambda n: n + 1).collect()
    assert re.search(r"stage 1 · 2 partitions · \d", str(rows.plot()))


@pytest.mark.parametrize("length", [LONG + 4, 40, 100])
def test_a_long_chain_is_folded_after_a_run(length: int) -> None:
    flow = gr.Flow(engine="inline")
    rows = chain(flow, length)
    before = str(rows.plot())
    assert "more steps" not in before
    rows.collect()
    graph, heat = fold_runs(rows._view().graph, heat_of(flow.outcome.record))
    (run,) = graph.boxes[0].runs
    hidden = [int(re.findall(r"\d+", node.verb)[0]) for node in run if node.verb.startswith("…")]
    assert len(run) <= 20 and len(run) - len(hidden) + sum(hidden) == length
    assert run[0].verb == "from_range" and run[-1].detail == "slow"
    assert set(heat.shares) and "more steps" in str(rows.plot())


def test_mermaid_has_the_same() -> None:
    flow = gr.Flow(engine="inline")
    rows = chain(flow, 40).map(pair).reduce_by_key(add)
    rows.collect()
    seen = rows._view()
    text = mermaid(seen.graph, heat_of(flow.outcome.record, seen.graph))
    assert "more steps" in text and " rows, " in text
    named = set(re.findall(r"^\s+(s\w+)\(", text, re.MULTILINE))
    assert set(re.findall(r"style (s\d\w+) fill", text)) <= named
    assert {name for edge in re.findall(r"(s\d\w+) [=-]+>(?:\|[^|]*\|)? (s\d\w+)", text) for name in edge} <= named


def test_more_time_is_more_colour() -> None:
    fills = [heated("#ffffff", share) for share in (0.0, 0.02, 0.5, 1.0)]
    assert fills[0] == "#ffffff" and fills == sorted(fills, reverse=True) and len(set(fills)) == 4
