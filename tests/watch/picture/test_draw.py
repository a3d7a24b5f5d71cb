"""Test that pictures in every format are written whole or not at all, and that nothing in them overlaps."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.watch.plans import PLANS, chain, word_count

pytest.importorskip("pygraphviz", reason="its wheel needs libraries of the system (GLib)", exc_type=ImportError)

from pygraphviz import AGraph


@pytest.mark.parametrize("plan", PLANS)
def test_boxes_and_nodes_do_not_overlap(plan: str) -> None:
    drawn = AGraph(string=PLANS[plan]().plot())
    drawn.layout(prog="dot")
    frames = []
    for node in drawn.nodes():
        x, y = map(float, node.attr["pos"].split(","))
        width, height = float(node.attr["width"]) * 36, float(node.attr["height"]) * 36
        frames.append((x - width, y - height, x + width, y + height))
    boxes = [tuple(map(float, box.graph_attr["bb"].split(","))) for box in drawn.subgraphs() if box.name]
    boxes = [box for box in boxes if len(box) == 4]
    assert not [pair for pair in itertools.combinations(frames, 2) if overlap(*pair)]
    assert not [pair for pair in itertools.combinations(boxes, 2) if overlap(*pair)]


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("length", [1, 3, 12, 13, 14, 26, 27, 40, 65])
def test_a_long_chain_is_no_tower(length: int) -> None:
    drawn = AGraph(string=chain(length).plot())
    drawn.layout(prog="dot")
    heights = {float(node.attr["pos"].split(",")[1]) for node in drawn.nodes()}
    assert len(drawn.nodes()) == length
    assert len(heights) <= 13


@pytest.mark.parametrize("plan", PLANS)
def test_an_svg_is_xml_with_the_names_in_it(plan: str, tmp_path: Path) -> None:
    assert PLANS[plan]().plot(tmp_path / "plan.svg") is None
    text = "".join(ElementTree.parse(tmp_path / "plan.svg").getroot().itertext())
    assert "stage 1 · " in text
    assert [path.name for path in tmp_path.iterdir()] == ["plan.svg"]


def test_a_png(tmp_path: Path) -> None:
    word_count().plot(str(tmp_path / "plan.PNG"))
    assert (tmp_path / "plan.PNG").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_dot_and_mermaid_need_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    rows = word_count()
    rows.plot(tmp_path / "plan.dot")
    assert (tmp_path / "plan.dot").read_text() == rows.plot()
    rows.plot(tmp_path / "plan.mmd")
    assert 's1b0n3 ==>|"shuffle"| s2b0n0' in (tmp_path / "plan.mmd").read_text()
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"glowray\[plot\]\""):
        rows.plot(tmp_path / "plan.svg")
    assert not (tmp_path / "plan.svg").exists()


def test_mermaid_text_cannot_break_out_of_its_quotes(tmp_path: Path) -> None:
    PLANS["quoted"]().plot(tmp_path / "plan.mmd")
    (line,) = [line for line in (tmp_path / "plan.mmd").read_text().splitlines() if "map(" in line]
    assert line.count('"') == 2
    assert "<" not in line and "`" not in line


@pytest.mark.parametrize("name", ["plan.pdf", "plan", ".svg", "plan.svg.txt"])
def test_another_suffix(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"draws \.dot, \.svg, \.png, \.mmd, not "):
        word_count().plot(tmp_path / name)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        word_count().plot(tmp_path / "none" / "plan.dot")


def test_a_notebook_shows_the_plan_drawn_and_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = word_count()
    shown = rows._repr_mimebundle_()
    assert shown["image/svg+xml"] == rows._repr_svg_()
    assert shown["text/plain"] == repr(rows)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert rows._repr_svg_() is None
    shown = rows._repr_mimebundle_()
    assert "image/svg+xml" not in shown and "reduce_by_key(add)" in shown["text/html"]
