"""Test that two keys are one group exactly when Python calls them equal, and that their hashes then agree in any
column.
"""

from __future__ import annotations

import datetime as dt
import os
import pickle
import subprocess
import sys
import uuid
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glowray.errors import KeyTypeError
from glowray.native.interface import Loops
from glowray.rows import Block
from glowray.rows.keys import canonical_key, key_hash
from tests.effort import examples
from tests.loops import using, with_each
from tests.rows.hostile import (
    NEW_YORK,
    Color,
    Frozen,
    Level,
    MyInt,
    MyStr,
    MyTuple,
    OtherFrozen,
    Point,
    Word,
)
from tests.rows.keys.key_strategies import hashes, keys, nested, numbers, texts, times, typed_columns
from tests.rows.keys.test_nan_keys import holds, holds_nan


@with_each
@settings(max_examples=examples(200), deadline=None)
@given(
    batch=typed_columns.flatmap(lambda column: st.just(column) | nested(column)).flatmap(
        lambda column: st.lists(column, max_size=60)
    ),
    data=st.data(),
)
def test_columns_and_single_keys_hash_alike(loops: Loops, batch: list[Any], data: st.DataObject) -> None:
    with using(loops):
        check_hashes(batch, data)


def check_hashes(batch: list[Any], data: st.DataObject) -> None:
    expected = [key_hash(key) for key in batch]
    block = Block.from_rows([(key, None) for key in batch])
    assert block.key_hashes().tolist() == expected
    start = data.draw(st.integers(0, len(batch)))
    cut = block.slice(start, len(batch))
    assert cut.key_hashes().tolist() == expected[start:]
    assert pickle.loads(pickle.dumps(cut)).key_hashes().tolist() == expected[start:]
    assert Block.concat([Block.from_rows([((), {1})]), cut]).key_hashes().tolist() == [key_hash(()), *expected[start:]]


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(keys, max_size=6))
def test_any_keys_hash_alike_one_by_one_and_together(batch: list[Any]) -> None:
    assert hashes(batch) == [key_hash(key) for key in batch]
    assert [hashes([key])[0] for key in batch] == hashes(batch)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(numbers, max_size=8)
    | st.lists(times, max_size=8)
    | st.lists(texts, max_size=8)
    | st.lists(keys, max_size=6)
)
@example([1, 1.0, True, Decimal(1), Fraction(1), 1 + 0j, MyInt(1), Level.LOW])
@example([0, 0.0, -0.0, False, Decimal("-0.00"), 0j])
@example([2**63, float(2**63), Decimal(2**63)])
@example([-1, -2, -1.0, float("inf"), 314159, 2**61 - 1, 0])
@example(["a", b"a", MyStr("a"), Word.A, ("a",)])
@example([0.1, Decimal("0.1"), Fraction(1, 10)])
@example([dt.datetime(2024, 1, 1), dt.date(2024, 1, 1)])
@example([(1, 2), Point(1, 2), MyTuple((1, 2)), (1.0, 2)])
@example([Frozen(1, "x"), Frozen(1.0, "y"), OtherFrozen(1), (1,), 1])
@example([frozenset({1, "a"}), frozenset({"a", 1.0}), frozenset(), ()])
@example([uuid.UUID(int=1), 1, str(uuid.UUID(int=1)), uuid.UUID(int=1).bytes])
@example(
    [
        dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC),
        dt.datetime(2024, 1, 1, 7, tzinfo=NEW_YORK),
        dt.datetime(2024, 1, 1, 12),
    ]
)
@example([dt.datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK), dt.datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK)])
def test_one_group_means_equal_in_python(batch: list[Any]) -> None:
    for left, right in combinations([key for key in batch if not holds_nan(key)], 2):
        if holds(np.generic, left) != holds(np.generic, right):
            continue  # NumPy's equality with Python's own types is not transitive; see the tests below
        grouped = canonical_key(left) == canonical_key(right)
        assert grouped == (len({left, right}) == 1), (left, right)
        if grouped:
            assert hash(canonical_key(left)) == hash(canonical_key(right))
            assert key_hash(left) == key_hash(right), (left, right)


@pytest.mark.parametrize(
    "group",
    [
        [1, 1.0, np.int8(1), np.float16(1), np.bool_(True), np.longdouble(1), np.complex64(1), Decimal(1), Fraction(1)],
        [2**63, float(2**63), Decimal(2**63), np.uint64(2**63), np.float32(2**63)],
        [
            dt.datetime(2024, 1, 1),
            *(np.datetime64("2024-01-01", unit) for unit in ("D", "h", "s", "us", "ns")),
            np.datetime64("2024", "Y"),
        ],
        [dt.timedelta(seconds=60), np.timedelta64(1, "m"), np.timedelta64(60, "s"), np.timedelta64(60 * 10**9, "ns")],
        [np.datetime64(5, "as"), np.datetime64(5, "as")],
        [np.timedelta64(12, "M"), np.timedelta64(1, "Y")],
        ["a", np.str_("a"), Word.A, MyStr("a")],
        [b"a", np.bytes_(b"a")],
    ],
    ids=str,
)
def test_numpy_scalars_are_the_values_that_they_stand_for(group: list[Any]) -> None:
    assert len(set(map(canonical_key, group))) == 1
    assert len(set(map(key_hash, group))) == 1
    assert len(set(hashes(group))) == 1
    assert len(set(map(canonical_key, [(key, 1) for key in group]))) == 1


def test_numpy_scalars_that_differ_are_kept_apart() -> None:
    apart = [
        np.float32(0.1),
        0.1,
        np.datetime64("2024-01-01"),
        dt.date(2024, 1, 1),
        np.datetime64(5, "as"),
        np.timedelta64(5, "as"),
        np.timedelta64(1, "M"),
    ]
    assert len(set(map(canonical_key, apart))) == len(set(map(key_hash, apart))) == len(apart)
    with pytest.raises(KeyTypeError):
        key_hash(np.timedelta64(5))  # without a unit


def test_the_usual_key_stands_for_itself() -> None:
    for key in ("a", 1, (1, "a"), None, Frozen(1), Color.RED, frozenset({1}), dt.datetime(2024, 1, 1, tzinfo=NEW_YORK)):
        assert canonical_key(key) is key


@pytest.mark.parametrize(
    "rows",
    [
        [("a", 1), ("b", 2, 3)],
        [("a", 1), None],
        ["ab", "cd"],
        [("a",)],
        [["a", 1]],
        [1],
        [{"a": 1, "b": 2}],
        [("a", 1), "ab"],
    ],
)
def test_rows_that_are_not_pairs_are_refused(rows: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"keyed verbs need rows that are 2-tuples \(key, value\); got ") as caught:
        Block.from_rows(rows).key_hashes()
    wrong = next(row for row in rows if not isinstance(row, tuple) or len(row) != 2)
    assert repr(wrong) in str(caught.value)


def test_named_pairs_are_keyed_rows() -> None:
    assert Block.from_rows([Point("a", 1), Point("b", 2)]).key_hashes().tolist() == [key_hash("a"), key_hash("b")]


def test_one_huge_key_among_small_ones() -> None:
    batch = ["a", "x" * 3_000_001, "", "y" * 100, "z" * 99] + ["w" * (index % 80) for index in range(300)]
    assert hashes(batch) == [key_hash(key) for key in batch]
    assert hashes([key.encode() for key in batch]) == [key_hash(key.encode()) for key in batch]


def test_hashes_spread_evenly() -> None:
    for batch in (
        [f"user{index}" for index in range(40_000)],
        list(range(40_000)),
        [float(index) for index in range(40_000)],
        [(index, "a") for index in range(40_000)],
    ):
        values = np.array(hashes(batch), np.uint64)
        assert len(np.unique(values)) == 40_000
        seams = [0, 1, 16_383, 16_384, 32_768, 39_999]
        assert values[seams].tolist() == [key_hash(batch[index]) for index in seams]
        for bits in (values % np.uint64(64), values >> np.uint64(58)):
            counts = np.bincount(bits.astype(np.int64), minlength=64)
            assert ((counts - 625) ** 2 / 625).sum() < 130  # chi squared with 63 degrees of freedom: p below 1e-6


SCRIPT = """
import datetime as dt, uuid
from decimal import Decimal
from fractions import Fraction
import numpy as np
from glowray.rows import Block
from glowray.rows.keys import key_hash
from tests.rows.hostile import *
keys = [None, float("nan"), -0.0, True, 1, 1.0, 2**63, 2.5, 1j, "a", b"a", "x" * 999, (1, ("a", None)),
frozenset({"a", "b", "c", 1}), Frozen("a"), Point("a", b"b"),
    Color.RED, Bits.ONE | Bits.TWO, Level.LOW, Word.A, Decimal("0.1"), Fraction(1, 3), uuid.UUID(int=7),
    dt.date(2024, 1, 1), dt.time(1), dt.timedelta(1),
    dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=NEW_YORK), np.datetime64("2024-01-01", "ns"),
    np.float32(0.1), frozenset({"x", "y", ("z", 1)})]
print([key_hash(key) for key in keys], Block.from_rows([(key, 1) for key in keys]).key_hashes().tolist())
print([Block.from_rows([(key, 1)]).key_hashes().tolist()[0] for key in keys])
"""


@pytest.mark.process
def test_hashes_are_the_same_in_every_process() -> None:
    root = Path(__file__).parents[3]
    printed = set()
    for seed in ("0", "1", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, cwd=root
        )
        printed.add(done.stdout)
    assert len(printed) == 1
    together, alone = printed.pop().splitlines()
    assert together == f"{alone} {alone}"


@pytest.mark.slow
def test_keys_need_neither_numpy_nor_arrow() -> None:
    script = (
        "import sys, glowray.rows.keys as keys; keys.key_hash(('a', 1)); "
        "assert not {'numpy', 'pyarrow', 'cloudpickle'} & set(sys.modules), 'heavy modules were imported'"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[3])
