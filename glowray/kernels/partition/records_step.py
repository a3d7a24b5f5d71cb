"""The step before rows leave for a table of another program: they become records that Arrow holds exactly."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from glowray.io.field_names import FieldNames
from glowray.io.record_columns import not_dicts, with_columns
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsel, Morsels
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.partition.partition_steps import ENCODED_ROWS, BlockStep
from glowray.rows import Block
from glowray.rows.types.kinds import Kind


@dataclass(frozen=True, slots=True)
class RecordsPart:
    """The columns of a task's records in Arrow's types, None if it has no rows. The task's block counts the rows."""

    rows: ClassVar[int] = 0
    bytes: ClassVar[int] = 0
    schema: Any


@dataclass(frozen=True, slots=True)
class AsRecords(BlockStep):
    """Rows → dicts whose columns have one Arrow type each; the types go with the task's report.

    `columns` names the fields of rows that are no dicts. With `item` such a row is the field "item" of a dict instead.
    """

    columns: tuple[str, ...] | None = None
    item: bool = False

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        try:
            yield from self._records(stream, task)
        except BaseException as error:
            blame(error, self)
            raise

    def kind_after(self, kind: Kind) -> Kind | None:
        return None

    def _records(self, stream: Morsels, task: TaskContext) -> Iterator[Block]:
        from glowray.rows.tables.common_schema import common_schema

        names = FieldNames(self.verb, self.columns)
        known: dict[Any, Any] = {}  # the first rows of each schema
        for morsel in stream:
            for block in _blocks(morsel):
                block = _items(block) if self.item else names.block(block)
                for piece in self._tables(block):
                    if known.setdefault(piece.schema, piece) is piece:
                        common_schema(known.values())
                yield block
        task.parts.append(RecordsPart(common_schema(known.values()) if known else None))

    def _tables(self, block: Block) -> Iterator[Any]:
        """Yield the rows of a block as tables. Raises TypeError for a row that is no dict."""
        from glowray.rows.tables.arrow_table import chunk_table

        for chunk in block.chunks:
            piece = chunk_table(chunk)
            if piece.kind != "dict":
                raise not_dicts(self.verb, next(row for row in chunk.rows() if not isinstance(row, dict)))
            if self.columns is not None:
                piece = replace(piece, table=with_columns(piece.table, self.columns, chunk.rows))
            yield piece


def _blocks(morsel: Morsel) -> Iterator[Block]:
    if isinstance(morsel, Block):
        yield morsel
        return
    rows = iter(morsel)
    while batch := list(itertools.islice(rows, ENCODED_ROWS)):
        yield Block.from_rows(batch)


def _items(block: Block) -> Block:
    """Return the rows as records: a row that is no dict becomes {"item": row}."""
    from glowray.rows.codec.chunk import Chunk
    from glowray.rows.types.shape import Fields, Pickled

    def records(chunk: Chunk) -> Chunk:
        shape = chunk.shape
        if isinstance(shape, Pickled):
            rows = chunk.rows()
            return Chunk.from_rows([row if isinstance(row, dict) else {"item": row} for row in rows])
        if isinstance(shape, Fields) and shape.kind == "record":
            return chunk if not shape.optional else Chunk.from_rows(chunk.rows())
        return Chunk(Fields("record", ("item",), (shape,)), chunk.columns, len(chunk))

    return Block(map(records, block.chunks))
