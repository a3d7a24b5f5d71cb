"""Datasets as Arrow tables, for everything that reads Arrow: pandas, Polars, DuckDB."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from glowray.action.perform import collect_blocks
from glowray.dataset.base import Base, T_co
from glowray.io.record_columns import given_columns
from glowray.plan.nodes import Node

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from glowray.flow.flow import Flow

_one_at_a_time = threading.Lock()


class ArrowActions(Base[T_co]):
    """to_arrow, to_pandas, __arrow_c_stream__."""

    _exported: _Export | None = None

    def to_arrow(self, *, schema: pa.Schema | None = None) -> pa.Table:
        """All rows as a pyarrow.Table. To the driver.

        >>> import glowray as gr
        >>> gr.from_items([{"word": "be", "n": 2}, {"word": "or", "n": None}]).to_arrow().to_pydict()
        {'word': ['be', 'or'], 'n': [2, None]}

        Columns are the keys of dicts, the fields of named tuples and dataclasses, `0`, `1`, … for tuples, and `value`
        for anything else, in order of first appearance. A field that a row lacks is null, at any depth. No value
        changes: a column of ints and floats, a tuple inside a row and an int of more than 64 bits are errors, in
        whichever partitions they are. The table of a dataset without rows has no columns.

        Args:
            schema: a pyarrow.Schema that the table is to have: columns, their order and types. int beside float is fine
                in a column that is float64 there, and a float is rounded to a narrower float type.

        Raises:
            InexactColumn: a column that Arrow, or its type in `schema`, cannot hold exactly. It is named, with both
                rows where values are of two types.
            ValueError: a row has a field that `schema` lacks.
        """
        given_columns("to_arrow", None, schema)
        return _table_of(self._flow, self._node, schema)

    def to_pandas(self, *, schema: pa.Schema | None = None) -> pd.DataFrame:
        """All rows as a pandas.DataFrame. To the driver.

        >>> import glowray as gr
        >>> gr.from_items([("be", 2), ("or", 1)]).to_pandas()["1"].sum()
        np.int64(3)

        Columns and `schema` as for to_arrow(). A column of numbers or bools that holds None is of pandas' Arrow types,
        such as int64[pyarrow], so that ints stay ints and None is not NaN; lists and dicts are objects.

        Raises:
            InexactColumn: as for to_arrow().
            ModuleNotFoundError: pandas is not installed.
        """
        from glowray.io.frames import check_installed, pandas_frame

        check_installed("pandas", "to_pandas()")
        given_columns("to_pandas", None, schema)
        return pandas_frame(_table_of(self._flow, self._node, schema))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows as a stream of Arrow batches, by which Polars, DuckDB, pandas and others read a Dataset.

        >>> import glowray as gr, pyarrow as pa
        >>> words = gr.from_items([("be", 2), ("or", 1)])
        >>> pa.table(words).to_pydict()
        {'0': ['be', 'or'], '1': [2, 1]}

        Nothing runs before somebody reads the stream's schema or rows. All streams of this very object share one run,
        whose table stays with it; an error reaches the reader as text, as that is all such a stream can tell.

        Args:
            requested_schema: a capsule of the schema to cast to; a cast that would change a value is an error.
        """
        from glowray.dataset.arrow_stream import stream_capsule

        with _one_at_a_time:
            if self._exported is None:
                self._exported = _Export(self._flow, self._node)
        return stream_capsule(self._exported.table, requested_schema)


class _Export:
    """The table that all streams of a dataset share, made when one of them is first read."""

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
    from glowray.rows.by_schema import table_by_schema
    from glowray.rows.inexact import MAP_OR_SCHEMA
    from glowray.rows.to_arrow import arrow_table

    blocks = collect_blocks(flow.settings, flow.outcome, node)
    return arrow_table(blocks, MAP_OR_SCHEMA) if schema is None else table_by_schema(blocks, schema)
