"""How a verb makes keyed rows from the user's rows, so that an error about a key can show the user's row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glowray.functions.function import Function


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a verb makes keyed rows from the user's rows.

    `place` is the position of the user's row in a pair. It is None if the pair itself is the user's row. `function` is
    the user's function that gives the key. Without a function the row is its own key.

    distinct(f) makes (f(row), row): `Pairing(1, f)`. count_by_value makes (row, 1): `Pairing(0)`.

    `steps` is 0 if a pair holds the whole row. Else it is the number of row steps that made the pair. agg() keys the
    rows and then picks fields, which makes two steps: `Pairing(1, f, steps=2)`. An error shows the row with which the
    first of these steps began.
    """

    place: int | None
    function: Function | None = None
    steps: int = 0

    def pair_of(self, own: Any) -> Any:
        """Return the user's row as it stands in a pair."""
        return own if self.place is None else (None, own)

    def own_row(self, pair: Any) -> Any:
        """Return the user's row of a pair."""
        return pair if self.place is None else pair[self.place]
