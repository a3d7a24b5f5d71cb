"""Test the law: a pipeline gives the rows of plain Python, on every engine, in any partitions, under any rules."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine.task.protocol import Engine
from glowray.optimize import RULES
from glowray.physical.planning import Rules
from glowray.physical.rules import PHYSICAL_RULES
from tests.effort import examples
from tests.engine.group_engine import GroupEngine
from tests.engine.thread_engine import ThreadEngine
from tests.oracle.exact import assert_rows
from tests.oracle.pipelines import Pipeline, pipelines


def fed(dataset: Dataset[Any]) -> list[Any]:
    """Return the rows that an output gets."""
    rows: list[Any] = []
    dataset.output(rows.append)
    dataset.flow.run()
    return rows


ENDINGS: dict[str, Callable[[Dataset[Any]], list[Any]]] = {
    "collect": lambda ds: ds.collect(),
    "iteration": list,
    "take": lambda ds: ds.take(sys.maxsize),
    "output": fed,
}
"""The actions that bring all rows of a dataset to the driver."""

NOT_DRAWN = {
    "explain": "it runs nothing",
    "plot": "it runs nothing",
    "flow": "it is no verb",
    "num_partitions": "it is no verb; the count of each verb is tested with the plan",
    "collect": "an ending: it and iteration, take and output are drawn in ENDINGS",
    "take": "an ending",
    "output": "an ending",
    "first": "the first row of take(1)",
    "show": "the rows of take(n), printed",
    "count": "an ending of one number, in test_numbers",
    "is_empty": "an ending of one number, in test_numbers",
    "to_dict": "the dict() of collect()",
    "sum": "reduce(add), which is no sum for most rows",
    "mean": "as sum()",
    "min": "top(1), whose keys are drawn",
    "max": "top(1), whose keys are drawn",
    "for_each": "it gives nothing: what it is called with is tested with its errors",
    "take_sample": "the first rows of a random order, in test_sampling",
    "describe": "an action of one dict, in test_summaries",
    "histogram": "an action of two lists, in test_summaries",
    "to_arrow": "hostile rows have no Arrow table; map_batches is drawn on those that have",
    "to_pandas": "as to_arrow()",
    "write_text": "files have properties of their own, format by format",
    "write_csv": "as write_text()",
    "write_json": "as write_text()",
    "write_parquet": "as write_text()",
    "write_binary": "as write_text()",
    "write_sql": "random tables go to databases and back in test_table_writing",
    "write_delta": "tables have properties of their own, in tests/io/delta",
    "write_kafka": "topics are read back in tests/io/kafka",
    "write_mongo": "collections are read back in tests/io/mongo",
    "to_ray": "it needs a Ray: rows go there and back in test_datasets",
}
"""The members of Dataset that the law does not draw, each with the reason."""

ALL_RULES = Rules()
rule_sets = st.builds(
    Rules,
    st.lists(st.sampled_from(RULES), unique=True).map(tuple),
    st.lists(st.sampled_from(PHYSICAL_RULES), unique=True).map(tuple),
)
endings = st.sampled_from(sorted(ENDINGS))
memories = st.sampled_from([None, 1, 1000])
"""The memory of a task in bytes. With little, all rows go through files."""

quick = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
)


def rows_of(
    pipeline: Pipeline,
    kind: str | Engine,
    rules: Rules = ALL_RULES,
    vectorize: bool = True,
    ending: str = "collect",
    memory: int | None = None,
) -> list[Any]:
    flow = gr.Flow("law", engine=kind, vectorize=vectorize, memory=memory)
    flow.settings = replace(flow.settings, rules=rules)
    return ENDINGS[ending](pipeline.on(flow))


def holds(
    pipeline: Pipeline, kind: str | Engine, rules: Rules, vectorize: bool, ending: str, memory: int | None = None
) -> None:
    rows = rows_of(pipeline, kind, rules, vectorize, ending, memory)
    assert_rows(rows, pipeline.wanted.all, ordered=pipeline.wanted.ordered)


@settings(quick, max_examples=examples(300))
@given(pipelines(), rule_sets, st.booleans(), endings, memories)
def test_inline(pipeline: Pipeline, rules: Rules, vectorize: bool, ending: str, memory: int | None) -> None:
    holds(pipeline, "inline", rules, vectorize, ending, memory)


@pytest.mark.slow
@settings(quick, max_examples=examples(60))
@given(pipelines(), rule_sets, st.booleans(), endings, memories)
def test_threads(pipeline: Pipeline, rules: tuple[Any, ...], vectorize: bool, ending: str, memory: int | None) -> None:
    """Run on an engine of less than a hundred lines, whose blocks live in its own store."""
    holds(pipeline, ThreadEngine(), rules, vectorize, ending, memory)


@pytest.mark.slow
@settings(quick, max_examples=examples(60))
@given(pipelines(), st.sampled_from([1, 2]), st.sampled_from([100, 1 << 20]), st.booleans(), endings, memories)
def test_groups(pipeline: Pipeline, nodes: int, limit: int, vectorize: bool, ending: str, memory: int | None) -> None:
    """Run several partitions in one call of a worker, whose objects hold the rows of all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glowray.physical.rules.MANY_PARTITIONS", 2)
        holds(pipeline, GroupEngine(limit, nodes), ALL_RULES, vectorize, ending, memory)


@settings(quick, max_examples=examples(60))
@given(pipelines(tiny=True), rule_sets, st.booleans(), endings)
def test_a_row_a_partition(pipeline: Pipeline, rules: Rules, vectorize: bool, ending: str) -> None:
    holds(pipeline, "inline", rules, vectorize, ending)


@settings(quick, max_examples=examples(80))
@given(pipelines(), rule_sets, st.booleans(), endings)
def test_rules_levels_and_endings_change_no_row_and_no_order(
    pipeline: Pipeline, rules: Rules, vectorize: bool, ending: str
) -> None:
    assert_rows(rows_of(pipeline, "inline", rules, vectorize, ending), rows_of(pipeline, "inline"))


@settings(quick, max_examples=examples(40))
@given(pipelines(), st.integers(1, 5))
def test_numbers(pipeline: Pipeline, n: int) -> None:
    rows = pipeline.on(gr.Flow("law", engine="inline")).cache()
    assert rows.count() == len(pipeline.wanted.all)
    assert rows.is_empty() == (not pipeline.wanted.all)
    assert_rows(rows.take(n), rows.collect()[:n])


@pytest.mark.ray
@pytest.mark.slow
@settings(quick, max_examples=examples(120))
@given(pipelines(longest=5), rule_sets, endings, memories)
def test_ray(local_ray: None, pipeline: Pipeline, rules: Rules, ending: str, memory: int | None) -> None:
    rows = rows_of(pipeline, "ray", rules, ending=ending, memory=memory)
    assert_rows(rows, pipeline.wanted.all, ordered=pipeline.wanted.ordered)
    assert_rows(rows, rows_of(pipeline, "inline"))


@pytest.mark.slow
def test_every_verb_is_drawn() -> None:
    drawn: set[str] = set()

    @settings(quick, max_examples=300, phases=[Phase.generate])
    @given(pipelines())
    def draw(pipeline: Pipeline) -> None:
        drawn.update(pipeline.verbs)

    there = {name for name in dir(Dataset) if not name.startswith("_")}
    for start in range(10):
        seed(start)(draw)()
        if there <= drawn.union(NOT_DRAWN):
            break
    assert sorted(there - drawn) == sorted(NOT_DRAWN)
