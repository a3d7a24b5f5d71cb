"""How a verb makes keyed rows of the user's rows, so that an error of a key can show the user's row."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.functions.function import Function


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a verb made keyed rows of the user's rows.

    `place` is where the user's row stands in a pair. `function` is the user's function that gave the key; without one
    the row is its own key. distinct(f) makes (f(row), row): `Pairing(1, f)`. count_by_value makes (row, 1):
    `Pairing(0)`. With None as the place the pair has no row any more: agg() cuts rows down to the fields that it needs.
    """

    place: int | None
    function: Function | None = None
