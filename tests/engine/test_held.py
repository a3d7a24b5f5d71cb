"""Test that the memory of blocks is counted once per buffer, and only while they live."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glowray.engine.block_store import Held, default_limit
from glowray.rows import Block
from tests.oracle.exact import assert_rows
from tests.rows import hostile

LARGE = 1 << 40


def test_a_part_of_a_block_holds_nothing_more() -> None:
    held = Held()
    block, _ = held.kept(Block.from_rows(list(range(10_000))), LARGE)
    size = held.nbytes
    assert size >= 80_000
    part, _ = held.kept(block.slice(100, 200), LARGE)
    assert held.nbytes == size
    del block
    assert held.nbytes == size  # the part still needs the buffer
    del part
    assert held.nbytes == 0


def test_what_is_over_the_limit_is_on_disk_and_so_are_its_parts() -> None:
    held = Held()
    first, none = held.kept(Block.from_rows(list(range(1000))), 10_000)
    rows = [f"{n:08}" for n in range(1000)]
    second, size = held.kept(Block.from_rows(rows), 10_000)
    assert none == 0
    assert size > 8_000
    before = held.nbytes
    part, nothing = held.kept(second.slice(10, 20), 0)
    assert nothing == 0
    assert held.nbytes == before
    del second
    assert part.rows() == rows[10:20]
    del first, part
    assert held.nbytes == 0


@given(st.lists(hostile.rows, min_size=1, max_size=4), st.integers(0, 300))
def test_rows_are_the_same_wherever_they_are(several: list[list[object]], limit: int) -> None:
    held = Held()
    blocks = [Block.from_rows(rows) for rows in several]
    kept = [held.kept(block, limit)[0] for block in blocks]
    for block, same in zip(blocks, kept, strict=True):
        assert_rows(same.rows(), block.rows())
    assert held.nbytes <= limit or limit == 0


def test_there_is_a_limit() -> None:
    assert default_limit() > 1 << 20
