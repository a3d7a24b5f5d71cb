"""Quotes in the bytes of a CSV file.

In most files each quote opens a field, closes one or is doubled. There a place is inside a quoted field if the number
of quotes before it is odd. In other files only a reader from the start knows what a quote means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from glowray.io.csv.records import Dialect

if TYPE_CHECKING:
    import numpy as np

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Places = np.ndarray[Any, np.dtype[np.int64]]

_OPEN_BYTES = 1 << 24
"""A record of more bytes is left to the csv module."""


def quote_places(window: Bytes, dialect: Dialect) -> Places:
    """Return the offsets of the quotes in `window`."""
    from glowray.native import chosen

    assert dialect.quotechar is not None
    return chosen.loops.places(window, ord(dialect.quotechar), ord(dialect.quotechar))


def count_quotes(window: Bytes, inside: bool, dialect: Dialect) -> int | None:
    """Return the number of quotes between the first byte and the last; None if a quote is at another place.

    A quote must open a field, close one or be doubled.

    Args:
        window: bytes.
        inside: whether a field is open before the first byte.
        dialect: its delimiter and quote are single bytes.
    """
    from glowray.native import chosen

    assert dialect.quotechar is not None
    return chosen.loops.quotes(window, ord(dialect.quotechar), ord(dialect.delimiter), inside)


def whole_records(chunks: Iterable[bytes], dialect: Dialect, known: bool = False) -> Iterator[bytes | None]:
    """Join chunks of whole lines to chunks of whole records. If counting quotes fails, yield None and end.

    Args:
        chunks: whole lines, from the start of a record on.
        dialect: its quote is counted.
        known: whether all quotes are known to open a field, close one or be doubled.

    >>> list(whole_records([b'a,"b\\n', b'c"\\nd\\n', b'e"f\\n'], Dialect()))
    [b'a,"b\\nc"\\nd\\n', None]
    """
    begun = b""
    for chunk in chunks:
        chunk = begun + chunk if begun else chunk
        is_open = _is_odd(chunk, dialect) if known else _is_open(chunk, dialect)
        begun = chunk if is_open else b""
        if is_open is None or len(begun) > _OPEN_BYTES:
            yield None
            return
        if not is_open:
            yield chunk
    if begun:
        yield None


def _is_odd(chunk: bytes, dialect: Dialect) -> bool:
    """Return whether a chunk has an odd number of quotes."""
    import numpy as np

    if dialect.quotechar is None:
        return False
    return bool(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord(dialect.quotechar)) % 2)


def _is_open(chunk: bytes, dialect: Dialect) -> bool | None:
    """Return whether a chunk that begins with a record ends inside a field; None if quotes do not tell."""
    import numpy as np

    if dialect.quotechar is None or dialect.quotechar.encode() not in chunk:
        return False
    count = count_quotes(np.frombuffer(b"".join((b"\n", chunk, b"\n")), np.uint8), False, dialect)
    return None if count is None else count % 2 == 1
