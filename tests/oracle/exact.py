"""Exact comparison of rows: value and type at every depth, to the bit."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from glowray.kernels.group.group import Group
from tests.rows.hostile import same


def fingerprint(value: Any) -> str:
    """Return a text that is equal exactly for values of equal type and value, and the same in every process."""
    if isinstance(value, Group):  # stands for the list of its values
        value = list(value)
    cls = type(value)
    name = f"{cls.__module__}.{cls.__qualname__}"
    if cls is float:
        return f"float:{value!r}:{struct.pack('>d', value).hex()}"
    if cls is complex:
        return f"complex({fingerprint(value.real)}, {fingerprint(value.imag)})"
    if isinstance(value, Decimal):
        return f"{name}:{value.as_tuple()}"
    if isinstance(value, dict):
        return f"{name}{{{_all(part for pair in value.items() for part in pair)}}}{_state(value)}"
    if isinstance(value, (set, frozenset)):
        return f"{name}<{', '.join(sorted(map(fingerprint, value)))}>"
    if isinstance(value, (list, tuple)):
        return f"{name}({_all(value)}){_state(value)}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{name}({_all(getattr(value, field.name, '-') for field in dataclasses.fields(value))}){_state(value)}"
    return f"{name}:{value!r}"


def _all(values: Iterable[Any]) -> str:
    return ", ".join(map(fingerprint, values))


def _state(value: Any) -> str:
    return f"+{sorted(vars(value))}" if getattr(value, "__dict__", None) else ""


def differs(got: list[Any], wanted: list[Any], *, ordered: bool) -> str | None:
    """Return a text about the first difference of two lists of rows, or None. Without order they are multisets."""
    if not ordered:
        got, wanted = sorted(got, key=fingerprint), sorted(wanted, key=fingerprint)
    for place, (left, right) in enumerate(zip(got, wanted, strict=False)):
        if not same(left, right):
            return f"row {place}: got {left!r} ({fingerprint(left)}), wanted {right!r} ({fingerprint(right)})"
    if len(got) != len(wanted):
        return f"got {len(got)} rows, wanted {len(wanted)}: {got!r} and {wanted!r}"
    return None


def assert_rows(got: list[Any], wanted: list[Any], *, ordered: bool = True) -> None:
    """Fail with the first difference unless both have the same rows."""
    difference = differs(got, wanted, ordered=ordered)
    assert difference is None, difference
