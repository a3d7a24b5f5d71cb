"""Datasets as Arrow tables, which pandas, Polars and DuckDB read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from glowray.action.perform import collect_blocks
from glowray.dataset.core.base import Base, T_co
from glowray.io.record_columns import given_columns
from glowray.plan.nodes import Node

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from glowray.flow.flow import Flow

_one_at_a_time = threading.Lock()


class ArrowActions(Base[T_co]):
    """The actions to_arrow, to_pandas and __arrow_c_stream__."""

    _exported: _Export | None = None

    def to_arrow(self, *, schema: pa.Schema | None = None) -> pa.Table:
        """Return all rows as a pyarrow.Table. All rows come to the driver.

        >>> import glowray as gr
        >>> gr.from_items([{"word": "be", "n": 2}, {"word": "or", "n": None}]).to_arrow().to_pydict()
        {'word': ['be', 'or'], 'n': [2, None]}

        Columns are the keys of dicts, and the fields of named tuples and dataclasses. Tuples have columns `0`, `1`, …;
        other rows have one column, `value`. They come in order of first appearance. A field that a row lacks is null,
        at any depth. Without rows the table has no columns.

        Args:
            schema: a pyarrow.Schema: the table's columns, their order and types. A column that is float64 there may
                hold ints beside floats. A float is rounded to a narrower float type that the schema names.

        Raises:
            InexactColumn: Arrow, or the type in `schema`, cannot hold a column exactly: ints beside floats, a tuple
                inside a row, an int beyond 64 bits. The message names the column, and both rows if their types differ.
            ValueError: a row has a field that `schema` lacks.
        """
        given_columns("to_arrow", None, schema)
        return _table_of(self._flow, self._node, schema)

    def to_pandas(self, *, schema: pa.Schema | None = None) -> pd.DataFrame:
        """Return all rows as a pandas.DataFrame. All rows come to the driver.

        >>> import glowray as gr
        >>> gr.from_items([("be", 2), ("or", 1)]).to_pandas()["1"].sum()
        np.int64(3)

        Columns and `schema` are as for to_arrow(). A column of numbers or bools with a None has one of pandas' Arrow
        types, such as int64[pyarrow]: ints stay ints, and None does not become NaN. Lists and dicts are objects.

        Raises:
            InexactColumn: as for to_arrow(), like ValueError.
            ModuleNotFoundError: pandas is not installed.
        """
        from glowray.io.arrow.frames import check_installed, pandas_frame

        check_installed("pandas", "to_pandas()")
        given_columns("to_pandas", None, schema)
        return pandas_frame(_table_of(self._flow, self._node, schema))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Return the rows as a capsule of an Arrow stream, which Polars, DuckDB and pandas read.

        >>> import glowray as gr, pyarrow as pa
        >>> words = gr.from_items([("be", 2), ("or", 1)])
        >>> pa.table(words).to_pydict()
        {'0': ['be', 'or'], '1': [2, 1]}

        Nothing runs before the stream's schema or rows are read; then all rows come to the driver. All streams of this
        object share one run, whose table stays with the object. The stream's reader gets an error as text.

        Args:
            requested_schema: a capsule of the schema to cast to; a cast that would change a value is an error.
        """
        from glowray.dataset.actions.arrow_stream import stream_capsule

        with _one_at_a_time:
            if self._exported is None:
                self._exported = _Export(self._flow, self._node)
        return stream_capsule(self._exported.table, requested_schema)


class _Export:
    """The table that all streams of a dataset share. The first read makes it."""

    def __init__(self, flow: Flow, node: Node) -> None:
        self._flow, self._node = flow, node
        self._lock = threading.Lock()
        self._table: pa.Table | None = None

    def table(self) -> pa.Table:
        with self._lock:
            if self._table is None:
                self._table = _table_of(self._flow, self._node)
            return self._table


def _table_of(flow: Flow, node: Node, schema: pa.Schema | None = None) -> pa.Table:
    from glowray.rows.tables.arrow_table import arrow_table
    from glowray.rows.tables.column_errors import MAP_OR_SCHEMA
    from glowray.rows.tables.schema_table import table_by_schema

    blocks = collect_blocks(flow.settings, flow.outcome, node)
    return arrow_table(blocks, MAP_OR_SCHEMA) if schema is None else table_by_schema(blocks, schema)
