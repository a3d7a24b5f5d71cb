"""Test that a fold table gives the results of a loop over the rows, however often it folds on the way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.kernels.keys import fold_table
from glowray.kernels.keys.fold_table import FoldTable
from glowray.native.interface import Loops
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.folds.accumulations import Accumulation, accumulation_of
from glowray.vectorize.columns.folds.reducer_shapes import Fold, fold_of
from glowray.vectorize.columns.vectors.block_vectors import vector_chunk
from glowray.vectorize.definition.function_lookup import know
from tests.effort import examples
from tests.loops import using, with_each
from tests.vectorize.agreement import FLOATS, INTS, TEXTS
from tests.vectorize.running import spelled

Add = Callable[[Any, Any], Any]
NONE = object()

FOLDS: list[tuple[Add, Kind, Any]] = [
    (lambda a, b: a + b, int, NONE),
    (lambda a, b: a + b, float, NONE),
    (max, str, NONE),
    (lambda a, b: min(a, b), float, NONE),
    (lambda a, b: a, str, NONE),
    (lambda a, b: b, int, NONE),
    (lambda a, b: (a[0] + b[0], min(a[1], b[1])), TupleOf((float, str)), NONE),
    (lambda a, b: a + b, float, 0),
    (lambda a, b: a + b, float, 0.1),
    (lambda a, b: a + 1, str, 0),
    (lambda a, b: a + 1, str, 5),
    (lambda a, b: a + 10 // b, int, 0),
    (lambda a, b: (a[0] + b, a[1] + 1), float, (0, 0)),
    (lambda a, b: max(a, b), int, 0),
    (lambda a, b: min(a, b), str, "b"),
    (lambda a, b: (a[0], a[1] or b > 3, b), int, ("kept", False, 1)),
]
# The form of agg.min and agg.max, which leave None out.
LEAST: Add = lambda a, b: (
    b if a is None or (b is not None and a != a) else b if b is not None and b == b and b < a else a
)
GREATEST: Add = lambda a, b: (
    b if a is None or (b is not None and a != a) else b if b is not None and b == b and b > a else a
)
BOTH: Add = lambda a, b: (
    b[0] if a[0] is None or (b[0] is not None and a[0] != a[0])
    else b[0] if b[0] is not None and b[0] == b[0] and b[0] < a[0] else a[0],
    a[1] + b[1],
)  # fmt: skip
NONE_LEFT_OUT: list[tuple[Add, Kind, Any]] = [
    *((add, kind, None) for add in (LEAST, GREATEST) for kind in (int, float, str, bool)),
    *((add, kind, NONE) for add in (LEAST, GREATEST) for kind in (float, str)),
    (BOTH, TupleOf((float, int)), NONE),
]
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: INTS, float: FLOATS, str: TEXTS, TupleOf((float, str)): st.tuples(FLOATS, TEXTS),
}  # fmt: skip


WITH_NONE: dict[Any, st.SearchStrategy[Any]] = {
    int: st.none() | INTS, float: st.none() | FLOATS, str: st.none() | TEXTS, bool: st.none() | st.booleans(),
    TupleOf((float, int)): st.tuples(st.none() | FLOATS, st.integers(-9, 9)),
}  # fmt: skip


def accumulation(add: Add, kind: Kind, zero: Any) -> Accumulation:
    known: Any = know(add, arguments=2)
    if zero is not NONE:
        made = accumulation_of(known, kind, zero)
        assert isinstance(made, Accumulation), made.reason
        return made
    fold = fold_of(known)
    assert isinstance(fold, Fold) and fold.fits(kind)
    return Accumulation(fold, kind)


def looped(add: Add, zero: Any, rows: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    entries: dict[Any, Any] = {}
    for key, value in rows:
        if key not in entries and zero is NONE:
            entries[key] = value
        else:
            entries[key] = add(entries.get(key, zero), value)
    return list(entries.items())


@pytest.mark.slow
@pytest.mark.parametrize(("add", "kind", "zero"), FOLDS)
@settings(max_examples=examples(30), deadline=None)
@given(data=st.data())
def test_folding_is_a_loop(add: Add, kind: Kind, zero: Any, data: st.DataObject) -> None:
    is_loop(add, kind, zero, VALUES[kind], data)


@pytest.mark.parametrize(("add", "kind", "zero"), NONE_LEFT_OUT)
@settings(max_examples=examples(30), deadline=None)
@given(data=st.data())
def test_none_is_left_out(add: Add, kind: Kind, zero: Any, data: st.DataObject) -> None:
    is_loop(add, kind, zero, WITH_NONE[kind], data)


def is_loop(add: Add, kind: Kind, zero: Any, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    """Check that folding random blocks, folded in between or not, gives the rows of a loop."""
    blocks = data.draw(st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", "", "é"]), values), min_size=1)))
    table = FoldTable(TupleOf((str, kind)), accumulation(add, kind, zero))
    taken = 0
    few, many = data.draw(st.sampled_from([(0, 0), (100, 100), (100, 400), (2**20, 2**20)]))
    with mock.patch.multiple(fold_table, CACHED_BYTES=few, GATHERED_BYTES=many):
        for rows in blocks:
            if not table.add(Block.from_rows(rows)):
                break
            taken += 1
        table.fold()
    folded, gathered = table.folded().rows(), table.gathered().rows()
    seen = [row for rows in blocks[:taken] for row in rows]
    # Python computes the rows that columns could not.
    assert gathered == [] or spelled(gathered) == spelled(seen[len(seen) - len(gathered) :])
    assert spelled(folded) == spelled(looped(add, zero, seen[: len(seen) - len(gathered)]))


def test_columns_fold_values_that_are_none() -> None:
    table = FoldTable(TupleOf((str, float)), accumulation(LEAST, float, None))
    rows = [("a", None), ("b", math.nan), ("a", 2.0), ("c", None), ("b", 1.0), ("d", math.nan), ("a", 1.5)]
    assert table.add(Block.from_rows(rows)) and table.fold()
    assert spelled(table.folded().rows()) == spelled([("a", 1.5), ("b", 1.0), ("c", None), ("d", math.nan)])


def test_a_row_that_only_python_can_take_stays_gathered() -> None:
    add, zero = (lambda a, b: a + 10 // b), 0
    table = FoldTable(TupleOf((str, int)), accumulation(add, int, zero))
    assert table.add(Block.from_rows([("a", 5)])) and table.fold()
    assert table.add(Block.from_rows([("a", 2), ("b", 0)])) and not table.fold()
    assert (table.folded().rows(), table.gathered().rows()) == ([("a", 2)], [("a", 2), ("b", 0)])


def test_rows_of_another_kind_are_not_taken() -> None:
    table = FoldTable(TupleOf((str, int)), Accumulation(Fold("add"), int))
    assert not table.add(Block.from_rows([("a", 1.5)]))
    assert not table.add(Block.from_rows([("a", None), ("a", 1)]))


@pytest.mark.parametrize(
    "keys", [[1.0, -0.0, 0.0, math.nan, math.inf], [("a", 1), ("a", 2), ("b", 1), ("a", 1)], [True, False]]
)
def test_keys_of_other_kinds(keys: list[Any]) -> None:
    kind: Any = {float: float, bool: bool}.get(type(keys[0]), TupleOf((str, int)))
    table = FoldTable(TupleOf((kind, int)), Accumulation(Fold("add"), int))
    assert table.add(Block.from_rows([(key, 1) for key in keys * 2])) and table.fold()
    names = [str(key + 0) if type(key) is float else str(key) for key in keys * 2]  # -0.0 + 0 is 0.0
    assert [count for _, count in table.folded().rows()] == list(Counter(names).values())


@with_each
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_texts_that_are_no_column_yet_are_folded(loops: Loops, data: st.DataObject) -> None:
    words = st.lists(st.one_of(TEXTS, st.sampled_from(["a", "b", "1234567", "12345678", "123456789"])), min_size=1)
    kind = TupleOf((str, TupleOf((int, str))))
    rows: list[Any] = []
    cached = mock.patch.object(fold_table, "CACHED_BYTES", data.draw(st.sampled_from([0, 2**20])))
    with using(loops), cached:
        table = FoldTable(kind, accumulation(lambda a, b: (a[0] + b[0], max(a[1], b[1])), kind.fields[1], NONE))
        for keys in data.draw(st.lists(words, min_size=1, max_size=4)):
            texts = Texts.of(pa.array(keys, pa.large_string()))
            made = vector_chunk(kind, (texts, (np.broadcast_to(1, len(keys)), texts)), len(keys))
            block = Block((made if data.draw(st.booleans()) else Chunk(made.shape, made.columns, len(keys)),))
            assert table.add(block)
            rows += [(key, (1, key)) for key in keys]
        assert table.fold()
    assert table.folded().rows() == looped(lambda a, b: (a[0] + b[0], max(a[1], b[1])), NONE, rows)
