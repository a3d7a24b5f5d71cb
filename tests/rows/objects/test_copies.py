"""Test values that occur in several rows."""

from __future__ import annotations

from typing import Any

import pytest

from glowray.rows.objects.value_copies import are_fixed, copier
from tests.oracle.exact import assert_rows
from tests.rows.hostile import VALUES


@pytest.mark.parametrize("value", [1, "a", b"", None, 1.5, True, (), (1, ("a", None))])
def test_what_nobody_can_change_is_shared(value: Any) -> None:
    assert are_fixed([value, value])
    assert copier(value)() is value


@pytest.mark.parametrize("value", [[1], {}, ([],), (1, (2, {3})), bytearray(b"a"), lambda: 1])
def test_anything_else_is_copied(value: Any) -> None:
    assert not are_fixed([1, value])
    own = copier(value)
    assert own() is not own()


def test_a_copy_is_of_the_value_as_it_was() -> None:
    value = [1]
    own = copier(value)
    value.append(2)
    own().append(3)
    assert own() == [1]


def test_copies_are_exact() -> None:
    assert_rows([copier(value)() for value in VALUES], VALUES)
