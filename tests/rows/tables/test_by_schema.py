"""Test rows by a schema: every value fits its type, or the error names column, value and row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from glowray.errors import InexactColumn
from glowray.rows import Block
from glowray.rows.tables.recast import recast
from glowray.rows.tables.schema_table import table_by_schema


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        (pa.float64(), [1, 2.5, None], [1.0, 2.5, None]),
        (pa.int64(), [1, 2.0], [1, 2]),
        (pa.int8(), [1, -128], [1, -128]),
        (pa.uint64(), [2**64 - 1], [2**64 - 1]),
        (pa.float32(), [0.5, 0.1], [0.5, pytest.approx(0.1)]),
        (pa.decimal128(38, 0), [2**70, 1], [Decimal(2**70), Decimal(1)]),
        (pa.decimal128(10, 2), [Decimal("1.1"), Decimal("1.10")], [Decimal("1.10"), Decimal("1.10")]),
        (pa.string(), ["x", ""], ["x", ""]),
        (pa.dictionary(pa.int8(), pa.string()), ["x", None, "x"], ["x", None, "x"]),
        (pa.date32(), [dt.date(2024, 1, 1)], [dt.date(2024, 1, 1)]),
        (pa.timestamp("s"), [dt.datetime(2024, 1, 1)], [dt.datetime(2024, 1, 1)]),
        (pa.list_(pa.float64()), [[1, None], [2.5]], [[1.0, None], [2.5]]),
        (
            pa.struct({"x": pa.float64(), "y": pa.null()}),
            [{"x": 1}, {}],
            [{"x": 1.0, "y": None}, {"x": None, "y": None}],
        ),
        (pa.map_(pa.string(), pa.int64()), [{"a": 1}, [("b", 2)]], [[("a", 1)], [("b", 2)]]),
        (pa.uuid(), [UUID(int=1)], [UUID(int=1)]),
    ],
    ids=str,
)
def test_what_a_type_can_hold(kind: pa.DataType, values: list[Any], wanted: list[Any]) -> None:
    schema = pa.schema({"c": kind})
    for blocks in (
        [Block.from_rows([{"c": value} for value in values])],
        [Block.from_rows([{"c": v}]) for v in values],
    ):
        table = table_by_schema(blocks, schema)
        table.validate(full=True)
        assert table.schema.equals(schema) and table["c"].to_pylist() == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.int64(), 2.5),
        (pa.int64(), float("nan")),
        (pa.int64(), True),
        (pa.int8(), 128),
        (pa.float64(), 2**53 + 1),
        (pa.float64(), True),
        (pa.float32(), 1e300),
        (pa.bool_(), 1),
        (pa.string(), 1),
        (pa.string(), b"x"),
        (pa.binary(), "x"),
        (pa.null(), 1),
        (pa.date32(), dt.datetime(2024, 1, 1, 5)),
        (pa.timestamp("s"), dt.datetime(2024, 1, 1, 0, 0, 0, 7)),
        (pa.timestamp("us"), 1),
        (pa.timestamp("us"), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        (pa.timestamp("us", "UTC"), dt.datetime(2024, 1, 1)),
        (pa.decimal128(10, 2), Decimal("1.123")),
        (pa.struct({"x": pa.int8()}), {"x": 1, "y": 2}),
        (pa.list_(pa.int64()), [1, 2.5]),
        (pa.list_(pa.int64()), 1),
    ],
    ids=str,
)
def test_what_a_type_would_change_is_refused(kind: pa.DataType, value: Any) -> None:
    with pytest.raises(InexactColumn, match=r'column "c" is .* in schema=, which cannot hold .* of the row \{.k.: 1, '):
        table_by_schema(
            [Block.from_rows([{"k": 0, "c": None}, {"k": 1, "c": value}])], pa.schema({"k": pa.int8(), "c": kind})
        )


def test_columns_are_those_of_the_schema() -> None:
    schema = pa.schema([pa.field("a", pa.int64(), nullable=False), pa.field("b", pa.string())])
    rows = [{"b": "x", "a": 1}, {"a": 2}]
    table = table_by_schema([Block.from_rows(rows[:1]), Block.from_rows(rows[1:])], schema)
    assert table.schema.equals(schema) and table.to_pydict() == {"a": [1, 2], "b": ["x", None]}
    for row in ({"a": None}, {"b": "y"}):
        with pytest.raises(InexactColumn, match='column "a" is not nullable'):
            table_by_schema([Block.from_rows([row])], schema)
    with pytest.raises(ValueError, match="schema= lacks the column 'c'"):
        table_by_schema([Block.from_rows([{"a": 1}, {"a": 1, "c": 2}])], schema)
    assert table_by_schema([], schema).schema.equals(schema)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (pa.array([2**40]), pa.int32()),
        (pa.array([0.1]), pa.float32()),
        (pa.array([[0.1]], pa.large_list(pa.float64())), pa.list_(pa.float32())),
        (pa.array([dt.datetime(2024, 1, 1, 0, 0, 0, 7)]), pa.timestamp("ms")),
    ],
    ids=str,
)
def test_a_narrower_type_holds_every_value_or_none(array: pa.Array, kind: pa.DataType) -> None:
    with pytest.raises(pa.ArrowInvalid):
        recast(array, kind)
    assert recast(array.take(pa.array([None], pa.int64())), kind).to_pylist() == [None]
