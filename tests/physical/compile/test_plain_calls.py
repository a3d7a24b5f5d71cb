"""Test that after any fault of the compiler functions are called: the rows stay, and explain() gives the reason."""

from __future__ import annotations

import ast
from importlib import import_module
from typing import Any

import pytest

import glowray as gr
from glowray.physical.compile import plain_calls, weaving
from glowray.vectorize.loops import step_code
from glowray.vectorize.loops.body.inlining import Inlined
from tests.engine.doubles import Lab

SEAMS = [
    "physical.compile.weaving.know",
    "physical.compile.loop_code.know",
    "physical.compile.segment_operators.columns_of",
    "physical.compile.weaving.pruned",
    "physical.compile.weaving.fold_of",
    "physical.compile.loop_code.used_of",
    "physical.compile.loop_code.pruned_read",
    "physical.compile.loop_endings.know",
    "physical.compile.columns.know",
    "kernels.operators.columns.translate",
    "kernels.operators.map.program_of",
    "physical.compile.columns.cheapest_cut",
    "physical.compile.columns.fold_of",
    "physical.compile.loop_endings.inline",
    "vectorize.loops.step_code.inline",
    "vectorize.loops.step_code.splice",
    "vectorize.loops.chain.obstacle",
    "vectorize.loops.chain.quiet",
    "vectorize.loops.chain.escaping",
    "vectorize.loops.body.inlining.obstacle",
    "vectorize.loops.body.inlining.bind",
    "vectorize.loops.body.inlining.exact_type",
    "vectorize.loops.body.inlining.escaping",
    "vectorize.loops.body.inlining.forwarded",
    "vectorize.loops.body.generator_splicing.element_type",
    "vectorize.definition.function_lookup.source_of",
    "vectorize.definition.function_lookup.synthetic",
    "vectorize.definition.environment.rebound_globals",
    "vectorize.definition.environment.globals_read",
    "vectorize.analyze.inlining_obstacles.check_assigned",
    "vectorize.analyze.inlining_obstacles.free_names",
    "vectorize.loops.code.node_copier.plain_searches",
    "vectorize.loops.body.call_expansion.sought",
    "vectorize.loops.body.call_expansion.place",
    "vectorize.loops.code.line_table.move",
    "vectorize.columns.translation.calls.know",
    "vectorize.columns.folds.reducer_shapes.returned",
    "vectorize.columns.texts.text_methods.method",
]
"""One function for each stage of the compiler. Its failure stands for any fault in that stage."""

TOP = 3


def short(word: str) -> bool:
    return len(word) > TOP or word.startswith("a")


def job(flow: gr.Flow) -> gr.Dataset[Any]:
    records = flow.from_items([{"text": "a bb cccc", "n": 1}, {"text": "dddd a", "n": 2}])
    words = records.map(lambda row: {**row, "text": row["text"].upper()}).flat_map(lambda row: row["text"].split())
    return (
        words.map(str.lower).filter(short).map(lambda word: (word, max(len(word), 1))).reduce_by_key(lambda a, b: a + b)
    )


EXPECTED = [("a", 2), ("cccc", 4), ("dddd", 4)]


@pytest.fixture
def _faults_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glowray.physical.compile.weaving.with_reason", plain_calls.with_reason)


class Fault(Exception):
    """An error of the compiler itself."""


@pytest.mark.slow
@pytest.mark.usefixtures("_faults_are_caught")
@pytest.mark.parametrize("error", [KeyError, AssertionError, RecursionError, Fault])
@pytest.mark.parametrize("seam", SEAMS)
def test_a_fault_leads_to_calls(seam: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    module, name = import_module(f"glowray.{seam.rpartition('.')[0]}"), seam.rpartition(".")[2]
    works, weave_fragment = getattr(module, name), weaving._fragment
    is_compiling = [False]
    hits: list[str] = []

    def fragment(branch: Any, stage: Any, vectorize: bool) -> Any:
        is_compiling[0] = vectorize
        try:
            return weave_fragment(branch, stage, vectorize)
        finally:
            is_compiling[0] = False

    def fail(*given: Any, **named: Any) -> Any:
        if not is_compiling[0]:  # the loop around plain calls uses some of these functions too
            return works(*given, **named)
        hits.append(seam)
        raise error("NAMES")

    monkeypatch.setattr(weaving, "_fragment", fragment)
    monkeypatch.setattr(module, name, fail)
    flow = gr.Flow(engine="inline")
    assert sorted(job(flow).collect()) == EXPECTED
    text = str(job(flow).explain())
    of_the_merge = (
        "physical.compile.weaving.fold_of",
        "physical.compile.weaving.know",
    )  # explain() shows a reducer at its combine step
    if seam not in of_the_merge:
        assert not hits or f"the compiler failed on this step ({error.__name__}: " in text


@pytest.mark.usefixtures("_faults_are_caught")
def test_a_fault_leads_to_calls_on_every_engine(engine: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> Any:
        raise KeyError("NAMES")

    monkeypatch.setattr("glowray.vectorize.loops.step_code.inline", fail)
    assert sorted(job(engine.flow()).collect()) == EXPECTED


@pytest.mark.usefixtures("_faults_are_caught")
def test_what_python_cannot_compile_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generate a loop that only Python's own compiler rejects."""

    def inline(known: Any, arguments: Any, weaver: Any) -> Inlined:
        return Inlined([ast.Nonlocal(["nowhere"])], ast.Constant(1), weaver.own_lines("map"))

    monkeypatch.setattr(step_code, "inline", inline)
    rows = gr.Flow(engine="inline").from_items([1]).map(lambda x: [x + 1])
    assert rows.collect() == [[2]]
    assert "the compiler failed on this step (SyntaxError: no binding for nonlocal" in str(rows.explain())


def test_the_users_own_errors_are_theirs() -> None:
    def failing(x: int) -> int:
        return {}[x]  # type: ignore[no-any-return]

    with pytest.raises(KeyError, match="5"):
        gr.Flow(engine="inline").from_items([5]).map(failing).collect()
