"""Test a flow: its settings, its sources, and its report on the last action."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import glowray as gr
from tests.engine.doubles import CountingEngine, Lab


def test_the_program_of_the_first_page(engine: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/etc/passwd").exists():
        pytest.fail("this system has no /etc/passwd")
    (
        engine.flow("word count")
        .read_text("/etc/passwd")
        .filter(lambda line: not line.startswith("#"))
        .flat_map(lambda line: line.split(":"))
        .map(lambda word: (word, 1))
        .reduce_by_key(lambda a, b: a + b)
        .top(10, key=lambda word, n: n)
        .show()
    )
    words: dict[str, int] = {}
    for line in Path("/etc/passwd").read_text().splitlines():
        for word in [] if line.startswith("#") else line.split(":"):
            words[word] = words.get(word, 0) + 1
    most = max(words.values())
    assert str(most) in capsys.readouterr().out.splitlines()[3]


def test_names(engine: Lab) -> None:
    flow = engine.flow("my job")
    assert flow.name == "my job"
    assert repr(flow) == "<Flow my job>"
    assert flow.from_items([1]).explain().splitlines()[0] == "my job"
    assert repr(flow.from_items([1, 2]).map(str)) == "<Dataset my job: map, 2 partitions>"


def test_default_partitions_follow_from_the_input_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = gr.Flow()
    counts = [flow.from_items(range(n)).num_partitions for n in (0, 1, 3, 8, 100, 10_000)]
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert counts == [flow.from_items(range(n)).num_partitions for n in (0, 1, 3, 8, 100, 10_000)]
    assert counts == [1, 1, 3, 8, 8, 8]


def test_a_flow_has_a_default_number_of_partitions(tmp_path: Path) -> None:
    flow = gr.Flow(partitions=5)
    path = tmp_path / "lines.txt"
    path.write_text("a\nb\n")
    assert flow.from_items(range(3)).num_partitions == 5
    assert flow.from_range(3).num_partitions == 5
    assert flow.read_text(path).num_partitions == 5
    assert flow.from_range(3, partitions=2).num_partitions == 2


def test_module_functions_share_a_flow() -> None:
    assert gr.from_items([1]).flow is gr.from_range(3).flow
    assert gr.from_items([1]).flow is not gr.Flow().from_items([1]).flow


def test_a_flow_stays_in_its_process() -> None:
    for thing in (gr.Flow(), gr.Flow().from_items([1])):
        with pytest.raises(TypeError, match="cannot be used inside a function"):
            pickle.dumps(thing)


def test_a_source_function_gets_its_partition(engine: Lab) -> None:
    rows = engine.flow().from_source(lambda index: [f"p{index}"] * index, partitions=3)
    assert rows.num_partitions == 3
    assert rows.collect() == ["p1", "p2", "p2"]


def test_ranges(engine: Lab) -> None:
    flow = engine.flow()
    for arguments in ((0,), (7,), (2, 9), (9, 2), (9, 2, -3), (2**70, 2**70 + 3), (-3, 3, 2)):
        assert flow.from_range(*arguments, partitions=3).collect() == list(range(*arguments))


def test_run_does_everything_in_one_pass(counting: CountingEngine) -> None:
    flow = gr.Flow(engine=counting)
    seen: list[object] = []
    shared = flow.from_range(6, partitions=3).map(lambda n: n * n)
    shared.output(seen.append)
    shared.filter(lambda n: n % 2).output(seen.append)
    assert flow.run() == [None, None]
    assert seen == [0, 1, 4, 9, 16, 25, 1, 9, 25]
    assert counting.tasks[1] == 3, "what both read ran once"
    assert flow.run() == [], "each output once"


def test_a_run_writes_and_feeds(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow()
    seen: list[int] = []
    rows = flow.from_range(4, partitions=2)
    rows.write_text(tmp_path / "out", defer=True)
    rows.map(lambda n: -n).output(seen.append)
    assert not (tmp_path / "out").exists()
    written, nothing = flow.run()
    assert (written.rows, nothing, seen) == (4, None, [0, -1, -2, -3])
    assert engine.flow().read_text(tmp_path / "out").collect() == ["0", "1", "2", "3"]


def test_a_run_that_fails_leaves_nothing(engine: Lab, tmp_path: Path) -> None:
    flow = engine.flow()
    flow.from_range(4, partitions=2).map(lambda n: 1 // (n - 3)).write_text(tmp_path / "out", defer=True)
    with pytest.raises(ZeroDivisionError):
        flow.run()
    assert list(tmp_path.iterdir()) == []


def test_counters(engine: Lab) -> None:
    seen = gr.counter("seen")

    def count(n: int) -> int:
        seen.add(n)
        return n

    flow = engine.flow()
    assert flow.from_items([1, 2, 3], partitions=2).map(count).collect() == [1, 2, 3]
    assert flow.counters["seen"] == 6
    assert flow.counters["never"] == 0
    flow.from_items([1]).collect()
    assert flow.counters["seen"] == 0


def test_a_broadcast_value(engine: Lab) -> None:
    table = gr.broadcast({n: n * n for n in range(1000)})
    assert engine.flow().from_items([3, 30], partitions=2).map(lambda n: table.value[n]).collect() == [9, 900]
