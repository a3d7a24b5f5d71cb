"""Test that two keys are one group exactly when Python calls them equal, and that their hashes then agree in any
column.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import os
import pickle
import subprocess
import sys
import uuid
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glowray.errors import GlowrayError, KeyTypeError
from glowray.native.interface import Loops
from glowray.rows import Block
from glowray.rows.keys import canonical_key, install_keys, key_hash, register_key, registered_keys
from tests.effort import examples
from tests.loops import using, with_each
from tests.rows.hostile import (
    NEW_YORK,
    Bits,
    Color,
    Frozen,
    Level,
    MyInt,
    MyStr,
    MyTuple,
    OtherFrozen,
    Plain,
    Point,
    Word,
)

NAN = float("nan")

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


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    before = registered_keys()
    yield
    install_keys(before)


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


def holds(cls: type, key: Any) -> bool:
    if isinstance(key, tuple | frozenset):
        return any(holds(cls, part) for part in key)
    return holds(cls, key.a) if isinstance(key, Frozen | OtherFrozen) else isinstance(key, cls)


def holds_nan(key: Any) -> bool:
    if isinstance(key, tuple | frozenset):
        return any(map(holds_nan, key))
    if isinstance(key, Frozen | OtherFrozen):
        return holds_nan(key.a)
    return bool(key != key)


ALL_NANS = [
    NAN,
    -NAN,
    float("inf") - float("inf"),
    Decimal("NaN"),
    Decimal("sNaN"),
    np.float32("nan"),
    np.float64("nan"),
    np.longdouble("nan"),
]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda nan: nan,
        lambda nan: (nan, 1),
        lambda nan: ((nan,),),
        lambda nan: Frozen(nan),
        lambda nan: frozenset([nan]),
    ],
)
def test_all_nans_are_one_key_at_every_depth(wrap: Any) -> None:
    keys = [wrap(nan) for nan in ALL_NANS if not isinstance(wrap(0), frozenset) or not is_signaling(nan)]
    assert len({canonical_key(key) for key in keys}) == 1
    assert {canonical_key(key): None for key in keys}.keys() == {canonical_key(wrap(math.nan))}
    assert len(set(map(key_hash, keys))) == 1
    assert len(set(hashes([wrap(nan) for nan in (NAN, -NAN)]))) == 1


def is_signaling(nan: Any) -> bool:
    return isinstance(nan, Decimal) and nan.is_snan()


def test_two_nans_in_a_set_are_one() -> None:
    twice = frozenset([float("nan"), float("nan")])
    assert canonical_key(twice) == canonical_key(frozenset([NAN]))
    assert key_hash(twice) == key_hash(frozenset([NAN]))


def test_nat_is_one_key_and_no_nan() -> None:
    assert canonical_key(np.datetime64("NaT", "s")) == canonical_key(np.datetime64("NaT", "D"))
    assert canonical_key(np.datetime64("NaT")) != canonical_key(np.timedelta64("NaT"))
    assert canonical_key(np.datetime64("NaT")) != canonical_key(NAN)


def test_the_usual_key_stands_for_itself() -> None:
    for key in ("a", 1, (1, "a"), None, Frozen(1), Color.RED, frozenset({1}), dt.datetime(2024, 1, 1, tzinfo=NEW_YORK)):
        assert canonical_key(key) is key


class Version:
    def __init__(self, text: str) -> None:
        self.parts = tuple(map(int, text.split(".")))


class Draft(Version):
    pass


@dataclasses.dataclass(frozen=True)
class OwnEquality:
    a: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@dataclasses.dataclass(frozen=True, eq=False)
class ByIdentity:
    a: int


class Caseless(str):
    def __eq__(self, other: object) -> bool:
        return self.lower() == str(other).lower()

    def __hash__(self) -> int:
        return hash(self.lower())


@pytest.mark.parametrize(
    "key",
    [[1], {"a": 1}, {1}, bytearray(b"a"), Plain(1), Version("1"), object(), OwnEquality(1), ByIdentity(1),
    Caseless("a"), range(3), slice(1)]
)  # fmt: skip
def test_what_cannot_be_a_key_is_refused_alone_and_inside(key: Any) -> None:
    for wrapped in (key, (1, key), ((key,),), Frozen(key)):
        for refuse in (canonical_key, key_hash, lambda value: hashes([value])):
            with pytest.raises(KeyTypeError, match="cannot be a key") as caught:
                refuse(wrapped)
            assert type(key).__qualname__ in str(caught.value)
            assert "a tuple or a frozen dataclass" in str(caught.value)
    assert issubclass(KeyTypeError, GlowrayError) and issubclass(KeyTypeError, TypeError)


def test_the_error_names_key_type_and_fix_and_is_short() -> None:
    with pytest.raises(KeyTypeError) as caught:
        key_hash(("x" * 1000, Version("1")))
    assert "gr.register_key(Version, to_key)" in str(caught.value)
    assert len(str(caught.value)) < 600
    with pytest.raises(KeyTypeError) as caught:
        key_hash([1])
    assert "register_key" not in str(caught.value)


def test_a_registered_class_compares_by_its_key() -> None:
    register_key(Version, lambda version: version.parts)
    assert canonical_key(Version("1.2")) == canonical_key(Version("1.02")) == canonical_key(Draft("1.2"))
    assert canonical_key(Version("1.2")) != canonical_key(Version("1.3"))
    assert canonical_key(Version("1.2")) != canonical_key((1, 2))
    assert hashes([Version("1.2"), (Version("1.2"),), None]) == [
        key_hash(Version("1.02")),
        key_hash((Draft("1.2"),)),
        key_hash(None),
    ]


def test_a_registered_dataclass_no_longer_compares_by_fields() -> None:
    before = hashes([Frozen("A"), Frozen("a")])
    register_key(Frozen, lambda frozen: frozen.a.lower())
    assert len(set(before)) == 2
    assert len(set(hashes([Frozen("A"), Frozen("a")]))) == 1
    install_keys({})
    assert hashes([Frozen("A"), Frozen("a")]) == before


def test_registering_needs_a_class_of_ones_own_and_a_function() -> None:
    before = registered_keys()
    for wrong in (("Version", len), (Version, "parts"), (int, str), (np.int64, int)):
        with pytest.raises(TypeError, match=r"register_key|registered"):
            register_key(*wrong)
    assert registered_keys() == before


def test_a_key_function_must_give_a_key() -> None:
    register_key(Version, lambda version: [1])
    with pytest.raises(KeyTypeError, match="list"):
        canonical_key(Version("1"))


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
