"""Names of tables and columns in SQL."""

from __future__ import annotations

import re

_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier.

    >>> print(quoted('a "b"'))
    "a ""b\"""
    """
    return '"' + name.replace('"', '""') + '"'


def table_parts(verb: str, table: str) -> tuple[str | None, str]:
    """Return (schema or None, table) of a table's name. A part that holds a dot stands in double quotes.

    >>> table_parts("write_sql", "words"), table_parts("write_sql", 'public."a.b"')
    ((None, 'words'), ('public', 'a.b'))

    Raises ValueError for another form.
    """
    parts: list[str] = []
    place = 0
    while found := _PART.match(table, place):
        parts.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        place = found.end()
        if not table.startswith(".", place):
            break
        place += 1
    if place != len(table) or table.endswith(".") or len(parts) not in (1, 2):
        raise ValueError(f'{verb}(): the table must be "table" or "schema.table", got {table!r}')
    return (parts[0], parts[1]) if len(parts) == 2 else (None, parts[0])


def quoted_table(schema: str | None, table: str) -> str:
    """Return the table's name as SQL, with its schema if there is one."""
    return quoted(table) if schema is None else f"{quoted(schema)}.{quoted(table)}"
