"""The law: a pipeline gives what plain Python gives, on every engine, in any partitions, under any of the rules."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.action import perform
from glowray.optimize import RULES, optimize
from tests.oracle.exact import assert_rows
from tests.oracle.pipelines import Pipeline, pipelines

rule_sets = st.lists(st.sampled_from(RULES), unique=True).map(tuple)
quick = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
)


def rows_of(pipeline: Pipeline, kind: str, rules: tuple[Any, ...] = RULES, vectorize: bool = True) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perform, "optimize", partial(optimize, rules=rules))
        return pipeline.on(gr.Flow("law", engine=kind, vectorize=vectorize)).collect()


def holds(pipeline: Pipeline, kind: str, rules: tuple[Any, ...], vectorize: bool) -> None:
    assert_rows(rows_of(pipeline, kind, rules, vectorize), pipeline.wanted.all, ordered=pipeline.wanted.ordered)


@settings(quick, max_examples=300)
@given(pipelines(), rule_sets, st.booleans())
def test_inline(pipeline: Pipeline, rules: tuple[Any, ...], vectorize: bool) -> None:
    holds(pipeline, "inline", rules, vectorize)


@settings(quick, max_examples=60)
@given(pipelines(tiny=True), rule_sets, st.booleans())
def test_a_row_a_partition(pipeline: Pipeline, rules: tuple[Any, ...], vectorize: bool) -> None:
    holds(pipeline, "inline", rules, vectorize)


@settings(quick, max_examples=80)
@given(pipelines(), rule_sets, st.booleans())
def test_rules_and_levels_change_no_row_and_no_order(
    pipeline: Pipeline, rules: tuple[Any, ...], vectorize: bool
) -> None:
    assert_rows(rows_of(pipeline, "inline", rules, vectorize), rows_of(pipeline, "inline"))


@pytest.mark.ray
@pytest.mark.slow
@settings(quick, max_examples=120)
@given(pipelines(longest=5), rule_sets)
def test_ray(local_ray: None, pipeline: Pipeline, rules: tuple[Any, ...]) -> None:
    rows = rows_of(pipeline, "ray", rules)
    assert_rows(rows, pipeline.wanted.all, ordered=pipeline.wanted.ordered)
    assert_rows(rows, rows_of(pipeline, "inline"))
