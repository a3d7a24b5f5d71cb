"""The rows of a task that left the columns which were planned for them, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from operator import itemgetter
from typing import Any

from glowray.functions.show import shown
from glowray.kernels.base.steps import Step

EXAMPLE = 80
"""The maximum number of characters of an example."""

NOT_FOLDED = "columns do not fold these values exactly"

_FIRST = itemgetter(0)


@dataclass
class HandedRows:
    """Rows that a step over columns handed to Python. `reason` and `example` are those of the first row.

    >>> HandedRows(2, "a guard of lower failed", "'İzmir'")
    HandedRows(rows=2, reason='a guard of lower failed', example="'İzmir'")
    """

    rows: int
    reason: str
    example: str


Why = Callable[[], tuple[str, str]]
"""Returns (the reason, the example). It is called for the first rows of a step only."""


class RowLevels:
    """Counts the rows that operators over columns hand to Python.

    Args:
        head: the first operator of the task, if its rows are the rows that came in. None behind a source that makes
            other rows, such as a join.

    `passed` counts the rows that came to the head, and `failed` those of them that it handed to Python. A fold that
    goes on in Python takes all rows from a place on: `fallen` is (passed, failed) at that place. `later` counts the
    rows that other operators handed to Python.
    """

    def __init__(self, head: object = None) -> None:
        self.head = head
        self.passed = self.failed = self.later = 0
        self.fallen: tuple[int, int] | None = None
        self._handed: dict[int, tuple[Step, HandedRows]] = {}

    @property
    def place(self) -> tuple[int, int]:
        """Return (rows that came to the head, rows of them that failed) up to now."""
        return self.passed, self.failed

    def come(self, operator: object, rows: int) -> None:
        """Count the rows that came to an operator."""
        if operator is self.head:
            self.passed += rows

    def hand(self, operator: object, step: Step, rows: int, why: Why) -> None:
        """Count the rows that a step of an operator hands to Python."""
        if operator is self.head:
            self.failed += rows
        else:
            self.later += rows
        self.note(step, rows, why)

    def fall(self, place: tuple[int, int]) -> None:
        """Note that a fold goes on in Python with all rows that came to the head after a place."""
        self.fallen = place

    def note(self, step: Step, rows: int, why: Why) -> None:
        """Add the rows that a step hands to Python to those of the step alone."""
        known = self._handed.get(id(step))
        if known is None:
            self._handed[id(step)] = step, HandedRows(rows, *why())
        else:
            known[1].rows += rows

    def noted(self, step: Step, morsels: Iterable[Any], why: Why) -> Iterator[Any]:
        """Yield morsels of Python's rows, and count their rows as handed to Python by a step."""
        for morsel in morsels:
            if isinstance(morsel, (list, tuple, range)):
                self.note(step, len(morsel), why)
                yield morsel
                continue
            counter = count()
            try:
                yield map(_FIRST, zip(morsel, counter, strict=False))
            finally:
                self.note(step, next(counter), why)

    def failed_of(self, rows_in: int) -> int:
        """Return how many of the rows that came into the task Python computed, although columns were planned."""
        if self.fallen is not None:
            passed, failed = self.fallen
            return max(0, min(rows_in, rows_in - passed + failed))
        return min(rows_in, self.failed + self.later)

    def taken(self, source: Step, steps: Iterable[Step]) -> dict[int, HandedRows]:
        """Return the counts by the step's number in the task, -1 for the source, and forget all counts."""
        handed = {number: self._handed[id(step)][1] for number, step in self._numbered(source, steps)}
        self.passed = self.failed = self.later = 0
        self._handed = {}
        return handed

    def _numbered(self, source: Step, steps: Iterable[Step]) -> list[tuple[int, Step]]:
        return [(number, step) for number, step in enumerate((source, *steps), -1) if id(step) in self._handed]


def example_of(row: object) -> str:
    """Return a row as an example: its repr, cut to EXAMPLE characters."""
    return shown(row, EXAMPLE)
