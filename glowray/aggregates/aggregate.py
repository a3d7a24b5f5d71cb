"""An aggregate as code: expressions for its accumulator. `program.py` joins the expressions of all aggregates."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Field = str | Callable[[Any], Any] | None


@dataclass(frozen=True)
class AccumulatorField:
    """One field of the accumulator: its start value, and expressions for its next value.

    {kept} is the slot's value so far. In `add`, {value} is the value of a row, which may be None. In `merge`, {other}
    is the same slot of another partial result.

    >>> AccumulatorField(0, "{kept} + 1", "{kept} + {other}").add.format(kept="kept[0]")
    'kept[0] + 1'
    """

    start: Any
    add: str
    merge: str


@dataclass(frozen=True)
class Aggregate:
    """A value that is computed from the values of a group.

    Args:
        name: its name with its arguments.
        field: the name of a record's field, a function of the row, or None for the row itself.
        slots: the fields of its accumulator.
        result: an expression for the result; {0}, {1}, … are the slots.
        helpers: the functions and values that the expressions name.
    """

    name: str
    field: Field
    slots: tuple[AccumulatorField, ...]
    result: str
    helpers: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def slots_take_values(self) -> bool:
        """Whether a slot uses the value of a row."""
        return any("{value}" in slot.add for slot in self.slots)

    def __repr__(self) -> str:
        return self.name
