"""Inputs for tests of sort, merge and top: keys of every kind, in morsels of every kind."""

from __future__ import annotations

import datetime as dt
from collections import namedtuple
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from glowray.kernels.base.morsels import as_rows
from glowray.kernels.sort.key_order import total
from glowray.rows import Block

Named = namedtuple("Named", "a b")

_numbers = st.sampled_from(
    [0, 1, True, -1, 2**63, 2**53 + 1, 0.5, -0.0, 0.0, float("inf"), float("nan"), float("-inf")]
)
_floats = st.sampled_from([0.0, -0.0, 1.5, -1.5, float("nan"), float("inf"), -float("nan")])
_texts = st.text("ab\0é", max_size=10)

KEYS: list[st.SearchStrategy[Any]] = [
    _numbers,
    _floats,
    _texts,
    st.integers(-2, 2),
    st.binary(max_size=3),
    st.dates(dt.date(2000, 1, 1), dt.date(2000, 1, 3)),
    st.sampled_from([Decimal("1.0"), Decimal("1.00"), Decimal("NaN"), Decimal(2)]),
    st.tuples(_floats, _texts),
    st.tuples(st.integers(0, 1), _numbers),
    st.builds(Named, st.integers(0, 1), _floats),
    st.lists(st.integers(0, 1), max_size=2),
    st.one_of(st.none(), st.integers(0, 2)),  # keys that can only sometimes be compared
    st.one_of(_texts, st.integers(0, 2)),
]

keys = st.sampled_from(KEYS).flatmap(lambda kind: st.lists(kind, max_size=24))


def pairs_of(drawn: list[Any]) -> list[tuple[Any, Any]]:
    """Return rows (key, value) that all differ. Some values fit into columns, some do not."""
    return [(key, (place, "row") if place % 3 else (place, None)) for place, key in enumerate(drawn)]


@st.composite
def morsels(draw: st.DrawFn, rows: list[Any]) -> list[Any]:
    """Return the rows in morsels: blocks, lists and lazy iterables."""
    pieces: list[Any] = []
    start = 0
    while start < len(rows):
        stop = start + draw(st.integers(1, 9))
        piece = rows[start:stop]
        pieces.append(draw(st.sampled_from([Block.from_rows(piece), piece, _Lazy(piece)])))
        start = stop
    return pieces


class _Lazy:
    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)


def outcome(run: Callable[[], Any]) -> Any:
    """Return the rows, or the type of the error."""
    try:
        return [row for morsel in as_rows(iter(run())) for row in morsel]
    except TypeError as error:
        return type(error)


def sorted_rows(rows: list[Any], keyed: bool, reverse: bool) -> list[Any]:
    """Return the rows sorted by sorted(), with NaN last. This is the definition of sort."""
    return sorted(rows, key=lambda row: total(row[0] if keyed else row, reverse), reverse=reverse)
