"""Test which values cannot be keys, and the keys of registered classes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from glowray.errors import GlowrayError, KeyTypeError
from glowray.rows.keys import canonical_key, install_keys, key_hash, register_key, registered_keys
from tests.rows.hostile import (
    Frozen,
    Plain,
)
from tests.rows.keys.key_strategies import hashes


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
