"""CSV is written many rows at a time: the same bytes, and the same errors, as row by row."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.csv_records import Dialect
from glowray.io.csv_sink import CsvEncoder, CsvSink


class Colour(enum.IntEnum):
    RED = 1


PLAIN = st.sampled_from([1, -7, 1.5, -0.0, True, "a", "b c", "é", 2**70, Decimal("1.10"), dt.date(2024, 1, 2)])
ODD = st.sampled_from(
    [None, "", ",", '"', "\r", "\n", "\ufeff", "{0}", "%s", "'", "a\x00", ";", "\ud800", Fraction(1, 3), 1 + 2j]
    + [dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC), dt.timedelta(1), UUID(int=7), np.float32(0.5), Colour.RED, [1], b"x"]
)


@given(
    width=st.integers(1, 3),
    data=st.data(),
    dialect=st.sampled_from([Dialect(), Dialect(";", "'"), Dialect("{"), Dialect("%"), Dialect("\\"), Dialect("é")]),
)
def test_many_rows_are_written_as_one_by_one(width: int, data: Any, dialect: Dialect) -> None:
    value = PLAIN if data.draw(st.booleans()) else PLAIN | ODD
    rows = data.draw(st.lists(st.lists(value, min_size=width, max_size=width), min_size=1, max_size=5))
    dicts = [dict(zip("xyz", row, strict=False)) for row in rows]
    if data.draw(st.booleans()):
        dicts[-1] = dict(reversed(dicts[-1].items()))
    at_once = outcome(lambda: CsvEncoder(CsvSink(dialect=dialect)).encode(dicts))
    encoder = CsvEncoder(CsvSink(dialect=dialect))
    assert at_once == outcome(lambda: encoder._encoded("".join(encoder._line(row) + "\n" for row in dicts)))


def outcome(run: Any) -> Any:
    try:
        return run()
    except (ValueError, TypeError) as error:
        return type(error), str(error)
