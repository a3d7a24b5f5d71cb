"""Test that mapped pages, and no others, are dropped from memory."""

from __future__ import annotations

import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from glowray.io.resident import let_go
from glowray.io.spill import mapped
from glowray.rows import Block

TEXTS = [f"{n:0100}" for n in range(20_000)]
OBJECTS = [{text} for text in TEXTS]


def resident(address: int) -> int:
    """Return the kilobytes in memory of the mapping at an address."""
    found = 0
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and words[0][-1] != ":":
            first, last = (int(part, 16) for part in words[0].split("-"))
            inside = first <= address < last
        elif inside and words[0] == "Rss:":
            found = int(words[1])
    return found


@pytest.mark.parametrize("rows", [TEXTS, OBJECTS], ids=["typed", "pickled"])
def test_pages_of_a_file(rows: list[object]) -> None:
    block, _ = mapped(Block.from_rows(rows))
    assert block.rows() == rows
    (chunk,) = block.chunks
    data = chunk.columns[0].source if rows is OBJECTS else chunk.message
    place = pa.py_buffer(data).address + (1 << 20)
    before = resident(place)
    let_go(block)
    assert resident(place) < before / 4
    assert block.rows() == rows


def test_memory_of_this_process_stays() -> None:
    block = Block.from_rows(TEXTS)
    copy = pickle.loads(pickle.dumps(block))
    let_go(block)
    let_go(copy)
    assert block.rows() == copy.rows() == TEXTS
