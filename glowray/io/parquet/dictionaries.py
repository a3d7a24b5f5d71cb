"""Chooses the text columns of a Parquet file that are read with their dictionaries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_BYTES_A_VALUE = 4
"""A value outside of the dictionary takes more: its text, and four bytes for its length."""


def small_dictionaries(file: pq.ParquetFile, groups: Sequence[int], names: Collection[str]) -> list[str]:
    """Return those of the columns `names` that hold text as numbers of a small dictionary in all these row groups.

    Arrow reads such numbers several times faster than the texts.
    """
    import pyarrow as pa

    texts = (pa.string(), pa.large_string())
    found = {field.name for field in file.schema_arrow if field.type in texts}.intersection(names)
    for number in groups:
        group = file.metadata.row_group(number)
        columns = (group.column(place) for place in range(group.num_columns)) if found else ()
        found -= {
            column.path_in_schema
            for column in columns
            if not column.has_dictionary_page or column.total_uncompressed_size > _BYTES_A_VALUE * column.num_values
        }
    return sorted(found)
