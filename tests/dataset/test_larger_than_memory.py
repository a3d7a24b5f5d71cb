"""Test sorts and groups much larger than the memory of their tasks: through files, to the same rows in order."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.engine.inline import HELD
from tests.engine.doubles import Lab

pytestmark = pytest.mark.slow

MEMORY = 1 << 20
LINES = 120_000


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a text of seven megabytes. It has few distinct keys, so the order of equal keys matters."""
    generator = random.Random(3)
    path = tmp_path_factory.mktemp("lines") / "lines.txt"
    path.write_text("".join(f"{generator.randrange(5000):05}{n:050}\n" for n in range(LINES)))
    return path


class Weight:
    """A key that only Python can compare."""

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


def hot(line: str) -> tuple[int, str]:
    """Return the line with a key. Most lines share a few keys."""
    number = int(line[5:])
    return (number & -number).bit_length() // 3, line


def twice(values: Sequence[str]) -> tuple[int, int, str, str, str]:
    """Return facts for which the values must be read several times, and some of them by position."""
    assert sum(map(len, values)) == sum(map(len, values))
    return len(values), sum(int(value[:5]) for value in values), values[0], values[-1], values[len(values) // 2]


def expected(text: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for line in text.splitlines():
        key, value = hot(line)
        found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("partitions", [1, 3])
def test_groups_of_hot_keys(engine: Lab, lines: Path, partitions: int) -> None:
    flow = engine.flow(memory=MEMORY)
    groups = flow.read_text(str(lines), partitions=partitions).map(hot).group_by_key()
    wanted = expected(lines.read_text())
    assert groups.map_values(twice).to_dict() == {key: twice(values) for key, values in wanted.items()}
    assert sum(stage.spill for stage in flow.stats.stages) > lines.stat().st_size
    kinds = groups.map_values(lambda values: (type(values).__name__, len(values))).values().to_dict()
    assert set(kinds) == {"Group", "list"}
    assert groups.filter(lambda key, values: len(values) > 9).keys().count() == len(wanted) - 1
    every = groups.flat_map_values(lambda values: values).values().collect()
    assert sorted(every) == sorted(lines.read_text().splitlines())


def test_groups_travel(engine: Lab, lines: Path) -> None:
    flow = engine.flow(memory=MEMORY)
    groups = flow.read_text(str(lines), partitions=2).map(hot).group_by_key()
    wanted = expected(lines.read_text())
    assert {key: list(values) for key, values in groups.collect()} == wanted
    assert {key: list(values) for key, values in groups.partition_by_key(3).collect()} == wanted
    by_size = groups.sort(key=lambda key, values: len(values)).cache()
    for _ in range(2):
        assert [len(values) for values in by_size.values().collect()] == sorted(map(len, wanted.values()))
    assert list(by_size.map(lambda key, values: values[1:]).collect()[-1]) == wanted[0][1:]


def test_sides_of_a_co_group(engine: Lab, lines: Path) -> None:
    flow = engine.flow(memory=MEMORY)
    left = flow.read_text(str(lines), partitions=3).map(hot)
    right = left.map_values(lambda line: {line}).filter(lambda key, _: key < 2)
    found = left.co_group(right).map_values(gr.whole(lambda sides: [[len(side), side[:1]] for side in sides])).collect()
    assert {key: [[count, list(first)] for count, first in sides] for key, sides in found} == {
        key: [[len(values), values[:1]], [len(values), [{values[0]}]] if key < 2 else [0, []]]
        for key, values in expected(lines.read_text()).items()
    }


PEAK = """
import threading, glowray as gr
def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) >> 10
flow = gr.Flow(engine="inline", memory=8 << 20)
def job(count):
    JOB
small = job(1000)
before = peak = anonymous()
done = threading.Event()
def watch():
    global peak
    while not done.wait(0.01):
        peak = max(peak, anonymous())
watching = threading.Thread(target=watch)
watching.start()
print(job(COUNT))
done.set()
watching.join()
print(peak - before)
"""


def peak_of(job: str, count: int) -> tuple[str, int]:
    """Return what a job prints, and the megabytes that it takes above those of a small job."""
    script = PEAK.replace("COUNT", str(count)).replace("JOB", job)
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    rows, peak = found.stdout.splitlines()
    return rows, int(peak)


@pytest.mark.parametrize("make", ["'%0200d' % n", "{'%0200d' % n}"], ids=["texts", "objects"])
def test_a_group_takes_memory_that_does_not_grow_with_it(make: str) -> None:
    count = 1_000_000
    look = "gr.whole(lambda values: (len(values), len(values[-1]), sum(1 for _ in values)))"
    pairs = f"flow.from_range(count, partitions=4).map(lambda n: ('k', {make}))"
    rows, peak = peak_of(f"return {pairs}.group_by_key().map_values({look}).collect()", count)
    assert rows == f"[('k', ({count}, {1 if '{' in make else 200}, {count}))]"
    assert peak < 100, "megabytes, of a group of 200"


@pytest.mark.parametrize(
    "verb",
    ["partition_by_key(2)", "group_by_key().flat_map_values(list)", "sort(key=lambda key, _: key)"],
)
@pytest.mark.parametrize(
    "make",
    [
        "map(lambda n: (n, chr(97 + n % 9) * 10_000 + str(n)))",
        "map_partitions(lambda rows: ((n, {n: 'a' * 10_000 + str(n)}) for n in rows))",
    ],
    ids=["texts", "objects"],
)
def test_rows_of_10_kb_take_the_memory_of_a_task(make: str, verb: str) -> None:
    """A morsel is bounded by its bytes: 16,384 of these rows would be 160 MB."""
    rows, peak = peak_of(f"return flow.from_range(count, partitions=2).{make}.{verb}.map(len).count()", 20_000)
    assert rows == "20000"
    assert peak < 100, "megabytes, of rows of 200"
