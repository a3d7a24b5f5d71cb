"""Datasets as Arrow tables, which pandas, Polars and DuckDB read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from glowray.action.perform import collect_blocks
from glowray.dataset.core.base import Base, T_co
from glowray.io.field_names import FieldNames, named_by_schema
from glowray.io.record_columns import given_columns, with_columns
from glowray.plan.nodes import Node
from glowray.rows import Block

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from glowray.flow.flow import Flow

_one_at_a_time = threading.Lock()


class ArrowActions(Base[T_co]):
    """The actions to_arrow, to_pandas and __arrow_c_stream__."""

    _exported: _Export | None = None

    def to_arrow(self, *, columns: Sequence[str] | None = None, schema: pa.Schema | None = None) -> pa.Table:
        """Return all rows as a pyarrow.Table. All rows come to the driver.

        >>> import glowray as gr
        >>> gr.from_items([{"word": "be", "n": 2}, {"word": "or", "n": None}]).to_arrow().to_pydict()
        {'word': ['be', 'or'], 'n': [2, None]}
        >>> gr.from_items([("be", (2, "x"))]).to_arrow(columns=["word", "n", "kind"]).to_pydict()
        {'word': ['be'], 'n': [2], 'kind': ['x']}

        Columns are the keys of dicts, and the fields of named tuples and dataclasses. Tuples have columns `0`, `1`, …;
        other rows have one column, `value`. They come in order of first appearance. A field that a row lacks is null,
        at any depth. Without rows the table has no columns.

        Args:
            columns: as for write_csv(): the columns of dict rows in their order, or names for the fields of other rows.
            schema: a pyarrow.Schema: the table's columns, their order and types. If none of them is called `0` or
                `value`, they also name the fields of tuples, lists and other rows without names, as `columns` does. A
                column that is float64 there may hold ints beside floats. A float is rounded to a narrower float type
                that the schema names.

        Raises:
            InexactColumn: Arrow, or the type in `schema`, cannot hold a column exactly: ints beside floats, a tuple
                inside a row, an int beyond 64 bits. The message names the column, and both rows if their types differ.
            TypeError: a row that is no dict has not as many fields as `columns` names.
            ValueError: a row has a field that `columns` or `schema` lacks, or both are given.
        """
        names = given_columns("to_arrow", columns, schema)
        return _table_of(self._flow, self._node, names, schema, "to_arrow")

    def to_pandas(self, *, columns: Sequence[str] | None = None, schema: pa.Schema | None = None) -> pd.DataFrame:
        """Return all rows as a pandas.DataFrame. All rows come to the driver.

        >>> import glowray as gr
        >>> gr.from_items([("be", 2), ("or", 1)]).to_pandas(columns=["word", "n"])["n"].sum()
        np.int64(3)

        Columns, `columns` and `schema` are as for to_arrow(). A column of numbers or bools with a None has one of
        pandas' Arrow types, such as int64[pyarrow]. So ints stay ints, and None does not become NaN. Lists and dicts
        are objects.

        Raises:
            InexactColumn: as for to_arrow(), like TypeError and ValueError.
            MissingLibrary: pandas is not installed.
        """
        from glowray.extras import check_extra
        from glowray.io.arrow.frames import pandas_frame

        check_extra("pandas", "to_pandas()")
        names = given_columns("to_pandas", columns, schema)
        return pandas_frame(_table_of(self._flow, self._node, names, schema, "to_pandas"))

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


def _table_of(
    flow: Flow, node: Node, names: tuple[str, ...] | None = None, schema: pa.Schema | None = None, verb: str = ""
) -> pa.Table:
    """Return all rows as a table of the columns `names`, which are those of `schema` if there is one."""

    def table(blocks: list[Block]) -> pa.Table:
        return _table_from(blocks, names, schema, verb)

    return collect_blocks(flow.settings, flow.outcome, node, table)


def _table_from(blocks: list[Block], names: tuple[str, ...] | None, schema: pa.Schema | None, verb: str) -> pa.Table:
    from glowray.rows.tables.arrow_table import arrow_table
    from glowray.rows.tables.column_errors import MAP_OR_SCHEMA
    from glowray.rows.tables.schema_table import table_by_schema

    if schema is not None:
        return table_by_schema(named_by_schema(verb, blocks, schema), schema)
    if names is None:
        return arrow_table(blocks, MAP_OR_SCHEMA)
    records = list(map(FieldNames(verb, names).block, blocks))
    rows = chain.from_iterable(block.rows() for block in records)
    return with_columns(arrow_table(records, MAP_OR_SCHEMA), names, lambda: rows)
