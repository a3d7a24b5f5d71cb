"""Columns that the folders of a file add, as Hive names them: `year=2013/month=1/a.parquet`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from glowray.io.files.paths import File

if TYPE_CHECKING:
    import pyarrow as pa

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""The text that Hive writes for None."""

Values = tuple[tuple[str, str | None], ...]
"""The names and texts of a file's folders: `(("year", "2013"), ("month", "1"))`."""

_INT = re.compile(r"0|-?[1-9][0-9]{0,18}")


def folder_values(folders: Sequence[str]) -> Values:
    """Return the columns that folders name, and their texts. The last folder of a name counts.

    >>> folder_values(["year=2013", "plain", "city=S%C3%A3o%20Paulo", "day=__HIVE_DEFAULT_PARTITION__"])
    (('year', '2013'), ('city', 'São Paulo'), ('day', None))
    """
    pairs = [folder.partition("=") for folder in folders if folder.find("=") > 0]
    found = {unquote(name): None if text == NO_VALUE else unquote(text) for name, _, text in pairs}
    return tuple(found.items())


def folder_types(files: Iterable[File]) -> pa.Schema:
    """Return the columns that the folders of files add: ints if all texts are what str(int) writes, else str.

    Ints over 64 bits stay str.
    """
    import pyarrow as pa

    texts: dict[str, set[str | None]] = {}
    for file in files:
        for name, text in folder_values(file.folders):
            texts.setdefault(name, set()).add(text)
    return pa.schema([(name, _type_of(found - {None})) for name, found in texts.items()])


def _type_of(texts: set[str | None]) -> pa.DataType:
    import pyarrow as pa

    if not texts or not all(text is not None and _INT.fullmatch(text) for text in texts):
        return pa.string()
    is_small = all(-(2**63) <= int(text or 0) < 2**63 for text in texts)
    return pa.int64() if is_small else pa.string()


def with_folders(schema: pa.Schema, values: Values, types: pa.Schema) -> pa.Schema:
    """Return the columns of a file, with those that its folders add. A folder counts more than a column of its name."""
    for name, _ in values:
        field, place = types.field(name), schema.get_field_index(name)
        schema = schema.append(field) if place < 0 else schema.set(place, field)
    return schema


def fill_folders(table: pa.Table, names: Sequence[str], values: Values, types: pa.Schema) -> pa.Table:
    """Return a table of some columns of a file as the columns `names`, of which its folders add some."""
    import pyarrow as pa

    for name, text in values:
        if name in names:
            kind = types.field(name).type
            scalar = pa.scalar(text, pa.string()).cast(kind)
            table = table.append_column(types.field(name), pa.repeat(scalar, table.num_rows))
    return table.select(list(names))
