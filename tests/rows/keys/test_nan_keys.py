"""Test that all NaNs are one key, at every depth, and that NaT is one."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from glowray.rows.keys import canonical_key, key_hash
from tests.rows.hostile import (
    Frozen,
    OtherFrozen,
)
from tests.rows.keys.key_strategies import hashes

NAN = float("nan")


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
