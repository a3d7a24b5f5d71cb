"""Test lists as columns: cut out of texts, selected by rows, and in blocks."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.native.interface import Loops
from glowray.rows import Block
from glowray.rows.texts.texts import Lines, Texts
from glowray.rows.types.kinds import ListOf, RecordOf, TupleOf
from glowray.rows.types.shape_kinds import kind_of
from glowray.vectorize.columns.texts.text_split import split_byte, split_whitespace
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.block_vectors import carried, chunk_of, has_none, vector_of
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Lists, rows_of
from glowray.vectorize.definition.function_lookup import know
from tests.effort import examples
from tests.loops import using, with_each

TEXTS = st.one_of(
    st.text("ab ,\t\x1c\x85\u2003\u3000é\x00𝔘", max_size=10),
    st.sampled_from(["", ",", "a,b,c", ",,", "x,y,z", "a b c", " ", "\x1c"]),
)
ROWS = st.lists(TEXTS, max_size=12)
SPLITS: list[tuple[Callable[[Any], Lists], Callable[[str], list[str]]]] = [
    (split_whitespace, lambda s: s.split()),
    (lambda column: split_byte(column, ","), lambda s: s.split(",")),
    (lambda column: split_byte(column, " "), lambda s: s.split(" ")),
]
WORDS = ListOf(str)


def column(rows: list[str]) -> Any:
    return pa.array(["before,é ", *rows, "after"], pa.large_string()).slice(1, len(rows))


def lines(rows: list[str]) -> Any:
    return Lines("\n".join([*rows, ""]).encode())


def parts(rows: list[str]) -> Any:
    return Texts.of(column(rows))


@with_each
@settings(max_examples=examples(200), deadline=None)
@given(rows=ROWS, places=st.lists(st.integers(0, 99), max_size=8))
def test_pieces_are_pythons(loops: Loops, rows: list[str], places: list[int]) -> None:
    with using(loops):
        for made, (split, plain) in itertools.product([column, lines, parts], SPLITS):
            check_pieces(split, plain, made, rows, [place % len(rows) for place in places if rows])


def check_pieces(split: Any, plain: Any, column: Any, rows: list[str], places: list[int]) -> None:
    expected = [plain(row) for row in rows]
    lists = split(column(rows))
    assert len(lists) == len(rows)
    assert lists.lengths().tolist() == [len(each) for each in expected]
    assert lists.parents.tolist() == [i for i, each in enumerate(expected) for _ in each]
    assert rows_of(WORDS, lists) == expected
    assert rows_of(WORDS, split(column(rows)).filled()) == [[w for w in each if w] for each in expected]
    taken = split(column(rows)).take(str, np.array(places, np.int64))
    assert rows_of(WORDS, taken) == [expected[place] for place in places]
    for made, wanted in ((lists, expected), (taken, [expected[place] for place in places])):
        keep = np.array([len(w) % 2 == 0 for each in wanted for w in each], bool)
        assert rows_of(WORDS, made.only(str, keep)) == [[w for w in each if len(w) % 2 == 0] for each in wanted]


@pytest.mark.parametrize(("split", "plain"), SPLITS)
@settings(max_examples=examples(200), deadline=None)
@given(rows=ROWS, index=st.integers(-4, 4))
def test_an_item_is_that_of_every_row_that_has_it(split: Any, plain: Any, rows: list[str], index: int) -> None:
    lists = split(column(rows))
    if not lists.offsets[-1]:
        return
    for made in (lists, Lists(lists.offsets, lists.values)):
        values, good = made.item(str, index)
        good = np.broadcast_to(good, len(rows))
        for row, value, is_there in zip(rows, values.to_pylist(), good, strict=True):
            expected = plain(row)
            assert is_there == (-len(expected) <= index < len(expected))
            assert not is_there or value == expected[index]


def test_rows_with_as_many_fields_make_no_list_of_pieces() -> None:
    lists = split_byte(column(["a,b,c", "dd,,f"]), ",")
    assert type(lists).__name__ == "PieceTable"
    assert [lists.item(str, index)[0].to_pylist() for index in (0, 1, -1)] == [["a", "dd"], ["b", ""], ["c", "f"]]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([["a"], [], ["b", "c"]], WORDS),
        ([("k", [1, 2]), ("l", [])], TupleOf((str, ListOf(int)))),
        ([{"a": [1.5], "b": True}], RecordOf((("a", ListOf(float)), ("b", bool)))),
        ([[("a", 1)], [("b", 2), ("c", 3)]], ListOf(TupleOf((str, int)))),
    ],
)
def test_lists_in_blocks(rows: list[Any], kind: Any) -> None:
    [chunk] = Block.from_rows(["skipped", *rows][1:] * 3).slice(len(rows), 2 * len(rows)).chunks
    assert kind_of(chunk.shape) == kind
    vector = vector_of(kind, chunk)
    assert rows_of(kind, vector) == rows
    made = chunk_of(kind, vector, len(rows))
    assert made.shape == chunk.shape
    assert Block((made,)).rows() == rows


@pytest.mark.parametrize("rows", [[("a",)], [[["a"]], [["b"]]], [("a", "b"), ("c",)]])
def test_what_is_no_list_of_scalars_has_no_list_kind(rows: list[Any]) -> None:
    [chunk] = Block.from_rows(rows).chunks
    assert not isinstance(kind_of(chunk.shape), ListOf)


def test_a_list_with_none_in_it_is_no_row_for_columns() -> None:
    rows = [("a", ["x"]), ("b", ["y", None]), ("c", []), ("d", None), ("e", [None]), ("f", ["z"])]
    [chunk] = Block.from_rows(rows).chunks
    kind = TupleOf((str, WORDS))
    assert kind_of(chunk.shape) == kind and has_none(chunk) and vector_of(kind, chunk) is None
    vector, good = carried(kind, chunk)
    assert good is not None and good.tolist() == [True, False, True, False, False, True]
    assert [row for row, is_good in zip(rows_of(kind, vector), good, strict=True) if is_good] == [
        row for row, is_good in zip(rows, good, strict=True) if is_good
    ]


def test_none_deep_in_a_list_is_found() -> None:
    rows = [[("a", 1)], [("b", None)], [("c", 3), (None, 4)]]
    [chunk] = Block.from_rows(rows).chunks
    kind = ListOf(TupleOf((str, int)))
    vector, good = carried(kind, chunk)
    assert good is not None and good.tolist() == [True, False, False]
    assert rows_of(kind, vector)[0] == rows[0]


LISTS: list[Callable[[list[str]], Any]] = [
    lambda fields: fields[1],
    lambda fields: (fields[0], len(fields), fields),
    lambda fields: {"first": fields[0], "all": fields} if fields else {"first": "", "all": fields},
    lambda fields: [w.lower() for w in fields if w],
    lambda fields: [(w, len(fields)) for w in fields if len(fields) > 1],
    lambda fields: [(w, fields[0]) for w in fields],
    lambda fields: not fields,
    lambda fields: fields,
]


@settings(max_examples=examples(60), deadline=None)
@given(rows=st.lists(st.lists(TEXTS, max_size=4), min_size=1, max_size=8))
def test_programs_over_lists(rows: list[list[str]]) -> None:
    for function in LISTS:
        assert_agrees(function, rows)


def assert_agrees(function: Any, rows: list[list[str]]) -> None:
    program = translate(know(function), [WORDS])  # type: ignore[arg-type]
    if not isinstance(program, ArrowProgram):
        assert function is LISTS[2]  # it chooses between two lists
        return
    program = pickle.loads(pickle.dumps(program))
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    computed = program.run([Lists(offsets, column([w for row in rows for w in row]))], len(rows))
    got = rows_of(computed.kind, computed.vector)
    for index, row in enumerate(rows):
        if computed.ok is None or computed.ok[index]:
            assert got[index] == function(row)


def test_lists_of_texts_that_were_taken_drop_their_empty_texts() -> None:
    """Rows that a filter keeps hold texts as ranges of bytes, which Arrow does not know."""
    lists = Lists(np.array([0, 2, 2, 6]), pa.array(["a", "", "b", "", "c", ""], pa.large_string()))
    kept = lists.take(str, np.array([0]))
    assert isinstance(kept.values, Texts)
    assert (kept.filled().offsets.tolist(), kept.filled().values.to_pylist()) == ([0, 1], ["a"])
