"""Names for the fields of rows that are no records, so that formats of records can hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from glowray.functions.show import shown
from glowray.functions.spread import fields_of, other_width
from glowray.io.record_columns import given_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block
    from glowray.rows.codec.chunk import Chunk
    from glowray.rows.types.shape import Fields, Shape


class FieldNames:
    """Turns rows into records with the fields that `columns` or `schema` names. Rows that are dicts stay as they are.

    A row is spread as over the parameters of a function. A row that is no tuple or list is one field.

    >>> FieldNames("write_csv", ("k", "a", "b")).records([("x", (1, 2)), ["y", 3, 4]])
    [{'k': 'x', 'a': 1, 'b': 2}, {'k': 'y', 'a': 3, 'b': 4}]

    Without names all rows stay as they are.
    """

    def __init__(self, verb: str, columns: tuple[str, ...] | None, schema: pa.Schema | None = None) -> None:
        self._verb, self._argument = verb, "columns" if schema is None else "schema"
        self._names = given_columns(verb, columns, schema)

    def records(self, rows: list[Any]) -> list[Any]:
        """Return the rows as dicts. Raises TypeError for a row with another number of fields."""
        if self._names is None:
            return rows
        return [row if isinstance(row, dict) else self._record(row, self._names) for row in rows]

    def block(self, block: Block) -> Block:
        """Return the rows of a block as records."""
        from glowray.rows import Block

        return Block(map(self.chunk, block.chunks))

    def chunk(self, chunk: Chunk) -> Chunk:
        """Return the rows of a chunk as records. The columns stay the same if each field has columns of its own."""
        if self._names is None:
            return chunk
        from glowray.rows.codec.chunk import Chunk

        shape = _named(chunk.shape, self._names)
        if shape is not None:
            return Chunk(shape, chunk.columns, len(chunk))
        return _items_named(chunk, self._names) or Chunk.from_rows(self.records(chunk.rows()))

    def _record(self, row: Any, names: tuple[str, ...]) -> dict[str, Any]:
        count = len(names)
        is_one = count == 1 and not isinstance(row, tuple | list)
        fields = (row,) if is_one else fields_of(row, count)
        if fields is None:
            has = f"{count} field{'' if count == 1 else 's'}"
            both = f"{self._argument}= names {has}, but the row {shown(row)} {other_width(row, count)}"
            raise TypeError(f"{self._verb}(): {both}")
        return dict(zip(names, fields, strict=True))


def named_by_schema(verb: str, blocks: Sequence[Block], schema: pa.Schema) -> Sequence[Block]:
    """Return rows as records of the columns of a schema, if their fields have no names of their own.

    Dicts, named tuples and dataclasses have names. All rows stay if the schema has a column `0` or `value`: it then
    goes by the columns that to_arrow() gives rows without names.
    """
    from glowray.rows import Block
    from glowray.rows.types.shape import Fields

    if {"0", "value"} & set(schema.names):
        return blocks

    def named(chunk: Chunk) -> Chunk:
        shape = chunk.shape
        return chunk if isinstance(shape, Fields) and shape.kind != "tuple" else names.chunk(chunk)

    names = FieldNames(verb, None, schema)
    return [Block(map(named, block.chunks)) for block in blocks]


def _named(shape: Shape, names: tuple[str, ...]) -> Fields | None:
    """Return the shape of the records whose columns are those of rows of `shape`, None if there is none.

    (str, (int, int)) → {k: str, a: int, b: int}
    """
    from glowray.rows.types.shape import Fields, Scalar

    if isinstance(shape, Scalar):
        children: tuple[Shape, ...] = (shape,)
    elif not isinstance(shape, Fields) or shape.optional:
        return None
    elif shape.kind == "record":
        return shape
    elif not _is_tuple(shape):
        return None
    else:
        children = shape.children
        if len(children) == 2 != len(names) and _is_tuple(children[1]):
            children = (children[0], *children[1].children)
    return Fields("record", names, children) if len(children) == len(names) else None


def _is_tuple(shape: Shape) -> TypeGuard[Fields]:
    from glowray.rows.types.shape import Fields

    return isinstance(shape, Fields) and shape.kind in ("tuple", "namedtuple") and not shape.optional


def _items_named(chunk: Chunk, names: tuple[str, ...]) -> Chunk | None:
    """Return the records of rows that are lists of as many items as there are names, None for other rows.

    [["a", "b"], ["c", "d"]] → columns ["a", "c"] and ["b", "d"]
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from glowray.rows.codec.chunk import Chunk
    from glowray.rows.types.shape import Fields, ListShape, explode

    shape, count = chunk.shape, len(names)
    if not isinstance(shape, ListShape):
        return None
    lists = chunk.columns[0]
    if lists.null_count or not pc.all(pc.equal(pc.list_value_length(lists), count), min_count=0).as_py():
        return None
    items = explode(shape.element, lists.flatten())
    places = [pa.array(np.arange(place, len(chunk) * count, count)) for place in range(count)]
    columns = [item.take(own) for own in places for item in items]
    return Chunk(Fields("record", names, (shape.element,) * count), columns, len(chunk))
