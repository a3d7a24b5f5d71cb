"""How a verb makes keyed rows from the user's rows, so that an error about a key can show the user's row."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.functions.function import Function


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a verb makes keyed rows from the user's rows.

    `place` is the position of the user's row in a pair. It is None if the pair has no row: agg() keeps only the fields
    that it needs. `function` is the user's function that gives the key. Without a function the row is its own key.

    distinct(f) makes (f(row), row): `Pairing(1, f)`. count_by_value makes (row, 1): `Pairing(0)`.
    """

    place: int | None
    function: Function | None = None
