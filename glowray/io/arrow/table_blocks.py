"""Arrow tables as blocks.

A column stays as it is if its kind has exactly the values that `arrow_rows.column_values` returns. Other columns are
encoded from these Python values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from glowray.io.arrow.table_rows import column_values

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block
    from glowray.rows.texts.taken_texts import TakenTexts
    from glowray.rows.types.scalar_kinds import ScalarKind
    from glowray.rows.types.shape import Shape


Dictionaries = dict[str, tuple[Any, Any]]
"""The last dictionary of each column that has one: (as Arrow gave it, as texts)."""


def table_block(table: pa.Table, known: Dictionaries | None = None) -> Block:
    """Return the rows of a table, dicts of column and value, as a block.

    >>> import pyarrow as pa
    >>> block = table_block(pa.table({"a": pa.array([1, None], pa.int16()), "b": [["x"], []]}))
    >>> str(block.shape), block.rows()
    ('{a: int, b: list[str]}', [{'a': 1, 'b': ['x']}, {'a': None, 'b': []}])

    `known` is one dict for all tables of a source: blocks with the same dictionary then share its texts.

    Raises ValueError that names the column if a value has no exact Python form.
    """
    return records_block(table.column_names, table.columns, table.num_rows, known)


def records_block(
    names: Sequence[str],
    values: Sequence[pa.ChunkedArray | list[Any]],
    count: int,
    known: Dictionaries | None = None,
) -> Block:
    """Return `count` dicts with these keys as a block. A column is an Arrow column, or a list of Python values.

    >>> records_block(["a", "b"], [[1, 2], [None, (3,)]], 2).rows()
    [{'a': 1, 'b': None}, {'a': 2, 'b': (3,)}]
    """
    from glowray.rows import Block
    from glowray.rows.codec.encode import encode
    from glowray.rows.codec.lazy_chunk import TextsChunk
    from glowray.rows.types.shape import Fields

    if not names:
        return Block.from_rows([{} for _ in range(count)])
    children: list[Any] = []
    columns: list[Any] = []
    for name, column in zip(names, values, strict=True):
        shape, own = encode(column) if isinstance(column, list) else _encoded(name, column, known)
        children.append(shape)
        columns += own
    return Block((TextsChunk.of_parts(Fields("record", tuple(names), tuple(children)), columns, count),))


def table_shape(schema: pa.Schema) -> Shape | None:
    """Return the shape that blocks of tables with this schema have; None if the schema does not say it.

    A value out of the kind's range still changes it: 2**63 makes a column of uint64 pickled.

    >>> import pyarrow as pa
    >>> print(table_shape(pa.schema({"a": pa.int16(), "b": pa.string()})))
    {a: int, b: str}
    """
    from glowray.rows.types.shape import Fields, Scalar

    kinds = [_kind_of(_values_type(field.type)) for field in schema]
    scalars = [Scalar(kind) for kind in kinds if kind is not None]
    complete = len(scalars) == len(kinds) > 0 and "None" not in {scalar.kind.name for scalar in scalars}
    return Fields("record", tuple(schema.names), tuple(scalars)) if complete else None


def first_shape(make: Callable[[], Block]) -> Shape | None:
    """Return the shape of the first chunk of the block that `make` returns, or None if there is none.

    An error of `make` gives None too: the task that reads the rows raises it.
    """
    try:
        chunks = make().chunks
    except Exception:
        return None
    return chunks[0].shape if chunks else None


def _texts(name: str, column: pa.ChunkedArray, kind: ScalarKind, known: Dictionaries) -> TakenTexts | None:
    """Return the texts of a dictionary column, which stay uncopied. Return None for other values, and for nulls.

    Raises ArrowInvalid if the dictionary holds text that is not UTF-8.
    """
    from glowray.rows.arrow.numpy_columns import as_numpy
    from glowray.rows.texts.taken_texts import TakenTexts

    if kind.name != "str" or column.num_chunks != 1 or column.null_count:
        return None
    (array,) = column.chunks
    dictionary = array.dictionary
    if dictionary.null_count:
        return None
    if name not in known or not known[name][0].equals(dictionary):
        texts = dictionary.cast(kind.arrow)
        _has_python_values(texts)
        known[name] = dictionary, texts
    return TakenTexts(known[name][1], as_numpy(array.indices))


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return an array as one of another type. The cast comes first: Arrow cannot take values from string views."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        return array.dictionary.cast(kind).take(array.indices)
    return array if array.type == kind else array.cast(kind)


def _values_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of a dictionary type, and any other type as it is."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def droppable(names: Sequence[str], types: Sequence[pa.DataType]) -> set[str]:
    """Return the columns whose type has a Python form for every value. Leaving such a column unread hides no error."""
    import pyarrow as pa

    sure = {pa.string(), pa.large_string(), pa.binary(), pa.large_binary()}
    return {
        name
        for name, kind in zip(names, types, strict=True)
        if kind in sure
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal128(kind)
        or pa.types.is_null(kind)
    }


def _encoded(name: str, column: pa.ChunkedArray, known: Dictionaries | None) -> tuple[Any, list[Any]]:
    import pyarrow as pa

    from glowray.rows.codec.encode import encode
    from glowray.rows.types.shape import Scalar

    kind = _kind_of(_values_type(column.type))
    if kind is not None:
        try:
            if pa.types.is_dictionary(column.type):
                texts = _texts(name, column, kind, {} if known is None else known)
                if texts is not None:
                    return Scalar(kind), [texts]
            array = pa.chunked_array([_cast(part, kind.arrow) for part in column.chunks], kind.arrow).combine_chunks()
            if _has_python_values(array):
                return Scalar(kind), [array]
        except pa.ArrowInvalid:
            pass  # A value is out of the kind's range, or its bytes are not UTF-8: Python encodes it or says which.
    return encode(column_values(name, column))


@lru_cache(maxsize=256)
def _kind_of(kind: pa.DataType) -> ScalarKind | None:
    """Return the scalar kind that has exactly the Python values of an Arrow type, or None."""
    import datetime as dt

    import pyarrow as pa

    from glowray.rows.types.scalar_kinds import NONE, decimal_kind, scalar_kind

    types = pa.types
    if types.is_null(kind):
        return NONE
    if types.is_decimal128(kind):
        return decimal_kind(kind.scale)
    examples: list[tuple[bool, Any]] = [
        (types.is_integer(kind), 0),
        (types.is_float32(kind) or types.is_float64(kind), 0.0),
        (types.is_boolean(kind), False),
        (types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind), ""),
        (types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind), b""),
        (types.is_date32(kind), dt.date.min),
        (types.is_timestamp(kind) and kind.tz is None and kind.unit != "ns", dt.datetime.min),
        (types.is_time(kind) and kind.unit != "ns", dt.time.min),
        (types.is_duration(kind) and kind.unit != "ns", dt.timedelta.min),
    ]
    return next((scalar_kind(type(example), [example]) for holds, example in examples if holds), None)


def _has_python_values(array: pa.Array) -> bool:
    """Return whether all dates lie in Python's years, 1 to 9999. Raises ArrowInvalid for text that is not UTF-8."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_large_string(array.type):
        array.validate(full=True)
        return True
    if not (pa.types.is_date(array.type) or pa.types.is_timestamp(array.type)):
        return True
    import datetime as dt

    ends = pc.min_max(array.cast(pa.int32() if pa.types.is_date(array.type) else pa.int64()))
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is None:
        return True
    epoch = dt.date(1970, 1, 1).toordinal()
    day = 1 if pa.types.is_date(array.type) else 86_400_000_000
    first, last = (1 - epoch) * day, (dt.date.max.toordinal() + 1 - epoch) * day
    return bool(first <= low and high < last)
