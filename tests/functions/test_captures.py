"""Test that captured values are found by path, in every container and place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glowray.functions.captures import culprit, path_of, reading_error

Put = Callable[[Any, int], Any]

CONTAINERS: dict[str, tuple[Put, str]] = {
    "list": (lambda value, place: [value if each == place else each for each in range(5)], "held[{}]"),
    "tuple": (lambda value, place: tuple(value if each == place else each for each in range(5)), "held[{}]"),
    "dict": (lambda value, place: {each: value if each == place else each for each in range(5)}, "held[{}]"),
}


class Unreadable:
    """An object that can be pickled, but whose pickle cannot be read."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("place", range(5))
def test_a_captured_value_is_found_at_every_place(kind: str, place: int) -> None:
    put, path = CONTAINERS[kind]
    value = bytearray(b"a table")
    held = put(value, place)
    assert path_of(lambda row: held, value) == path.format(place)


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("place", range(5))
def test_the_item_whose_pickle_cannot_be_read_is_named(kind: str, place: int) -> None:
    put, path = CONTAINERS[kind]
    held = put(Unreadable(), place)

    def function(row: Any) -> Any:
        return held

    error = reading_error(function)
    assert error is not None
    found = culprit(function, error, reading_error)
    assert found is not None
    assert found.part.path == path.format(place)
