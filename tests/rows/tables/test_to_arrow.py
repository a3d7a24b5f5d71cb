"""Test that an Arrow table has exactly the rows' values, or that the error names the column."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import InexactColumn
from glowray.rows import Block
from glowray.rows.tables.arrow_table import arrow_table, rows_table
from tests.rows import hostile

PARIS = ZoneInfo("Europe/Paris")


class City(NamedTuple):
    name: str
    people: int


def fields(row: Any) -> dict[str, Any]:
    """Return the columns that a row must have, and their values."""
    if type(row) is dict:
        return row
    if type(row) is tuple:
        return {str(index): value for index, value in enumerate(row)}
    if hasattr(row, "_asdict"):
        return row._asdict()
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return vars(row) if hasattr(row, "__dict__") else {name: getattr(row, name) for name in type(row).__slots__}
    return {"value": row}


def plain(value: Any) -> Any:
    """Return a value as Arrow gives it: NumPy's numbers become Python's."""
    return value.item() if isinstance(value, np.generic) and not isinstance(value, str) else value


@given(st.lists(hostile.values, max_size=6) | st.lists(st.fixed_dictionaries({"a": hostile.values}), max_size=6))
def test_a_table_holds_exactly_the_rows_or_there_is_none(rows: list[Any]) -> None:
    try:
        table = rows_table(rows)
    except InexactColumn:
        return
    assert table.num_rows == len(rows)
    for row, given_back in zip(rows, table.to_pylist(), strict=True):
        expected = fields(row)
        assert set(given_back) == set(expected)
        assert all(hostile.same(plain(expected[name]), given_back[name]) for name in expected)


@given(hostile.columns_of_one_type().flatmap(lambda column: st.lists(column, min_size=1, max_size=8)), st.data())
def test_partitions_do_not_matter(rows: list[Any], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    pieces = [rows[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True)]

    def outcome(blocks: list[Block]) -> Any:
        try:
            table = arrow_table(blocks)
        except InexactColumn:
            return InexactColumn
        return table.schema, table.to_pylist()

    whole, cut = outcome([Block.from_rows(rows)]), outcome([Block.from_rows(piece) for piece in pieces])
    assert str(whole) == str(cut)  # compare as str, because NaN is not equal to itself


@given(st.lists(st.fixed_dictionaries({"a": st.integers(0, 9), "b": st.text(max_size=2)}), min_size=2, max_size=5))
def test_dicts_may_differ_in_the_order_of_their_keys(rows: list[dict[str, Any]]) -> None:
    turned = [dict(reversed(row.items())) if index % 2 else row for index, row in enumerate(rows)]
    assert rows_table(turned).to_pylist() == rows
    assert arrow_table([Block.from_rows([row]) for row in turned]).to_pylist() == rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, 2.5], 'column "value" holds float and int'),
        ([True, 2], 'column "value" holds bool and int'),
        ([("a", 1), ("b", "c")], 'column "1" holds int and str'),
        ([{"n": 2**70}], r'column "n" holds 1180591620717411303424 \(int\)'),
        ([{"t": (1, 2)}], 'column "t" holds a tuple'),
        ([{"t": City("Ulm", 1)}], 'column "t" holds a City'),
        ([{"t": [(1,)]}], r'column "t\[\]" holds a tuple'),
        ([{"a": {"b": [1, "x"]}}], r'column "a.b\[\]" holds int and str'),
        (
            [{"a": 1}, (1,)],
            r'column "value" holds dict and tuple \(dict in the row \{.a.: 1\}, tuple in the row \(1,\)\)',
        ),
        ([{"value": 1}, 1], 'column "value" holds dict and int'),
        ([City("Ulm", 1), ("Ulm", 1)], 'column "value" holds City and tuple'),
        ([{"a": {"x": 1}}, {"a": {"x": 2.5}}], r'column "a.x" holds float and int \(int in the row .*1.*2.5'),
        ([{}, None], 'column "value" has no value for a row that is None'),
        ([(1,), None], 'column "0" has no value for a row that is None'),
        ([(1, 2), 3], 'column "value" holds int and tuple'),
        ([{"d": Decimal("1.1")}, {"d": Decimal("1.10")}], 'column "d" holds Decimal values that differ'),
        ([{"s": {1}}], r'column "s" holds \{1\} \(set\)'),
        ([{"a": {1: 2}}], 'column "a.1" has the key 1, not a str'),
        ([{1: 2}], 'column "1" has the key 1, not a str'),
        ([{"\ud800": 1}], "column '.ud800' has no name in UTF-8"),
        ([{"s": "\ud800"}], 'column "s" holds'),
        ([{}], "rows without any field have no columns"),
        ([()], "rows without any field have no columns"),
    ],
)
def test_what_arrow_cannot_hold_names_its_column(rows: list[Any], message: str) -> None:
    with pytest.raises(InexactColumn, match=message):
        rows_table(rows)
    with pytest.raises(InexactColumn):
        arrow_table([Block.from_rows([row]) for row in rows])


def test_a_field_that_a_row_lacks_is_null_at_any_depth() -> None:
    for rows, wanted in [
        ([{"a": 1}, {"b": "x"}, {}], [{"a": 1, "b": None}, {"a": None, "b": "x"}, {"a": None, "b": None}]),
        ([(1,), (1, 2), ()], [{"0": 1, "1": None}, {"0": 1, "1": 2}, {"0": None, "1": None}]),
        (
            [{"a": [{"x": 1}]}, {"a": [{}, {"y": []}]}],
            [
                {"a": [{"x": 1, "y": None}]},
                {"a": [{"x": None, "y": None}, {"x": None, "y": []}]},
            ],
        ),
    ]:
        assert rows_table(rows).to_pylist() == wanted
        assert arrow_table([Block.from_rows([row]) for row in rows]).to_pylist() == wanted


def test_columns_of_each_kind_of_row() -> None:
    assert rows_table([City("Ulm", 126)]).to_pylist() == [{"name": "Ulm", "people": 126}]
    assert rows_table([("a", None), ("b", 1)]).to_pydict() == {"0": ["a", "b"], "1": [None, 1]}
    assert rows_table([[1], None]).to_pydict() == {"value": [[1], None]}
    assert rows_table([hostile.Plain(1, "x")]).to_pydict() == {"a": [1], "b": ["x"]}


def test_no_rows_make_a_table_without_columns() -> None:
    assert arrow_table([]).shape == (0, 0)
    assert rows_table([]).shape == (0, 0)


def test_none_takes_the_type_of_other_partitions() -> None:
    blocks = [Block.from_rows([{"a": None, "b": []}]), Block.from_rows([{"a": 1, "b": ["x"]}])]
    assert arrow_table(blocks).to_pylist() == [{"a": None, "b": []}, {"a": 1, "b": ["x"]}]


def test_time_zones_keep_their_names_and_the_hour_that_comes_twice() -> None:
    twice = [dt.datetime(2024, 10, 27, 2, 30, fold=fold, tzinfo=PARIS) for fold in (0, 1)]
    table = rows_table([{"at": at} for at in twice])
    assert table.schema.field("at").type == pa.timestamp("us", "Europe/Paris")
    assert all(map(hostile.same, table["at"].to_pylist(), twice))


def test_a_time_that_no_clock_shows_is_refused() -> None:
    with pytest.raises(InexactColumn, match='column "value"'):
        rows_table([dt.datetime(2024, 3, 31, 2, 30, tzinfo=PARIS)])


def test_numpy_scalars_keep_their_width() -> None:
    assert rows_table([np.float32(0.5), None]).schema.field("value").type == pa.float32()
    assert rows_table([np.int8(1)]).to_pylist() == [{"value": 1}]
    with pytest.raises(InexactColumn, match="float64 and int"):
        rows_table([1, np.float64(1)])


def test_a_slice_of_a_mixed_column_is_looked_at_again() -> None:
    block = Block.from_rows([{"n": 1}, {"n": 2.5}])
    assert arrow_table([block.slice(0, 1)]).to_pylist() == [{"n": 1}]


def test_parts_that_are_none_at_some_depth() -> None:
    rows = [{"a": [None, None]}, {"a": None}, {"a": [{"x": None}]}, {"a": [{"x": [1]}, None]}, {"a": []}]
    table = arrow_table([Block.from_rows([row]) for row in rows])
    table.validate(full=True)
    assert table.to_pylist() == rows
