"""Test that files which the tasks cannot reach are found before the first task."""

from __future__ import annotations

import os
import pickle
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

import glowray as gr
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Done, Task
from glowray.io.filesystem.chosen import chosen
from glowray.resources import Resources

T = TypeVar("T")


class TwoNodes(InlineEngine):
    """An engine that asks two nodes. The second sees no file below the folder `hidden`."""

    is_here = False

    def __init__(self, hidden: Path) -> None:
        self.hidden, self.asked, self.tasks = hidden, 0, 0

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for done in super().run(tasks):
            self.tasks += 1
            yield done

    def ask_nodes(self, question: Callable[[], T], needs: Resources) -> list[tuple[str, T]]:
        self.asked += 1
        question = pickle.loads(pickle.dumps(question))
        seen, aside = question(), self.hidden.with_name("aside")
        self.hidden.rename(aside)
        try:
            return [("10.0.0.1", seen), ("10.0.0.2", question())]
        finally:
            aside.rename(self.hidden)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    (made / "a.txt").write_text("a\nb\n")
    return made


def test_an_input_that_a_node_lacks(folder: Path) -> None:
    engine = TwoNodes(folder)
    data = gr.Flow(engine=engine).read_text(folder / "a.txt").map(str.upper)
    with pytest.raises(gr.GlowrayError) as caught:
        data.collect()
    assert f'read_text("{folder}/a.txt"): "{folder}/a.txt" cannot be seen on the node 10.0.0.2: put it' in str(
        caught.value
    )
    assert engine.tasks == 0


def test_an_output_that_a_node_lacks(folder: Path) -> None:
    engine = TwoNodes(folder)
    with pytest.raises(gr.GlowrayError, match=rf'"{folder}/out.* cannot be seen on the node 10\.0\.0\.2'):
        gr.Flow(engine=engine).from_items([1]).write_text(folder / "out")
    assert engine.tasks == 0 and os.listdir(folder) == ["a.txt"]


def test_files_that_all_nodes_see(folder: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "other"
    hidden.mkdir()
    engine = TwoNodes(hidden)
    assert gr.Flow(engine=engine).read_text(folder / "a.txt").collect() == ["a", "b"]
    assert engine.asked == 1


def test_no_node_is_asked_about_rows_of_the_driver(folder: Path) -> None:
    engine = TwoNodes(folder)
    assert gr.Flow(engine=engine).from_items([1, 2]).collect() == [1, 2]
    assert engine.asked == 0


@pytest.mark.parametrize("write", [False, True])
def test_memory_is_no_place_for_other_processes(folder: Path, write: bool) -> None:
    place = chosen(f"memory://{uuid.uuid4().hex}/a")
    with place.files.open_output(place.path) as file:
        file.write(b"x\n")
    engine = TwoNodes(folder)
    flow = gr.Flow(engine=engine)
    act: Any = flow.from_items([1]).write_text if write else lambda path: flow.read_text(path).collect()
    with pytest.raises(ValueError, match=r'"memory://.* only this process .* engine="inline"'):
        act(place.path if not write else f"{place.path}-out")
    assert engine.tasks == 0


def test_the_automatic_engine_stays_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GLOWRAY_ENGINE", "GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    place = chosen(f"memory://{uuid.uuid4().hex}/a")
    with place.files.open_output(place.path) as file:
        file.write(b"x\n")
    data = gr.Flow().read_text(place.path)
    assert data.collect() == ["x"] and "is in the memory of this process" in data.explain()
