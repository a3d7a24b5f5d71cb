"""Test that the rows that a task keeps stay the same and in order, in memory or in a file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.kernels.base.output_buffer import Kept
from glowray.rows import Block
from tests.effort import examples
from tests.oracle.exact import assert_rows
from tests.rows.hostile import values


@settings(max_examples=examples(100))
@given(st.lists(st.tuples(st.integers(0, 2), st.lists(values, min_size=1))), st.sampled_from([-1, 200, 1 << 20]))
def test_the_same_rows(given_blocks: list[tuple[int, list[Any]]], limit: int) -> None:
    kept = Kept(limit)
    wanted: list[list[Any]] = [[], [], []]
    for receiver, rows in given_blocks:
        kept.add(receiver, Block.from_rows(rows))
        wanted[receiver] += rows
    for receiver in range(3):
        assert_rows(kept.block(receiver).rows(), wanted[receiver])
        assert_rows([row for block in kept.blocks(receiver) for row in block.rows()], wanted[receiver])
    assert kept.spilled or limit >= 0 or not given_blocks


def test_rows_that_are_in_a_file_already_stay_there() -> None:
    first, second = Kept(0), Kept(0)
    first.add(0, Block.from_rows(["a" * 1000, "b"]))
    second.add(0, first.block(0).slice(0, 1))
    assert second.spilled == 0
    assert second.block(0).rows() == ["a" * 1000]


def test_rows_that_cannot_be_pickled_stay_in_memory() -> None:
    kept = Kept(0)
    rows = [(n for n in ())]
    kept.add(0, Block.from_rows(["a"]))
    kept.add(0, Block.from_rows(rows))
    kept.add(0, Block.from_rows(["b"]))
    with pytest.raises(TypeError, match="generator"):
        _ = kept.block(0).nbytes
    kept.keep(lambda blocks: blocks[-1:])
    assert kept.block(0).rows() == ["a", "b"]


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk() -> Any:
        return open("/dev/full", "w+b", 0)

    monkeypatch.setattr("glowray.io.spill._new_file", full_disk)
    with pytest.raises(OSError, match="set TMPDIR"):
        Kept(0).add(0, Block.from_rows(["a"]))
