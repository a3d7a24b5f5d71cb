"""Rows that a reader cannot make of a readable file: a line that is not JSON, or a field that its type refuses."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from glowray.functions import Cause
from glowray.functions.blame import Blame, note
from glowray.io.reader import RowReader


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error of a row that a reader cannot make. The cause has the line as the row, and reads it again."""

    error: Exception
    cause: Cause


Refuse = Callable[[Callable[[], Refusal]], None]
"""Called for each row that a reader cannot make, with what makes its Refusal. If it returns, the reader goes on."""


def raise_refusal(make: Callable[[], Refusal]) -> None:
    """Raise the error of a row, with its cause noted."""
    refusal = make()
    note(refusal.error, Blame(cause=refusal.cause))
    raise refusal.error


def ignore_refusal(make: Callable[[], Refusal]) -> None:
    """Leave out a row of which another reading tells."""


class RefusingReader(RowReader):
    """A reader of lines some of which may be no rows.

    The rows before such a line are yielded before `refuse` is called. So no line past the last row that is asked for
    is ever refused.
    """

    @abstractmethod
    def refusing(self, refuse: Refuse, *, ahead: bool) -> Self:
        """Return a reader of the same rows that calls `refuse`, where this one raises.

        Args:
            refuse: what becomes of a line that is no row.
            ahead: whether `refuse` may be called before the rows before the line are yielded. That saves many short
                lists of rows where all rows will be asked for.
        """
