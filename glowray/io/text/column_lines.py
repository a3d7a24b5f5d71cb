"""Columns of rows as lines of text: the bytes of `str(row)` and a newline for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.codec.chunk import Chunk
from glowray.rows.types.shape import Scalar

PIECE_BYTES = 8 << 20
"""The bytes of lines that are joined at once: few enough to stay in the processor's cache until they are written."""

_TEXT = pa.large_string()
_END = pa.scalar("\n", _TEXT)


def lines_of(chunk: Chunk) -> Iterator[Any] | None:
    """Yield buffers of the lines of rows; return None if only Python can make the text of this kind of rows.

    >>> b"".join(lines_of(Chunk.from_rows([1, None, -2])))
    b'1\\nNone\\n-2\\n'
    """
    text_of = TEXTS.get(chunk.shape.kind.name) if isinstance(chunk.shape, Scalar) else None
    if text_of is None:
        return None
    return _joined(pc.fill_null(text_of(chunk.columns[0]), "None"))


def _joined(text: pa.Array) -> Iterator[Any]:
    """Yield buffers of texts, each text followed by a newline."""
    rows = max(1, PIECE_BYTES * len(text) // max(1, text.nbytes))
    for start in range(0, len(text), rows):
        piece = text.slice(start, rows)
        whole = pa.LargeListArray.from_arrays(pa.array([0, len(piece)], pa.int64()), piece)
        yield memoryview(pc.binary_join(whole, _END).buffers()[2] or b"")
        yield b"\n"


def _bools(column: pa.Array) -> pa.Array:
    return pc.if_else(column, pa.scalar("True", _TEXT), pa.scalar("False", _TEXT))


TEXTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "None": lambda column: pa.nulls(len(column), _TEXT),
    "bool": _bools,
    "int": lambda column: column.cast(_TEXT),
    "str": lambda column: column,
}
"""By the name of a kind: a function from a column to the texts of its values. None stays null."""
