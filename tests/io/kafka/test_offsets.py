"""Test that offsets are cut into slices: each offset once, in order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import OffsetsGone
from glowray.io.kafka.offsets import OffsetRange, cut, wanted_ranges

LIMITS = {0: (0, 9), 1: (5, 7), 2: (3, 3)}
RANGES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40)), max_size=5).map(
    lambda pairs: [OffsetRange(number, start, start + length) for number, (start, length) in enumerate(pairs)]
)


@given(RANGES, st.none() | st.integers(1, 9), st.integers(1, 10))
def test_each_offset_is_in_one_slice(ranges: list[OffsetRange], count: int | None, size: int) -> None:
    slices = cut(ranges, count, size)
    offsets = [[(each.partition, at) for each in own for at in range(each.start, each.end)] for own in slices]
    assert [at for own in offsets for at in own] == [
        (each.partition, at) for each in ranges for at in range(each.start, each.end)
    ]
    assert len(slices) >= 1 and all(each.start < each.end for own in slices for each in own)
    if count is None:
        assert max(map(len, offsets)) <= size and all(len(own) <= 1 for own in slices)
    else:
        assert len(slices) == count and max(map(len, offsets)) - min(map(len, offsets)) <= 1


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("earliest", None, [(0, 9), (5, 7), (3, 3)]),
        ("latest", None, [(9, 9), (7, 7), (3, 3)]),
        ({0: 4}, None, [(4, 9), (5, 7), (3, 3)]),
        ({0: 4, 1: 6}, {0: 4, 1: 7, 2: 3}, [(4, 4), (6, 7), (3, 3)]),
    ],
)
def test_wanted(start: Any, end: Any, found: list[tuple[int, int]]) -> None:
    assert [(each.start, each.end) for each in wanted_ranges("t", LIMITS, start, end)] == found


@pytest.mark.parametrize(
    ("start", "end", "kind", "message"),
    [
        (
            {1: 2},
            None,
            OffsetsGone,
            'topic "t", partition 1: the offsets 2 to 4 are gone, the first is now 5',
        ),
        ({0: 10}, None, ValueError, 'topic "t", partition 0: offsets 10 to 9 were asked for, and it has 0 to 9'),
        ({0: -1}, None, ValueError, "partition 0: offsets -1 to 9 were asked for"),
        ("earliest", {0: 10}, ValueError, "partition 0: offsets 0 to 10 were asked for"),
        ({0: 5}, {0: 4}, ValueError, "partition 0: offsets 5 to 4 were asked for"),
        ({7: 5}, None, ValueError, 'topic "t" has no partition 7'),
        ("earliest", {8: 5}, ValueError, 'topic "t" has no partition 8'),
    ],
)
def test_offsets_that_are_not_there(start: Any, end: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        wanted_ranges("t", LIMITS, start, end)
