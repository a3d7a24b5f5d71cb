"""Random keys of all kinds, many of which are equal to others, and their hashes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from glowray.rows import Block
from tests.rows.hostile import (
    NEW_YORK,
    Bits,
    Color,
    Frozen,
    Level,
    MyInt,
    MyStr,
    OtherFrozen,
    Point,
    Word,
)

numbers = st.one_of(
    st.integers(),
    st.integers(-3, 3),
    st.integers(2**61 - 3, 2**61 + 1),
    st.floats(),
    st.integers(-4, 4).map(float),
    st.booleans(),
    st.integers(-3, 3).map(Decimal),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.complex_numbers(allow_nan=False),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.floats(width=32).map(np.float32),
    st.sampled_from([MyInt(2), Level.LOW, np.bool_(True), np.uint8(3), np.float64(2.5), np.longdouble(0.5),
    Decimal("NaN"), -0.0, 2**63]),
)  # fmt: skip


times = st.one_of(
    st.dates(), st.datetimes(), st.times(), st.timedeltas(),
    st.datetimes(timezones=st.sampled_from([dt.UTC, NEW_YORK, ZoneInfo("Europe/Berlin")])),
    st.timedeltas(dt.timedelta(-3), dt.timedelta(3)),
    st.sampled_from([np.datetime64("2024-01-01"), np.datetime64("2024-01-01T00", "ns"),
    dt.datetime(2024, 1, 1), np.timedelta64(1, "s"), dt.timedelta(seconds=1), np.datetime64("2024-01", "M"),
    np.datetime64("NaT"),
    np.timedelta64(12, "M"), np.timedelta64(1, "Y"), np.datetime64(5, "as"), dt.time(1, tzinfo=dt.UTC)]),
)  # fmt: skip


texts = st.one_of(
    st.text(), st.binary(), st.text(max_size=2), st.text("ab", min_size=500, max_size=530),
    st.sampled_from(["a", b"a", MyStr("a"), Word.A, np.str_("a"), np.bytes_(b"a"), "\ud800", "", b""]),
)  # fmt: skip


others = st.one_of(
    st.none(),
    st.uuids(),
    st.sampled_from([Color.RED, Color.BLUE, Bits.ONE, Bits.ONE | Bits.TWO]),
)


keys = st.recursive(
    st.one_of(numbers, times, texts, others),
    lambda key: st.one_of(
        st.lists(key, max_size=3).map(tuple),
        st.frozensets(key, max_size=3),
        st.builds(Point, key, key),
        st.builds(Frozen, key, st.lists(st.integers(), max_size=1)),
        st.builds(OtherFrozen, key),
    ),
    max_leaves=5,
)


typed_columns = st.sampled_from(
    [st.integers(-(2**63), 2**63 - 1), st.integers(-2, 2), st.floats(), st.booleans(), st.text(),
    st.text("ab", min_size=60, max_size=70), st.binary(),
     st.dates(), st.datetimes(), st.datetimes(timezones=st.just(dt.UTC)), st.times(), st.timedeltas(), st.uuids(),
     st.decimals(places=2, allow_nan=False)]
)  # fmt: skip


def nested(column: st.SearchStrategy[Any]) -> st.SearchStrategy[st.SearchStrategy[Any]]:
    return st.sampled_from(
        [
            column | st.none(),
            st.tuples(column, st.text()),
            st.tuples(column) | st.none(),
            st.builds(Point, column, column | st.none()),
            st.builds(Frozen, column, st.integers()),
            st.lists(column, max_size=3).map(tuple),
            st.tuples(st.builds(OtherFrozen, column) | st.none(), column),
        ]
    )


def hashes(batch: list[Any]) -> list[int]:
    return Block.from_rows([(key, index) for index, key in enumerate(batch)]).key_hashes().tolist()
