"""Test that merging sorted runs equals sorting all their rows, with any part of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.sort.run_merge import merged, merged_blocks
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from tests.kernels.ordering import keys, outcome, pairs_of, sorted_rows
from tests.oracle.exact import assert_rows


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[list[Any]], bool, bool] | None:
    """Draw sorted runs of (key, row) pairs or of rows. Return None if their keys cannot be ordered."""
    keyed, reverse = draw(st.booleans()), draw(st.booleans())
    drawn = draw(keys)
    rows = pairs_of(drawn) if keyed else drawn
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    parts = [rows[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    try:
        sorted_rows(rows, keyed, reverse)
        return [sorted_rows(part, keyed, reverse) for part in parts], keyed, reverse
    except TypeError:
        return None


@given(runs(), st.booleans(), st.sampled_from([1, 200, 1 << 20]))
def test_merged_blocks(drawn: tuple[list[list[Any]], bool, bool] | None, strip: bool, size: int) -> None:
    if drawn is None:
        return
    parts, keyed, reverse = drawn
    ordered = sorted_rows([row for part in parts for row in part], keyed, reverse)
    blocks = [Block.from_rows(part) for part in parts]
    got = outcome(lambda: merged_blocks(blocks, keyed, reverse, strip, size))
    assert_rows(got, [row for _, row in ordered] if keyed and strip else ordered)


@given(runs(), st.integers(1, 5), st.sampled_from([1, 200]))
def test_runs_in_pieces_of_other_shapes(drawn: Any, rows: int, size: int) -> None:
    if drawn is None:
        return
    parts, keyed, reverse = drawn
    cut = [[Chunk.from_rows(part[at : at + rows]) for at in range(0, len(part), rows)] for part in parts]
    got = outcome(lambda: merged(cut, keyed, reverse, size=size))
    assert_rows(got, sorted_rows([row for part in parts for row in part], keyed, reverse))


def test_runs_are_read_as_they_are_needed() -> None:
    asked: list[str] = []

    def run(name: str, start: int) -> Iterator[Chunk]:
        for place in range(100):
            asked.append(name)
            yield Chunk.from_rows([start + place])

    made = merged([run("low", 0), run("high", 1000)], False, False, size=16)
    first = [row for _, block in zip(range(50), made, strict=False) for row in block.rows()]
    assert first == list(range(50))
    assert asked.count("high") <= 2
    assert asked.count("low") < 60
