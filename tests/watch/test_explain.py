"""explain(): the plan as it was written, the stages as they will run."""

from __future__ import annotations

import itertools

import pytest

import glowray as gr


@pytest.fixture
def flow() -> gr.Flow:
    return gr.Flow("job", engine="inline")


def plan(text: str) -> list[str]:
    lines = text.splitlines()
    return lines[lines.index("plan") + 1 : lines.index("stages")]


def stages(text: str) -> list[str]:
    lines = text.splitlines()
    indented = itertools.takewhile(lambda line: line.startswith("  "), lines[lines.index("stages") + 1 :])
    return [" ".join(line.split()) for line in indented]


def test_a_chain(flow: gr.Flow) -> None:
    text = flow.from_range(4, partitions=2).map(abs).filter(bool, name="not zero").top(1, reverse=True).explain()
    assert text.splitlines()[0] == "job"
    assert plan(text) == ["  from_range(0, 4)", "  map(abs)", "  filter(not zero)", "  top(1, reverse)"]
    assert stages(text) == ["1 from_range→map→filter→top 2 partitions", "2 top 1 partition reads 1 (gather)"]
    assert text.splitlines()[-1] == "engine  inline (asked for)"


def test_several_inputs(flow: gr.Flow) -> None:
    left = flow.from_items([("a", 1)], partitions=1)
    text = left.map_values(str).join(left, how="left").explain()
    assert plan(text) == ["  - from_items(1 rows)  [a]", "    map_values(str)", "  - [a]", "  join(left)"]
    assert stages(text)[-1].endswith("reads 1 (shuffle), 2 (shuffle)")


def test_a_shared_upstream_is_a_stage_of_its_own(flow: gr.Flow) -> None:
    shared = flow.from_range(3, partitions=1).map(str)
    assert stages(shared.union(shared.map(int)).explain())[0] == "1 from_range→map 1 partition"


def test_a_filled_cache_is_read(flow: gr.Flow) -> None:
    kept = flow.from_range(3, partitions=2).map(str).cache()
    assert len(stages(kept.map(int).explain())) == 2
    kept.count()
    assert stages(kept.map(int).explain()) == ["1 cache→map 2 partitions"]
    kept.uncache()
    assert len(stages(kept.map(int).explain())) == 2


def test_a_lambda_is_named_by_its_line(flow: gr.Flow) -> None:
    text = flow.from_range(3).map(lambda n: n).explain()
    (line,) = (line for line in plan(text) if "map" in line)
    assert line == f"  map(λ:{test_a_lambda_is_named_by_its_line.__code__.co_firstlineno + 1})"
