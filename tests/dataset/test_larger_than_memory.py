"""Sorts of many times the memory that their tasks may take: through files, to the same rows in the same order."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.engine.inline import HELD
from tests.engine.doubles import Lab

MEMORY = 1 << 20
LINES = 120_000


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of seven megabytes: keys of few values, so that order among equal ones shows."""
    generator = random.Random(3)
    path = tmp_path_factory.mktemp("lines") / "lines.txt"
    path.write_text("".join(f"{generator.randrange(5000):05}{n:050}\n" for n in range(LINES)))
    return path


class Weight:
    """A key that only Python compares."""

    def __init__(self, line: str) -> None:
        self.number = int(line[:5])

    def __lt__(self, other: Weight) -> bool:
        return self.number < other.number


def by_first(line: str) -> str:
    return line[:5]


@pytest.mark.parametrize("reverse", [False, True])
def test_lines_by_a_key(engine: Lab, lines: Path, tmp_path: Path, reverse: bool) -> None:
    flow = engine.flow(memory=MEMORY)
    rows = flow.read_text(str(lines), partitions=3).sort(key=by_first, reverse=reverse)
    rows.write_text(str(tmp_path / "sorted"))
    written = b"".join(part.read_bytes() for part in sorted((tmp_path / "sorted").glob("part-*")))
    wanted = sorted(lines.read_text().splitlines(keepends=True), key=by_first, reverse=reverse)
    assert written.decode() == "".join(wanted)
    assert sum(stage.spill for stage in flow.stats.stages) > lines.stat().st_size


def test_one_partition_and_objects_as_keys(engine: Lab, lines: Path) -> None:
    flow = engine.flow(memory=MEMORY // 4)
    numbered = flow.read_text(str(lines), partitions=1).limit(6000).map(lambda line: (line, {1, line[-1]}))
    got = numbered.sort(key=lambda line, _: Weight(line)).collect()
    first = lines.read_text().splitlines()[:6000]
    assert got == [(line, {1, line[-1]}) for line in sorted(first, key=by_first)]
    assert sum(stage.spill for stage in flow.stats.stages) > 0


def test_blocks_of_this_process_go_when_nobody_needs_them(lines: Path) -> None:
    before = HELD.nbytes
    rows = gr.Flow(engine="inline", memory=MEMORY).read_text(str(lines), partitions=3).sort().cache()
    assert rows.count() == LINES
    assert HELD.nbytes - before <= MEMORY
    assert rows.first() == min(lines.read_text().splitlines())
    rows.uncache()
    del rows
    assert HELD.nbytes <= before


def test_a_full_disk_fails_the_job_and_writes_nothing(
    lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk() -> Any:
        return open("/dev/full", "w+b", 0)

    monkeypatch.setattr("glowray.io.spill._new_file", full_disk)
    rows = gr.Flow(engine="inline", memory=MEMORY).read_text(str(lines), partitions=2).sort(key=by_first)
    with pytest.raises(OSError, match=r"No space left on device, while rows .* set TMPDIR") as caught:
        rows.write_text(str(tmp_path / "sorted"))
    assert "sort" in "".join(caught.value.__notes__)
    assert not os.path.exists(tmp_path / "sorted")
