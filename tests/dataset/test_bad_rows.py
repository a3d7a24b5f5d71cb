"""on_error: rows on which a function fails are dropped, kept or written down, the same on every engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.engine.doubles import Lab

ROWS = [5, 0, 2, 0, 1, 0, 10]


def inverse(n: int) -> float:
    return 10 / n


def twice(n: int) -> Any:
    yield n
    yield 10 / n


STEPS: dict[str, tuple[Callable[..., Dataset[Any]], list[Any]]] = {
    "map": (lambda ds, **o: ds.map(inverse, **o), [2.0, 5.0, 10.0, 1.0]),
    "filter": (lambda ds, **o: ds.filter(inverse, **o), [5, 2, 1, 10]),
    "flat_map": (lambda ds, **o: ds.flat_map(twice, **o), [5, 2.0, 2, 5.0, 1, 10.0, 10, 1.0]),
    "key_by": (lambda ds, **o: ds.key_by(inverse, **o).values(), [5, 2, 1, 10]),
    "map_values": (lambda ds, **o: ds.key_by(str).map_values(inverse, **o).values(), [2.0, 5.0, 10.0, 1.0]),
    "flat_map_values": (
        lambda ds, **o: ds.key_by(str).flat_map_values(twice, **o).values(),
        [5, 2.0, 2, 5.0, 1, 10.0, 10, 1.0],
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_skip(engine: Lab, step: str) -> None:
    build, wanted = STEPS[step]
    flow = engine.flow()
    rows = build(flow.from_items(ROWS, partitions=3), on_error="skip")
    assert rows.collect() == wanted
    assert flow.skipped == {step: 3}
    assert flow.errors == []
    named = build(flow.from_items(ROWS, partitions=3), on_error="skip", name="the step")
    assert named.count() == len(wanted)
    assert flow.skipped == {"the step": 3}


@pytest.mark.parametrize("step", STEPS)
def test_collect(engine: Lab, step: str) -> None:
    build, wanted = STEPS[step]
    flow = engine.flow()
    assert build(flow.from_items(ROWS, partitions=3), on_error="collect").collect() == wanted
    assert flow.skipped == {step: 3}
    row = ("0", 0) if step.endswith("values") else 0
    assert [(error.step, error.row) for error in flow.errors] == [(step, row)] * 3
    assert [type(error.error) for error in flow.errors] == [ZeroDivisionError] * 3
    partitions = [note for error in flow.errors for note in error.error.__notes__ if note.startswith("partition")]
    numbers = [1, 3, 5] if engine.tiny else [0, 1, 2]
    assert partitions == [f"partition: {number}" for number in numbers]


def test_the_flow_says_it_for_all_steps(engine: Lab) -> None:
    flow = engine.flow(on_error="skip")
    rows = flow.from_items(ROWS, partitions=2)
    assert rows.map(inverse).filter(lambda x: 1 / (x - 5)).collect() == [2.0, 10.0, 1.0]
    assert flow.skipped == {"map": 3, "filter": 1}
    with pytest.raises(ZeroDivisionError):
        rows.map(inverse, on_error="raise").collect()


def test_an_action_forgets_the_last(engine: Lab) -> None:
    flow = engine.flow()
    rows = flow.from_items(ROWS)
    rows.map(inverse, on_error="collect").collect()
    rows.collect()
    assert (flow.skipped, flow.errors) == ({}, [])


@pytest.mark.parametrize("as_path", [True, False])
def test_dead_letters(engine: Lab, tmp_path: Path, as_path: bool) -> None:
    path = tmp_path / "letters.jsonl"
    flow = engine.flow()
    rows = flow.from_items(ROWS, partitions=3).map(inverse, on_error=path if as_path else str(path), name="inverse")
    assert rows.collect() == [2.0, 5.0, 10.0, 1.0]
    letters = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(letter["step"], letter["row"]) for letter in letters] == [("inverse", 0)] * 3
    assert all("ZeroDivisionError" in letter["error"] for letter in letters)


def test_dead_letters_of_a_job_that_failed(engine: Lab, tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    path.write_text("of the last job\n")
    rows = engine.flow().from_items([0, 1, 2], partitions=1).map(inverse, on_error=path)
    with pytest.raises(ZeroDivisionError):
        rows.map(lambda x: 1 / (x - 5)).collect()
    assert path.read_text() == "of the last job\n"
    assert [file.name for file in tmp_path.iterdir()] == ["letters.jsonl"]


@pytest.mark.parametrize("partitions", [1, 3, 7])
def test_more_than_max_errors_fail_the_job(engine: Lab, partitions: int) -> None:
    for limit, fails in ((0, True), (2, True), (3, False), (None, False)):
        flow = engine.flow(on_error="skip", max_errors=limit)
        rows = flow.from_items(ROWS, partitions=partitions).map(inverse)
        if fails:
            with pytest.raises(gr.GlowrayError, match=f"max_errors={limit}"):
                rows.collect()
        else:
            assert rows.count() == 4


def test_max_errors_counts_over_all_stages(engine: Lab) -> None:
    flow = engine.flow(on_error="skip", max_errors=3)
    rows = flow.from_items(ROWS, partitions=2).map(inverse).sort()
    with pytest.raises(gr.GlowrayError, match="max_errors=3"):
        rows.map(lambda x: 1 / (x - 5)).collect()


def test_reducers_and_partitions_always_raise(engine: Lab) -> None:
    flow = engine.flow(on_error="skip")
    rows = flow.from_items([1, 0], partitions=1)
    for run in (
        lambda: rows.reduce(lambda a, b: a / b).collect(),
        lambda: rows.map_partitions(lambda part: [1 / n for n in part]).collect(),
        lambda: rows.aggregate(1, lambda a, n: a / n, max).collect(),
        lambda: rows.map(lambda n: ("k", n)).reduce_by_key(lambda a, b: a / b).collect(),
    ):
        with pytest.raises(ZeroDivisionError):
            run()


def test_rows_on_which_the_key_of_sort_fails_are_dropped_and_counted(engine: Lab) -> None:
    flow = engine.flow(on_error="skip")
    assert flow.from_items([1, 0, 2], partitions=2).sort(inverse).collect() == [2, 1]
    assert flow.skipped == {"sort": 1}
    with pytest.raises(ZeroDivisionError):
        flow.from_items([1, 0], partitions=2).sort(inverse, on_error="raise").collect()


def test_for_each_counts_too(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_items(ROWS, partitions=2).for_each(inverse, on_error="skip")
    assert flow.skipped == {"for_each": 3}


def test_a_row_that_cannot_be_compared_with_itself_is_still_its_record(engine: Lab) -> None:
    flow = engine.flow()
    flow.from_items(["x", None, "3"]).map(int, on_error="collect", name="number").collect()
    assert [(error.step, error.row, type(error.error)) for error in flow.errors] == [
        ("number", "x", ValueError),
        ("number", None, TypeError),
    ]


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_dead_letters_are_json_whatever_the_row(engine: Lab, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"letters.jsonl{suffix}"
    rows = ["\ud800", {1, 2}, 2**70, (1, "é"), float("nan"), [float("inf")], b"\xff", {(1, 2): 3}, Mute(), None]

    def fail(row: Any) -> Any:
        raise ValueError("\udfff" if row is None else "é")

    flow = engine.flow(on_error=path)
    assert flow.from_items(rows, partitions=3).map(fail).collect() == []
    lines = gr.Flow(engine="inline").read_text(path).collect()
    letters = [json.loads(line) for line in lines]
    assert [letter["row"] for letter in letters] == [
        "\ud800", "{1, 2}", 2**70, [1, "é"], "nan", "[inf]", "b'\\xff'", "{(1, 2): 3}",
        "<Mute whose repr raises RuntimeError>", None,
    ]  # fmt: skip
    assert {letter["error"] for letter in letters} == {"ValueError: é", "ValueError: \udfff"}
    assert not [line for line in lines if "NaN" in line or "Infinity" in line], "no JSON has them"


def test_a_key_of_min_and_max_is_a_function_of_one_row(engine: Lab) -> None:
    flow = engine.flow(on_error="skip")
    rows = flow.from_items(ROWS, partitions=3)
    assert (rows.max(inverse), flow.skipped) == (1, {"max": 3})
    assert (rows.min(inverse), flow.skipped) == (10, {"min": 3})
    with pytest.raises(ValueError, match=r"max\(\) of an empty dataset"):
        flow.from_items([0, 0]).max(inverse)
    with pytest.raises(ZeroDivisionError):
        engine.flow().from_items(ROWS).min(inverse)


def test_one_row_too_many_is_one_row(engine: Lab) -> None:
    flow = engine.flow(on_error="skip", max_errors=0)
    with pytest.raises(gr.GlowrayError, match=r"^1 row failed, more than max_errors=0 allows\n  map: "):
        flow.from_items([0]).map(inverse).collect()
