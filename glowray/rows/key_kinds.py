"""What each type of key means: when two keys are one group, and their stable hash.

Equality is Python's own. A type is allowed when its equality is known here, so that the hash can agree with it: the
built-in types and subclasses that keep their `__eq__` and `__hash__`, enums, frozen dataclasses with the `__eq__` that
`dataclasses` wrote, NumPy scalars, and registered classes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Hashable
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from glowray.errors import KeyTypeError
from glowray.native.byte_hash import bytes_hash
from glowray.rows import hashing
from glowray.rows.key_registry import call_on_change, can_register, registration

NAN = float("nan")
"""The one NaN that stands for all of them; Python's containers find it by identity."""

_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_MICROSECOND = dt.timedelta(microseconds=1)


class KeyKind(NamedTuple):
    """`canonical` (None: every key stands for itself) and `hash` of the keys of one type."""

    canonical: Callable[[Any], Hashable] | None
    hash: Callable[[Any], int]


class OneOf:
    """Stands for a key whose own equality is not its group's: equal in `family` and `key`, and to nothing else."""

    __slots__ = ("family", "key")

    def __init__(self, family: Hashable, key: Hashable) -> None:
        self.family = family
        self.key = key

    def __eq__(self, other: object) -> bool:
        # as tuples, so that the one NaN is found by identity
        return type(other) is OneOf and (self.family, self.key) == (other.family, other.key)

    def __hash__(self) -> int:
        return hash((self.family, self.key))

    def __repr__(self) -> str:
        return f"OneOf({self.family!r}, {self.key!r})"


class NotAKey(Exception):  # noqa: N818  (never leaves this package)
    """Carries the key, or part of one, that cannot be a key."""


def canonical_key(key: Any) -> Hashable:
    """A hashable object that is equal for two keys exactly when they are one group; mostly the key itself.

    >>> canonical_key((1, "a"))
    (1, 'a')
    >>> canonical_key((float("nan"), 1)) == canonical_key((float("nan"), True))
    True

    Raises KeyTypeError for a key that cannot be one.
    """
    try:
        return canonical(key)
    except NotAKey as error:
        raise key_type_error(key, error.args[0]) from None


def key_hash(key: Any) -> int:
    """The stable 64-bit hash of a key: the same in every process, and equal for keys of one group.

    >>> key_hash(1) == key_hash(1.0) == key_hash(True), key_hash("a") == key_hash(b"a")
    (True, False)

    Raises KeyTypeError for a key that cannot be one.
    """
    try:
        return hash_of(key)
    except NotAKey as error:
        raise key_type_error(key, error.args[0]) from None


def key_type_error(key: Any, part: Any) -> KeyTypeError:
    """The error for a key of which `part` (or all) is of a type without a stable equality."""
    cls = type(part)
    holds = f"{key!r:.200} cannot be a key" + ("" if part is key else f", as it holds {part!r:.80}")
    fix = "use a tuple or a frozen dataclass"
    if can_register(cls):
        fix += f", or call gr.register_key({cls.__qualname__}, to_key)"
    return KeyTypeError(f"{holds}: {cls.__qualname__} has no equality that is the same on every worker; {fix}")


def canonical(key: Any) -> Hashable:
    """`canonical_key` that raises NotAKey."""
    kind = _kinds.get(type(key)) or _find_kind(key)
    return key if kind.canonical is None else kind.canonical(key)


def hash_of(key: Any) -> int:
    """`key_hash` that raises NotAKey."""
    return (_kinds.get(type(key)) or _find_kind(key)).hash(key)


def compared_fields(cls: Any) -> tuple[str, ...] | None:
    """The fields by which a frozen dataclass compares, or None if the class is not one, or compares in its own way."""
    params = getattr(cls, "__dataclass_params__", None)
    owner: Any = next((base for base in cls.__mro__ if "__eq__" in base.__dict__), None)
    if params is None or not params.frozen or cls.__hash__ is None or "__dataclass_params__" not in owner.__dict__:
        return None
    code = getattr(owner.__dict__["__eq__"], "__code__", None)
    if not owner.__dataclass_params__.eq or code is None or code.co_filename != "<string>":
        return None
    return tuple(field.name for field in dataclasses.fields(owner) if field.compare)


def _find_kind(key: Any) -> KeyKind:
    cls = type(key)
    kind = _registered_kind(cls) or _numpy_kind(cls) or _enum_kind(cls) or _inherited_kind(cls) or _dataclass_kind(cls)
    if kind is None:
        raise NotAKey(key)
    _kinds[cls] = kind
    return kind


def _registered_kind(cls: type) -> KeyKind | None:
    registered = registration(cls)
    if registered is None:
        return None
    base, to_key = registered
    start = hashing.sequence_hash([hashing.class_hash(base)], hashing.REGISTERED)
    return KeyKind(
        lambda key: OneOf(base, canonical(to_key(key))),
        lambda key: hashing.sequence_hash([hash_of(to_key(key))], start),
    )


def _numpy_kind(cls: type) -> KeyKind | None:
    if cls.__module__ != "numpy":
        return None
    from glowray.rows import numpy_keys

    return numpy_keys.kind_of(cls)


def _enum_kind(cls: type) -> KeyKind | None:
    """Members are their own equals; enums that are also an int or a str compare as such (`_inherited_kind`)."""
    if not issubclass(cls, Enum) or cls.__eq__ is not object.__eq__ or cls.__hash__ is not Enum.__hash__:
        return None
    start = hashing.sequence_hash([hashing.class_hash(cls)], hashing.ENUM)

    @cache
    def member_hash(key: Any) -> int:
        name = key._name_
        return hashing.sequence_hash([hash_of(key._value_) if name is None else hashing.text_hash(name)], start)

    return KeyKind(None, member_hash)


def _inherited_kind(cls: type) -> KeyKind | None:
    for base in cls.__mro__:
        kind = _BUILT_IN.get(base)
        if kind is not None:
            return kind if cls.__eq__ is base.__eq__ and cls.__hash__ is base.__hash__ else None
    return None


def _dataclass_kind(cls: type) -> KeyKind | None:
    names = compared_fields(cls)
    if names is None:
        return None
    start = hashing.sequence_hash([hashing.class_hash(cls)], hashing.DATACLASS)

    def canonical_fields(key: Any) -> Hashable:
        parts = tuple(getattr(key, name) for name in names)
        same = canonical(parts)
        return key if same is parts else OneOf(cls, same)

    return KeyKind(
        canonical_fields, lambda key: hashing.sequence_hash([hash_of(getattr(key, name)) for name in names], start)
    )


def _number_hash(key: Any) -> int:
    return hashing.number_hash(hash(key))


def _float_hash(key: float) -> int:
    return hashing.number_hash(hash(key)) if key == key else hashing.NAN_HASH


def _canonical_float(key: float) -> float:
    return key if key == key else NAN


def _decimal_hash(key: Decimal) -> int:
    return hashing.NAN_HASH if key.is_nan() else hashing.number_hash(hash(key))


def _canonical_decimal(key: Decimal) -> Any:
    return NAN if key.is_nan() else key


def _complex_hash(key: complex) -> int:
    if key == key:
        return hashing.number_hash(hash(key))
    return hashing.sequence_hash([_float_hash(key.real), _float_hash(key.imag)], hashing.NUMBER)


def _canonical_complex(key: complex) -> Any:
    return key if key == key else OneOf(complex, (_canonical_float(key.real), _canonical_float(key.imag)))


def _text_hash(key: str) -> int:
    return bytes_hash(str.encode(key, "utf-8", "surrogatepass"), hashing.TEXT)


def _bytes_hash(key: bytes) -> int:
    return bytes_hash(memoryview(key).tobytes(), hashing.BYTES)


def _tuple_hash(key: tuple[Any, ...]) -> int:
    return hashing.sequence_hash(map(hash_of, tuple.__iter__(key)))


def _canonical_tuple(key: tuple[Any, ...]) -> Hashable:
    parts = tuple(map(canonical, tuple.__iter__(key)))
    same = all(part is own for part, own in zip(parts, tuple.__iter__(key), strict=True))
    return key if same else parts


def _frozenset_hash(key: frozenset[Any]) -> int:
    distinct = {canonical(element): element for element in frozenset.__iter__(key)}  # two NaNs are one
    return hashing.set_hash(map(hash_of, distinct.values()))


def _canonical_frozenset(key: frozenset[Any]) -> Any:
    own = list(frozenset.__iter__(key))
    parts = list(map(canonical, own))
    same = all(part is each for part, each in zip(parts, own, strict=True))
    return key if same else frozenset(parts)


def _date_hash(key: dt.date) -> int:
    return hashing.count_hash(key.toordinal() - _EPOCH_ORDINAL, hashing.DATE)


def _datetime_hash(key: dt.datetime) -> int:
    """By the instant, as Python's own hash: with the first of the two meanings (fold=0) of a repeated hour."""
    seconds = ((key.toordinal() - _EPOCH_ORDINAL) * 24 + key.hour) * 3600 + key.minute * 60 + key.second
    offset = None if key.tzinfo is None else key.replace(fold=0).utcoffset()
    return hashing.count_hash(seconds * 1_000_000 + key.microsecond - _microseconds(offset), hashing.DATETIME)


def _time_hash(key: dt.time) -> int:
    seconds = key.hour * 3600 + key.minute * 60 + key.second
    offset = None if key.tzinfo is None else key.replace(fold=0).utcoffset()
    return hashing.count_hash(seconds * 1_000_000 + key.microsecond - _microseconds(offset), hashing.TIME)


def _timedelta_hash(key: dt.timedelta) -> int:
    return hashing.count_hash(_microseconds(key), hashing.TIMEDELTA)


def _microseconds(duration: dt.timedelta | None) -> int:
    return 0 if duration is None else duration // _MICROSECOND


_BUILT_IN: dict[type, KeyKind] = {
    type(None): KeyKind(None, lambda key: hashing.NONE_HASH),
    bool: KeyKind(None, _number_hash),
    int: KeyKind(None, _number_hash),
    float: KeyKind(_canonical_float, _float_hash),
    complex: KeyKind(_canonical_complex, _complex_hash),
    Decimal: KeyKind(_canonical_decimal, _decimal_hash),
    Fraction: KeyKind(None, _number_hash),
    str: KeyKind(None, _text_hash),
    bytes: KeyKind(None, _bytes_hash),
    tuple: KeyKind(_canonical_tuple, _tuple_hash),
    frozenset: KeyKind(_canonical_frozenset, _frozenset_hash),
    dt.date: KeyKind(None, _date_hash),
    dt.datetime: KeyKind(None, _datetime_hash),
    dt.time: KeyKind(None, _time_hash),
    dt.timedelta: KeyKind(None, _timedelta_hash),
    UUID: KeyKind(None, lambda key: bytes_hash(key.bytes, hashing.UUID)),
}

_kinds: dict[type, KeyKind] = dict(_BUILT_IN)


def _forget() -> None:
    _kinds.clear()
    _kinds.update(_BUILT_IN)


call_on_change(_forget)
