"""Arrow tables and pandas frames in memory as sources of rows, which are dicts."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from glowray.io.arrow.table_blocks import first_shape, records_block, table_block, table_shape
from glowray.io.arrow.table_rows import table_rows
from glowray.io.memory import bounds, default_partitions
from glowray.io.reader import RecordReader, TypedReader, check_partitions
from glowray.io.record_columns import check_columns
from glowray.rows import Block

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from glowray.rows.types.shape import Shape

ROWS_A_MORSEL = 16_384
ROWS_A_BLOCK = 65_536

SAMPLED_ROWS = 1_000
"""The first rows, whose shape the others are expected to have."""


@dataclass(frozen=True, eq=False)
class ArrowReader(RecordReader, TypedReader):
    """Reads the rows of an Arrow table."""

    is_repeatable = True

    table: pa.Table
    num_partitions: int

    @property
    def label(self) -> str:
        return f"from_arrow({self.table.num_rows:,} rows of {self.table.num_columns} columns)"

    @property
    def estimated_bytes(self) -> int:
        return int(self.table.nbytes)

    def slice(self, index: int) -> pa.Table:
        """Return the slice of the table that is partition `index`."""
        start, stop = bounds(self.table.num_rows, self.num_partitions, index)
        return self.table.slice(start, stop - start)

    def read(self, index: int) -> Iterator[list[dict[str, Any]]]:
        part = self.slice(index)
        for start in range(0, part.num_rows, ROWS_A_MORSEL):
            yield table_rows(part.slice(start, ROWS_A_MORSEL))

    @cached_property
    def shape(self) -> Shape | None:
        """The shape of the blocks of `read_blocks`: what the schema says, else that of the first rows."""
        return table_shape(self.table.schema) or first_shape(partial(table_block, self.table.slice(0, SAMPLED_ROWS)))

    @property
    def arrow_types(self) -> pa.Schema:
        """The columns and their types."""
        return self.table.schema

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.table.column_names)

    def read_blocks(self, index: int) -> Iterator[Block]:
        """Yield the rows of partition `index` as blocks. A column stays as it is if its values are Python's."""
        part = self.slice(index)
        for start in range(0, part.num_rows, ROWS_A_BLOCK):
            yield table_block(part.slice(start, ROWS_A_BLOCK))


def arrow_reader(table: Any, partitions: int | None = None) -> ArrowReader:
    """Return a reader of a pyarrow.Table, or of an object with `__arrow_c_stream__`. Rows are dicts.

    >>> import pyarrow as pa
    >>> [rows for rows in arrow_reader(pa.table({"a": [1, None]}), partitions=1).read(0)]
    [[{'a': 1}, {'a': None}]]

    A stream is read at the call. Raises TypeError for another object, ValueError for two columns of one name.
    """
    import pyarrow as pa

    check_partitions(partitions)
    if not isinstance(table, pa.Table):
        if not hasattr(table, "__arrow_c_stream__") and not isinstance(table, pa.RecordBatch):
            raise TypeError(f"from_arrow() needs a pyarrow.Table, or what gives an Arrow stream, not {table!r:.200}")
        table = pa.table(table)
    check_columns(table.column_names, "the table")
    return ArrowReader(table, partitions or default_partitions(table.num_rows))


@dataclass(frozen=True, eq=False)
class PandasReader(RecordReader):
    """Reads the rows of a pandas.DataFrame. They are columns if all labels are str."""

    is_repeatable = True

    frame: pd.DataFrame
    num_partitions: int

    @property
    def label(self) -> str:
        return f"from_pandas({len(self.frame):,} rows of {len(self.frame.columns)} columns)"

    @property
    def estimated_bytes(self) -> int:
        return int(self.frame.memory_usage(index=False, deep=True).sum())

    def read(self, index: int) -> Iterator[list[dict[Any, Any]]]:
        from glowray.io.arrow.frames import pandas_rows

        return pandas_rows(self.slice(index))

    def slice(self, index: int) -> pd.DataFrame:
        """Return the slice of the frame that is partition `index`."""
        first, last = bounds(len(self.frame), self.num_partitions, index)
        return self.frame.iloc[first:last]

    @cached_property
    def shape(self) -> Shape | None:
        """The shape of the first rows, or None if they cannot be columns."""
        if self.fields is None:
            return None
        first = self.frame.iloc[:SAMPLED_ROWS]
        return first_shape(lambda: next(self._blocks(first), Block()))

    @cached_property
    def fields(self) -> tuple[str, ...] | None:
        """The labels of the columns, or None if one is no str."""
        labels = tuple(self.frame.columns.tolist())
        return labels if labels and set(map(type, labels)) == {str} else None

    def read_blocks(self, index: int) -> Iterator[Block | list[Any]]:
        """Yield the rows of partition `index` as blocks, or as lists if a label is no str."""
        return self.read(index) if self.fields is None else self._blocks(self.slice(index))

    def _blocks(self, frame: pd.DataFrame) -> Iterator[Block]:
        from glowray.io.arrow.frames import pandas_columns

        columns = pandas_columns(frame)
        for start in range(0, len(frame), ROWS_A_BLOCK):
            stop = min(start + ROWS_A_BLOCK, len(frame))
            yield records_block(list(columns), [each[start:stop] for each in columns.values()], stop - start)


def pandas_reader(frame: Any, partitions: int | None = None) -> PandasReader:
    """Return a reader of a pandas.DataFrame. Rows are dicts of column label and value, without the index.

    >>> import pandas as pd
    >>> list(pandas_reader(pd.DataFrame({"a": [1, 2], "b": ["x", None]}), partitions=1).read(0))
    [[{'a': 1, 'b': 'x'}, {'a': 2, 'b': None}]]

    Values are Python's own types, and objects do not change. NaN in a column of NumPy floats stays NaN. A missing
    value in any other column (NaN beside str, NaT, NA) is None. The call copies the frame, so later changes have no
    effect.

    Raises:
        TypeError: it is no DataFrame, or a value cannot be pickled.
        ValueError: two columns have one label.
    """
    import pandas as pd

    check_partitions(partitions)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"from_pandas() needs a pandas DataFrame, not {type(frame).__name__}")
    check_columns(frame.columns.tolist(), "the data frame")
    try:
        copy = pickle.loads(pickle.dumps(frame, protocol=5))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"from_pandas(): the data frame holds what cannot be pickled: {error}") from error
    return PandasReader(copy, partitions or default_partitions(len(frame)))
