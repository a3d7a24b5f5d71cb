"""Test that writing many rows of CSV at once gives the same bytes and errors as writing row by row."""

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

from glowray.io.csv.records import Dialect
from glowray.io.csv.sink import CsvEncoder, CsvSink
from glowray.rows import Block
from tests.io.parts import part_of


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


VALUES = [
    st.sampled_from(["", "a", "a,b", 'say "x"', "\r", "a\nb", "\ufeff", "é;é", "{", "%", "\\", "'"]),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(),
    st.floats(-2e9, 2e9) | st.sampled_from([0.0, -0.0, 1.0, 1e-4, 9.9e-5, 1e9, 999999999.5, 1e15, 1e16]),
    st.decimals(-1000, 1000, places=2),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.uuids(),
    st.none(),
    st.just(b"x"),
    st.lists(st.integers(0, 3), max_size=2),
]


@given(
    st.data(), st.sampled_from([Dialect(), Dialect(";", "'"), Dialect("{"), Dialect("."), Dialect("1"), Dialect("é")])
)
def test_columns_are_written_as_rows_are(data: Any, dialect: Dialect) -> None:
    fields = data.draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=4))
    is_optional = data.draw(st.booleans())
    values = st.tuples(*(field | st.none() if is_optional else field for field in fields))
    rows = [dict(zip("wxyz", row, strict=False)) for row in data.draw(st.lists(values, max_size=20))]
    block, cut = Block.from_rows(rows), data.draw(st.integers(0, 20))
    names = data.draw(st.sampled_from([None, ("w", "x", "y", "z"), ("x", "w", "z", "y")]))
    sink = CsvSink(columns=names and tuple(name for name in names if name in "wxyz"[: len(fields)]), dialect=dialect)
    wanted = outcome(lambda: written(sink, rows))
    assert outcome(lambda: written(sink, block)) == wanted
    if isinstance(wanted[0], bytes):
        assert outcome(lambda: written(sink, block.slice(0, cut), rows[cut:])) == wanted
        assert outcome(lambda: written(sink, rows[:cut], block.slice(cut, None))) == wanted


def test_records_of_other_columns_are_refused_in_columns_too() -> None:
    first, second = Block.from_rows([{"a": 1}]), Block.from_rows([{"a": 1, "b": 2}])
    kind, message = outcome(lambda: written(CsvSink(columns=("a",)), first, second))
    assert kind is ValueError and "a column 'b' more than" in message


NAMES = st.permutations("wxyz").flatmap(lambda names: st.integers(0, 4).map(lambda count: tuple(names[:count])))


@given(
    pieces=st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=4),
    value=st.sampled_from([None, "", "a", 'b"\n', 1, 2.5]),
    codec=st.sampled_from([None, "gz"]),
    header=st.booleans(),
)
def test_columns_that_come_later_are_those_of_all_rows(pieces: Any, value: Any, codec: Any, header: bool) -> None:
    batches = [[dict.fromkeys(names, value) for names in shapes] for shapes, _ in pieces]
    names = tuple(dict.fromkeys(name for batch in batches for row in batch for name in row))
    given = [Block.from_rows(rows) if in_block else rows for rows, (_, in_block) in zip(batches, pieces, strict=True)]
    data, part = part_of(CsvSink(codec, header=header), *given)
    assert part.schema == names and part.rows == sum(map(len, batches))
    if len(names) > 1:
        known = CsvSink(codec, names, header)
        assert (data, part.head) == written(known, *batches)[::2] and part.lone is None
    elif value is None or not names or any(not row for batch in batches for row in batch):
        assert part.lone is not None


def written(sink: CsvSink, *pieces: Any) -> tuple[bytes, int, bytes]:
    data, part = part_of(sink, *pieces)
    return data, part.rows, part.head
