"""Chooses how the bytes of row groups are read: whole, or column by column through buffers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow.parquet as pq

WHOLE_BYTES = 64 << 20
"""The most bytes of a row group's columns that are read at once. All buffers together take as much at most."""

LARGEST_BUFFER, SMALLEST_BUFFER = 8 << 20, 1 << 16


def buffer_bytes(file: pq.ParquetFile, groups: Sequence[int], names: Collection[str]) -> int:
    """Return the bytes of each column's buffer, or 0 if every row group is small enough to be read at once.

    `names` are the columns that are read. Writers may put a whole file into one row group.
    """
    wanted = frozenset(names)
    largest = columns = 0
    for number in groups:
        group = file.metadata.row_group(number)
        found = [group.column(place) for place in range(group.num_columns)]
        sizes = [each.total_compressed_size for each in found if _is_of(each.path_in_schema, wanted)]
        largest, columns = max(largest, sum(sizes)), len(sizes)
    if largest <= WHOLE_BYTES:
        return 0
    return max(SMALLEST_BUFFER, min(LARGEST_BUFFER, WHOLE_BYTES // columns))


def _is_of(path: str, wanted: frozenset[str]) -> bool:
    """Return whether a column of the file belongs to a wanted column. `tags.list.element` belongs to `tags`."""
    return path in wanted or path.partition(".")[0] in wanted
