"""Test rows from few columns, and the way back to their other columns."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from glowray.kernels.loops.pruned_records import PrunedBlock, pruned_blocks
from glowray.rows import Block


def blocks(rows: list[dict[str, int]], sizes: list[int], names: str) -> Iterator[Block | list[object]]:
    start = 0
    for size in [*sizes, len(rows)]:
        yield Block.from_rows([{name: row[name] for name in names} for row in rows[start : start + size]])
        start += size


@given(
    count=st.integers(0, 20),
    few=st.lists(st.integers(0, 7), max_size=4),
    whole=st.lists(st.integers(0, 7), max_size=4),
    data=st.data(),
)
def test_whole_rows_stand_where_the_few_columns_do(
    count: int, few: list[int], whole: list[int], data: st.DataObject
) -> None:
    rows = [{"a": number, "b": -number} for number in range(count)]
    place = 0
    for block in pruned_blocks(blocks(rows, few, "a"), blocks(rows, whole, "ab")):
        assert isinstance(block, PrunedBlock)
        assert block.rows() == [{"a": row["a"]} for row in rows[place : place + len(block)]]
        start = 0
        while start < len(block) and data.draw(st.booleans()):
            stop = data.draw(st.integers(start, len(block)))
            assert block.whole(start, stop).rows() == rows[place + start : place + stop]
            start = stop
        place += len(block)
    assert place == count


def test_nothing_is_read_twice_while_nobody_asks() -> None:
    def forbidden() -> Iterator[Block | list[object]]:
        raise AssertionError("all columns were read")
        yield []

    found = list(pruned_blocks(iter([Block.from_rows([{"a": 1}])]), forbidden()))
    assert [block.rows() for block in found if isinstance(block, Block)] == [[{"a": 1}]]


def test_lists_of_whole_rows_stay_lists_and_count_as_rows() -> None:
    few = iter([[{"a": 0, "b": 0}], Block.from_rows([{"a": 1}, {"a": 2}])])
    every = iter([Block.from_rows([{"a": n, "b": n} for n in range(3)])])
    first, block = pruned_blocks(few, every, lists_are_whole=True)
    assert first == [{"a": 0, "b": 0}]
    assert isinstance(block, PrunedBlock) and block.whole(1, 2).rows() == [{"a": 2, "b": 2}]
