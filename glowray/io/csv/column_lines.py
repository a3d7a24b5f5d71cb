"""Columns of records as lines of CSV: the same bytes that CsvEncoder makes of the rows one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.io.csv.records import Dialect
from glowray.io.text.column_lines import TEXTS
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.types.shape import Fields, Scalar

PIECE_ROWS = 8192
"""The lines that are joined at once: few enough to stay in the processor's cache until they are written."""

SPELLED = ("str", "int", "bool", "float", "None")
"""Kinds whose texts are made column by column."""

NAMED = ("Decimal", "date", "datetime", "datetime[UTC]", "time", "timedelta", "UUID")
"""Kinds whose texts are made value by value, with str()."""

_TEXT = pa.large_string()
_NO_BYTES = pa.scalar(0, pa.int64())


def record_names(chunk: Chunk) -> tuple[str, ...] | None:
    """Return the columns of rows that are dicts of the kinds SPELLED and NAMED; None for other rows.

    >>> record_names(Chunk.from_rows([{"a": 1, "b": None}])), record_names(Chunk.from_rows([{"a": b""}]))
    (('a', 'b'), None)
    """
    shape = chunk.shape
    if not isinstance(shape, Fields) or shape.kind != "record" or shape.optional or not shape.children:
        return None
    known = all(isinstance(child, Scalar) and child.kind.name in (*SPELLED, *NAMED) for child in shape.children)
    return shape.names if known else None


def record_kinds(chunk: Chunk) -> dict[str, str]:
    """Return the columns and their types, of rows for which `record_names` returns names.

    >>> record_kinds(Chunk.from_rows([{"a": 1, "b": None}]))
    {'a': 'int', 'b': 'None'}
    """
    assert isinstance(chunk.shape, Fields)
    kinds = [child.kind.name.partition("[")[0] for child in chunk.shape.children if isinstance(child, Scalar)]
    return dict(zip(chunk.shape.names, kinds, strict=True))


def lines_of(chunk: Chunk, dialect: Dialect) -> Iterator[Any]:
    r"""Yield buffers of the lines of rows for which `record_names` returns names.

    No row may be None in its only column: its line would be blank, which is no record.

    >>> rows = Chunk.from_rows([{"a": None, "b": "x"}, {"a": "", "b": "1;2"}])
    >>> b"".join(lines_of(rows, Dialect(";", "'")))
    b";x\n'';'1;2'\n"
    """
    between, end, nothing = (pa.scalar(text, _TEXT) for text in (dialect.delimiter, "\n", ""))
    for start in range(0, len(chunk), PIECE_ROWS):
        piece = chunk.slice(start, min(start + PIECE_ROWS, len(chunk)))
        *fields, last = _fields(piece, dialect)
        lines = pc.binary_join_element_wise(*fields, pc.binary_join_element_wise(last, end, nothing), between)
        yield _bytes(lines)


def _fields(chunk: Chunk, dialect: Dialect) -> Iterator[pa.Array]:
    """Yield for each column the array of its fields, quoted where needed; None is an empty field."""
    assert isinstance(chunk.shape, Fields)
    for child, column in zip(chunk.shape.children, chunk.columns, strict=True):
        assert isinstance(child, Scalar)
        spell = _SPELL.get(child.kind.name)
        if spell is None:
            texts = pa.array([None if value is None else str(value) for value in child.kind.decode(column)], _TEXT)
        else:
            texts = spell(column)
        texts = _quoted(texts, dialect)
        yield pc.fill_null(texts, "") if texts.null_count else texts


def _quoted(texts: pa.Array, dialect: Dialect) -> pa.Array:
    """Return the texts, quoted where a reader would otherwise return something else."""
    quote = dialect.quotechar or ""
    data = bytes(_bytes(texts))
    odd = [each for each in (dialect.delimiter, quote, "\r", "\n", "\ufeff") if each.encode() in data]
    is_empty = pc.equal(pc.binary_length(texts), _NO_BYTES)
    if not odd and not pc.any(is_empty).as_py():
        return texts
    needs = reduce(pc.or_, [pc.match_substring(texts, each) for each in odd], is_empty)
    doubled = pc.replace_substring(texts, quote, quote * 2) if quote in odd else texts
    mark = pa.scalar(quote, _TEXT)
    return pc.if_else(needs, pc.binary_join_element_wise(mark, doubled, mark, pa.scalar("", _TEXT)), texts)


def _bytes(texts: pa.Array) -> memoryview:
    """Return the bytes of all texts, concatenated."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return memoryview(b"")
    bounds = np.frombuffer(offsets, np.int64)
    return memoryview(data)[int(bounds[texts.offset]) : int(bounds[texts.offset + len(texts)])]


def _floats(column: pa.Array) -> pa.Array:
    """Return the repr() of floats.

    Between 1e-4 and 1e9 Arrow finds the same digits and leaves out the ".0" of a whole number. Outside, Python and
    Arrow write exponents differently, so Python makes the texts.
    """
    values = as_numpy(column.fill_null(1.0) if column.null_count else column)
    size = np.abs(values)
    if not bool(((size >= 1e-4) & (size < 1e9) | (size == 0)).all()):
        return pa.array([None if value is None else repr(value) for value in column.to_pylist()], _TEXT)
    texts = column.cast(_TEXT)
    is_whole = values == np.trunc(values)
    if not is_whole.any():
        return texts
    ends: Sequence[Any] = (texts, pa.scalar(".0", _TEXT), pa.scalar("", _TEXT))
    return pc.if_else(pa.array(is_whole), pc.binary_join_element_wise(*ends), texts)


_SPELL: dict[str, Callable[[pa.Array], pa.Array]] = {**TEXTS, "float": _floats}
