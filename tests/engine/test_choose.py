"""Test which engine a job gets, and the line of explain() about it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine.automatic import AutomaticEngine
from glowray.engine.choice import LARGE_INPUT, PATIENCE, Choice, choose, open_engine
from tests.engine.doubles import CountingEngine
from tests.engine.thread_engine import ThreadEngine


@pytest.fixture(autouse=True)
def no_ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sure that the process does not use Ray, unless the test runs on Ray."""
    for name in ("GLOWRAY_ENGINE", "GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    if request.node.get_closest_marker("ray") is None:
        monkeypatch.setitem(sys.modules, "ray", None)  # makes importing it an error


def engine_line(rows: Dataset[object]) -> str:
    return rows.explain().splitlines()[-1].removeprefix("engine  ")


def test_automatic() -> None:
    line = engine_line(gr.Flow().from_items([1]))
    assert line == "automatic (small input: starts in this process, goes to Ray if it still runs after 3 s)"
    assert engine_line(gr.Flow().from_source(lambda index: [index], 2)).startswith("automatic (input of unknown size: ")


@pytest.mark.parametrize("kind", ["inline", "ray"])
def test_asked_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOWRAY_ENGINE", "")
    assert engine_line(gr.Flow(engine=kind).from_items([1])) == f"{kind} (asked for)"


@pytest.mark.parametrize("kind", ["inline", "ray"])
def test_environment(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOWRAY_ENGINE", kind)
    assert engine_line(gr.Flow().from_items([1])) == f"{kind} (GLOWRAY_ENGINE)"
    other = "ray" if kind == "inline" else "inline"
    assert engine_line(gr.Flow(engine=other).from_items([1])) == f"{kind} (GLOWRAY_ENGINE)", "it overrides"


def test_an_engine_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match='engine must be "inline" or "ray"'):
        gr.Flow(engine="spark")
    monkeypatch.setenv("GLOWRAY_ENGINE", "dask")
    with pytest.raises(ValueError, match=r"GLOWRAY_ENGINE must be .* got 'dask'"):
        gr.Flow().from_items([1]).collect()


@pytest.mark.parametrize("name", ["GLOWRAY_ADDRESS", "RAY_ADDRESS"])
def test_an_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "127.0.0.1:6379")
    assert engine_line(gr.Flow().from_items([1])) == f"ray ({name})"


def test_large_input(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(LARGE_INPUT)
    large = "automatic (64 MiB of input: starts in this process, goes to Ray if it still runs after "
    assert engine_line(gr.Flow().read_text(path)).startswith(large)
    half = gr.Flow().from_range(LARGE_INPUT // 16)
    assert engine_line(half).startswith("automatic (small input")
    assert engine_line(half.union(gr.Flow().from_range(LARGE_INPUT // 16))).startswith(large)
    assert engine_line(half.union(half)).startswith("automatic (small input"), "what is read once counts once"


def test_large_input_waits_less_for_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glowray.engine.choice.LARGE_PATIENCE", 1.0)
    large = choose(None, LARGE_INPUT)
    assert large.patience < PATIENCE
    assert choose(None, LARGE_INPUT - 1).patience == PATIENCE
    assert isinstance(open_engine(large), AutomaticEngine)


def test_a_small_job_imports_no_ray() -> None:
    rows = gr.Flow().from_items(["to be", "or not to be"]).flat_map(str.split).count_by_value()
    assert rows.to_dict() == {"to": 2, "be": 2, "or": 1, "not": 1}
    assert rows.flow.stats.engine == "inline"


def test_inline_is_this_process() -> None:
    assert open_engine(Choice("inline", "")).name == "inline"
    assert choose("inline", None) == Choice("inline", "asked for")


@pytest.mark.ray
def test_a_connected_ray(local_ray: None) -> None:
    assert engine_line(gr.Flow().from_items([1])) == "ray (Ray is connected)"
    assert engine_line(gr.Flow(engine="inline").from_items([1])) == "inline (asked for)"


@pytest.mark.ray
def test_inside_a_ray_task(local_ray: None) -> None:
    def nested(n: int) -> tuple[str, list[int]]:
        rows = gr.Flow().from_range(n, partitions=2)
        return rows.explain().splitlines()[-1], rows.map(lambda m: m + 1).collect()

    outer = gr.Flow(engine="ray").from_items([3]).map(nested)
    assert outer.collect() == [("engine  inline (inside a Ray task)", [1, 2, 3])]


def test_an_engine_that_is_given_is_the_one_that_runs(
    monkeypatch: pytest.MonkeyPatch, counting: CountingEngine
) -> None:
    monkeypatch.setenv("GLOWRAY_ENGINE", "inline")
    choice = choose(counting, None)
    assert (choice.reason, open_engine(choice)) == ("given", counting)
    assert gr.Flow(engine=counting).from_items([1, 2], partitions=2).collect() == [1, 2]
    assert counting.stages == 1


def test_blocks_of_one_engine_are_read_by_another() -> None:
    """A cached dataset keeps the refs of the engine that made it."""
    flow = gr.Flow(engine=ThreadEngine())
    rows = flow.from_range(6, partitions=3).map(lambda n: n * n).cache()
    assert rows.count() == 6
    flow.settings = replace(flow.settings, engine="inline")
    assert rows.sort(reverse=True).collect() == [25, 16, 9, 4, 1, 0]
