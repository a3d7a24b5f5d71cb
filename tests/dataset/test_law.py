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


def rows_of(pipeline: Pipeline, kind: str, rules: tuple[Any, ...] = RULES) -> list[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perform, "optimize", partial(optimize, rules=rules))
        return pipeline.on(gr.Flow("law", engine=kind)).collect()


def holds(pipeline: Pipeline, kind: str, rules: tuple[Any, ...]) -> None:
    assert_rows(rows_of(pipeline, kind, rules), pipeline.wanted.all, ordered=pipeline.wanted.ordered)


@settings(quick, max_examples=500)
@given(pipelines(), rule_sets)
def test_inline(pipeline: Pipeline, rules: tuple[Any, ...]) -> None:
    holds(pipeline, "inline", rules)


@settings(quick, max_examples=100)
@given(pipelines(tiny=True), rule_sets)
def test_a_row_a_partition(pipeline: Pipeline, rules: tuple[Any, ...]) -> None:
    holds(pipeline, "inline", rules)


@settings(quick, max_examples=150)
@given(pipelines(), rule_sets)
def test_rules_change_no_row_and_no_order(pipeline: Pipeline, rules: tuple[Any, ...]) -> None:
    assert_rows(rows_of(pipeline, "inline", rules), rows_of(pipeline, "inline"))


@pytest.mark.ray
@pytest.mark.slow
@settings(quick, max_examples=200)
@given(pipelines(longest=5), rule_sets)
def test_ray(local_ray: None, pipeline: Pipeline, rules: tuple[Any, ...]) -> None:
    rows = rows_of(pipeline, "ray", rules)
    assert_rows(rows, pipeline.wanted.all, ordered=pipeline.wanted.ordered)
    assert_rows(rows, rows_of(pipeline, "inline"))
