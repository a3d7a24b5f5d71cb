"""Test names for the fields of rows: rows of Python and of columns give the same records."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.functions import Function, spread_arguments
from glowray.io.field_names import FieldNames
from glowray.rows import Block


class Point(NamedTuple):
    x: int
    y: int


VALUES = st.sampled_from([1, 2.5, None, "a", [1], (1,), (1, 2), (), ["a", "b"], Point(1, 2), b"x", 2**70])
ROWS = st.one_of(
    VALUES,
    st.tuples(VALUES, VALUES),
    st.tuples(VALUES, st.tuples(VALUES, VALUES)),
    st.lists(st.integers(0, 3) | st.none(), min_size=1, max_size=4),
    st.tuples(VALUES),
)
NAMES = ("k", "a", "b", "c")


def expected(row: Any, count: int) -> dict[str, Any] | None:
    """Return the arguments of a function with `count` parameters, or None for an error."""
    if count == 1:
        is_sequence = isinstance(row, tuple | list)
        if not is_sequence or len(row) == 1:
            return {"k": row[0] if is_sequence else row}
        return {"k": row[0]} if isinstance(row, tuple) and len(row) == 2 and row[1] == () else None
    try:
        fields = spread_arguments(row, count, Function.of(lambda a, b: a, "map"))
    except TypeError:
        return None
    return dict(zip(NAMES, fields, strict=False))


@given(st.lists(ROWS, min_size=1, max_size=4) | ROWS.map(lambda row: [row] * 3), st.integers(1, 4))
def test_rows_and_columns_are_named_alike(rows: list[Any], count: int) -> None:
    named = FieldNames("write_csv", NAMES[:count])
    wanted = [expected(row, count) for row in rows]
    if None in wanted:
        fields = f"columns= names {count} field{'s' * (count > 1)}, but the row .* (has|is) "
        with pytest.raises(TypeError, match=r"write_csv\(\): " + fields):
            named.records(rows)
        with pytest.raises(TypeError, match=r"write_csv\(\): " + fields):
            named.block(Block.from_rows(rows))
        return
    for made in (named.records(rows), named.block(Block.from_rows(rows)).rows()):
        assert made == wanted
        assert [[*map(type, row.values())] for row in made] == [[*map(type, row.values())] for row in wanted if row]


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([("a", 1), ("b", 2)], 2),
        ([("a", (1, None)), ("b", (2, 0.5))], 3),
        ([(("a", "b"), (1, 2))], 2),
        ([Point(1, 2)], 2),
        ([1, 2, None], 1),
        ([{"k": 1, "a": 2}], 4),
        ([["a", "b"], ["c", "d"]], 2),
        ([[(1, 2), (3, 4)], [(5, 6), (7, 8)]], 2),
    ],
)
def test_columns_are_named_without_a_row(rows: list[Any], count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    named = FieldNames("write_csv", NAMES[:count])
    wanted, block = named.records(rows), Block.from_rows(rows)
    with monkeypatch.context() as patch:
        patch.setattr("glowray.rows.codec.chunk.Chunk.rows", None)
        made = named.block(block)
    assert made.rows() == wanted


def test_without_names_rows_stay() -> None:
    block = Block.from_rows([("a", 1)])
    assert FieldNames("write_csv", None).records([("a", 1), 3]) == [("a", 1), 3]
    assert FieldNames("write_csv", None).block(block).rows() == [("a", 1)]
