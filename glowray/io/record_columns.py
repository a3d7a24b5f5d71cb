"""The columns of dict rows that are read from files or written to them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class RecordColumns:
    """The columns of a partition: the given ones, or those of all rows so far in order of first appearance.

    A row may lack a column and has None there. If columns are given, a row with another column is refused, so that no
    value is dropped silently.
    """

    def __init__(self, verb: str, given: tuple[str, ...] | None) -> None:
        self._verb = verb
        self.is_given = given is not None
        self.names: tuple[str, ...] = given or ()

    def are_plain(self, rows: list[Any]) -> bool:
        """Return whether each row has exactly these columns in their order. Add the new columns of rows first.

        Raises TypeError for a row that is no dict.
        """
        if set(map(type, rows)) != {dict}:
            raise not_dicts(self._verb, next(row for row in rows if type(row) is not dict))
        if operator.countOf(map(tuple, rows), self.names) == len(rows):
            return True
        self._add(rows)
        return operator.countOf(map(tuple, rows), self.names) == len(rows)

    def add(self, names: Sequence[str]) -> None:
        """Add columns that are not known yet, after the known ones."""
        self.names = check_names(tuple(dict.fromkeys(chain(self.names, names))), may_be_empty=True)

    def values(self, row: dict[str, Any]) -> Sequence[Any]:
        """Return the values of a row in the order of the columns. If there are none yet, take those of the row."""
        if not self.names:
            self.add(list(row))
        if tuple(row) == self.names:
            return tuple(row.values())
        return [row.get(name) for name in self.names]

    def _add(self, rows: list[dict[str, Any]]) -> None:
        more = dict.fromkeys(chain.from_iterable(rows)).keys() - set(self.names)
        if not more:
            return
        if self.is_given:
            row, name = next((row, name) for row in rows for name in row if name in more)
            raise _one_more(name, f"{row!r:.200}")
        self.add(list(dict.fromkeys(chain.from_iterable(rows))))


def given_columns(verb: str, columns: Sequence[str] | None, schema: pa.Schema | None) -> tuple[str, ...] | None:
    """Return the names of the columns that the user gave, None if there are none.

    Raises ValueError for an empty list, a repeated name, or both arguments; TypeError for a schema that is no
    pyarrow.Schema.
    """
    if schema is None:
        return None if columns is None else check_names(tuple(columns))
    import pyarrow as pa

    if not isinstance(schema, pa.Schema):
        raise TypeError(f"{verb}(): schema must be a pyarrow.Schema, not {type(schema).__qualname__}")
    if columns is not None:
        raise ValueError("give columns= or schema=, which names the columns too")
    return check_names(tuple(schema.names), "schema")


def with_columns(table: pa.Table, columns: tuple[str, ...], rows: Callable[[], Iterable[Any]]) -> pa.Table:
    """Return a table of dict rows with the given columns in their order. A column that it lacks is null.

    Raises ValueError for a column that is not given, with the first of `rows()` that has it.
    """
    import pyarrow as pa

    from glowray.rows.tables.column_errors import row_text
    from glowray.rows.tables.recast import recast_table

    schema = table.schema
    if more := [name for name in schema.names if name not in columns]:
        raise _one_more(more[0], row_text(next(row for row in rows() if more[0] in row)))
    fields = [schema.field(name) if name in schema.names else pa.field(name, pa.null()) for name in columns]
    return recast_table(table, pa.schema(fields))


def _one_more(name: str, row: str) -> ValueError:
    return ValueError(f"a row has a column {name!r} more than columns=: {row}")


def check_columns(names: Sequence[str], whose: str) -> None:
    """Raise ValueError if two columns have one name, because a dict holds only one of them."""
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f'{whose} has the column "{name}" twice: a dict would lose one of them')


def check_present(path: str, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise ValueError if a file with the columns `names` lacks one of `wanted`."""
    for name in wanted:
        if name not in names:
            raise ValueError(f'"{path}" has no column "{name}"; it has {", ".join(names)}')


def not_dicts(verb: str, row: Any) -> TypeError:
    """Return the error for a row that is no dict."""
    return TypeError(f"{verb}() needs dict rows, not {row!r:.200}: name the fields by columns=, or map them to dicts")


def check_names(names: tuple[Any, ...], whose: str = "columns", *, may_be_empty: bool = False) -> tuple[str, ...]:
    """Return the names. Raises TypeError for a name that is no str, ValueError for a repeated name or no names."""
    if not names and not may_be_empty:
        raise ValueError(f"rows need at least one column: {whose} is a list of names")
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"a column name in a file is a str, not {name!r}")
    if len(set(names)) < len(names):
        name = next(name for place, name in enumerate(names) if name in names[:place])
        raise ValueError(f'{whose}= names "{name}" twice')
    return names
