"""The columns of dict rows that go to a file: all rows have the same."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any


class RecordColumns:
    """The columns of the rows of a partition: those given, or the first row's.

    With given ones a row may lack some, and has None there; a row that has more than them, or other columns than the
    first, is refused: nothing is left out in silence.
    """

    def __init__(self, verb: str, given: tuple[str, ...] | None) -> None:
        self._verb = verb
        self._given = given is not None
        self.names = given
        if given is not None:
            check_names(given)

    def are_plain(self, rows: list[Any]) -> bool:
        """Whether all rows are dicts of the very columns, in their order."""
        if set(map(type, rows)) != {dict}:
            return False
        if self.names is None:
            self.values(rows[0])
        return operator.countOf(map(tuple, rows), self.names) == len(rows)

    def values(self, row: Any) -> Sequence[Any]:
        """The values of a row in the order of the columns."""
        if type(row) is not dict:
            raise TypeError(f"{self._verb}() needs dict rows, not {row!r:.200}: map them to dicts of column and value")
        if self.names is None:
            self.names = check_names(tuple(row))
        if tuple(row) == self.names:
            return tuple(row.values())
        more = [name for name in row if name not in self.names]
        less = [] if self._given else [name for name in self.names if name not in row]
        if more or less:
            what = f"has a column {more[0]!r} more than" if more else f"lacks the column {less[0]!r} of"
            known = "columns=" if self._given else "the first row of its partition (columns= names all)"
            raise ValueError(f"a row {what} {known}: {row!r:.200}")
        return [row.get(name) for name in self.names]


def check_names(names: tuple[Any, ...]) -> tuple[str, ...]:
    """Refuse names that are no str, are there twice, or are none at all."""
    if not names:
        raise ValueError("rows need at least one column: columns is a list of names")
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(f"a column name in a file is a str, not {name!r}")
        if name in names[:place]:
            raise ValueError(f'columns= names "{name}" twice')
    return names
