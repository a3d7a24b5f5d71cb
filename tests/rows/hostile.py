"""Values that columns are likely to change, and a comparison that notices a change."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import struct
import typing
import uuid
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from glowray.kernels.group.group import Group


class MyInt(int):
    pass


class MyStr(str):
    pass


class MyTuple(tuple):
    pass


class MyDict(dict):
    pass


class Color(enum.Enum):
    RED = 1
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1


class Word(enum.StrEnum):
    A = "a"


class Bits(enum.Flag):
    ONE = 1
    TWO = 2


@dataclasses.dataclass
class Plain:
    a: Any
    b: Any = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: Any
    b: Any = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True)
class OtherFrozen:
    a: Any


@dataclasses.dataclass(slots=True)
class Slotted:
    a: Any
    b: Any = 0


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenSlotted:
    a: Any


@dataclasses.dataclass
class PostInit:
    a: Any
    twice: Any = dataclasses.field(init=False, default=None)

    def __post_init__(self) -> None:
        self.a = [self.a]  # shows whether a copy is made through __init__


@dataclasses.dataclass
class OwnState:
    a: Any

    def __getstate__(self) -> Any:
        return {"a": self.a}


@dataclasses.dataclass
class NoFields:
    pass


class Point(typing.NamedTuple):
    x: Any
    y: Any


Pair = collections.namedtuple("Pair", "left right")


class OpenPair(collections.namedtuple("OpenPair", "left right")):
    """A named tuple without __slots__, so an instance may have other attributes than its fields."""


def open_pair(extra: Any) -> OpenPair:
    pair = OpenPair(1, 2)
    pair.extra = extra
    return pair


def more_than_its_fields() -> Plain:
    plain = Plain(1)
    plain.more = 2
    return plain


def less_than_its_fields() -> Plain:
    plain = Plain(1)
    del plain.b
    return plain


def nan(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


NEW_YORK = ZoneInfo("America/New_York")

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 2**63, 2**70, -(2**70), MyInt(1),
    0.0, -0.0, 1.0, 2.5, float("inf"), -float("inf"), nan(0x7FF8000000000000), nan(0xFFF8000000000001),
    nan(0x7FFC00000000BEEF),
    5e-324, 1e308, 1j, complex(0.0, -0.0),
    "", "a", "ß", "İ", "a\0b", "\ud800", "𝄞", "x" * 600, MyStr("a"), Word.A,
    b"", b"a", b"\x00\xff" * 9, bytearray(b"a"),
    Decimal("1.10"), Decimal("1.1"), Decimal("-0.00"), Decimal("NaN"), Decimal("Infinity"), Decimal("1E+3"),
    Decimal("0E+5"),
    Decimal(10**39), Decimal("1E-50"), Fraction(1, 3),
    dt.date(1, 1, 1), dt.date.max, dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime.min, dt.datetime.max,
    dt.datetime(2024, 11, 3, 1, 30, fold=1), dt.datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK),
    dt.datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK), dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC")),
    dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    dt.time(1, 2, 3, 4), dt.time(1, fold=1), dt.time(1, tzinfo=dt.UTC), dt.timedelta.max, dt.timedelta.min,
    dt.timedelta(microseconds=-1), uuid.UUID(int=5), uuid.UUID(int=5, is_safe=uuid.SafeUUID.safe),
    Color.RED, Color.BLUE, Level.LOW, Bits.ONE | Bits.TWO,
    (), (1,), (1, "a"), (1, (2, (3, None))), MyTuple((1, 2)), [], [1], [1, 2.5], [True, 2], [(1,), [1]], [None],
    [[], [[]]], [()], [{}],
    {}, {"a": 1}, {"b": 1, "a": 2}, {"a": 2, "b": 1}, {1: "a"}, {True: 1, "a": 2}, {MyStr("a"): 1}, {"\ud800": 1},
    MyDict(a=1),
    {1, 2}, frozenset({1, "a"}), range(3), ..., NotImplemented, int, Plain, slice(1, 2),
    Plain(1, [2]), more_than_its_fields(), less_than_its_fields(), Frozen(1, "x"), OtherFrozen((1,)),
    Slotted("a", None), FrozenSlotted(1),
    PostInit(1), OwnState(1), NoFields(), Point(1, 2.0), Point("a", None), Pair(1, 2), OpenPair(1, 2), open_pair([3]),
    np.int64(1), np.float32(0.1), np.str_("a"), np.datetime64("2024-01-01"), np.bool_(True),
    collections.OrderedDict(a=1), collections.Counter("aab"),
]  # fmt: skip


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal in type and value at every depth, to the bit. A Group counts as its list."""
    if isinstance(left, Group):
        left = list(left)
    if type(left) is not type(right):
        return False
    if isinstance(left, float) and type(left) is not np.float32:
        return struct.pack("<d", left) == struct.pack("<d", right)
    if isinstance(left, np.generic):
        return repr(left) == repr(right)  # NaT is not equal to itself
    if isinstance(left, set | frozenset):
        return _same_items(left, right)  # nor is NaN
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, Decimal):
        return left.as_tuple() == right.as_tuple()
    if isinstance(left, dt.datetime | dt.time):
        fields = (left.replace(tzinfo=None), left.fold, right.replace(tzinfo=None), right.fold)
        return fields[0] == fields[2] and fields[1] == fields[3] and _same_zone(left.tzinfo, right.tzinfo)
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items())) and same(_state(left), _state(right))
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(same, left, right)) and same(_state(left), _state(right))
    if isinstance(left, uuid.UUID):
        return left == right and left.is_safe is right.is_safe
    if dataclasses.is_dataclass(left) and not isinstance(left, type):
        return same(_state(left), _state(right))
    return bool(left == right)


def _same_items(left: Iterable[Any], right: Iterable[Any]) -> bool:
    """Return whether two small sets have the same items."""
    others = list(right)
    for item in left:
        place = next((place for place, other in enumerate(others) if same(item, other)), None)
        if place is None:
            return False
        del others[place]
    return not others


def _same_zone(left: dt.tzinfo | None, right: dt.tzinfo | None) -> bool:
    return type(left) is type(right) and left == right


def _state(value: Any) -> Any:
    if type(value) in (tuple, list, dict):
        return None
    if hasattr(value, "__dict__"):
        return tuple(vars(value).items())
    slots = [name for name in getattr(type(value), "__slots__", ()) if name != "__weakref__"]
    return tuple((name, getattr(value, name)) for name in slots if isinstance(name, str) and hasattr(value, name))


def _nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(children, max_size=3),
        st.lists(children, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "b", "\ud800", MyStr("a"), 1]), children, max_size=2),
        st.builds(Plain, children, children),
        st.builds(Frozen, children),
        st.builds(Slotted, children, children),
        st.builds(Point, children, children),
    )


values = st.recursive(st.sampled_from(VALUES), _nested, max_leaves=6)

_one_type = [
    st.integers(), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(), st.text(), st.binary(), st.dates(),
    st.datetimes(), st.times(),
    st.timedeltas(), st.decimals(), st.decimals(allow_nan=False, places=2), st.uuids(),
    st.datetimes(timezones=st.just(dt.UTC)), st.none(),
]  # fmt: skip


@st.composite
def columns_of_one_type(draw: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of one column, all of one type."""
    column = draw(st.sampled_from(_one_type))
    for _ in range(draw(st.integers(0, 2))):
        other = draw(st.sampled_from(_one_type))
        column = draw(
            st.sampled_from(
                [
                    column | st.none(),
                    st.lists(column, max_size=3),
                    st.lists(column, max_size=3).map(tuple),
                    st.tuples(column, other),
                    st.fixed_dictionaries({"x": column, "y": other}),
                    st.builds(Point, column, other),
                    st.builds(Plain, column, other),
                    st.builds(Slotted, column, other),
                ]
            )
        )
    return column


rows = st.one_of(
    st.lists(values, max_size=8),
    st.lists(st.tuples(values, values), max_size=8),
    columns_of_one_type().flatmap(lambda column: st.lists(column, max_size=8)),
    st.tuples(columns_of_one_type(), columns_of_one_type()).flatmap(
        lambda columns: st.lists(st.tuples(*columns), max_size=8)
    ),
)
