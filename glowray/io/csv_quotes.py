"""Quotes in the bytes of a CSV file: where they are, and whether counting them tells inside from outside.

They do in a file all of whose quotes open a field, close one or are doubled; elsewhere only a reader from the start
knows what a quote means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from glowray.io.csv_records import Dialect

if TYPE_CHECKING:
    import numpy as np

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Places = np.ndarray[Any, np.dtype[np.int64]]

_OPEN_BYTES = 1 << 24
"""How long a record may be before it is left to the csv module."""


def quote_places(window: Bytes, dialect: Dialect) -> Places:
    """Where quotes are."""
    from glowray.native import chosen

    assert dialect.quotechar is not None
    return chosen.loops.places(window, ord(dialect.quotechar), ord(dialect.quotechar))


def count_quotes(window: Bytes, inside: bool, dialect: Dialect) -> int | None:
    """How many quotes there are between the first byte and the last; None if not all are plain.

    Args:
        window: bytes.
        inside: whether a field is open before them.
        dialect: of single bytes.
    """
    from glowray.native import chosen

    assert dialect.quotechar is not None
    return chosen.loops.quotes(window, ord(dialect.quotechar), ord(dialect.delimiter), inside)


def whole_records(chunks: Iterable[bytes], dialect: Dialect, known: bool = False) -> Iterator[bytes | None]:
    """Chunks of whole lines as chunks of whole records; None, and no more, where quotes do not tell where one ends.

    Args:
        chunks: whole lines, from the start of a record on.
        dialect: what is a quote.
        known: whether it is known that counting quotes tells inside from outside.

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
    import numpy as np

    if dialect.quotechar is None:
        return False
    return bool(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord(dialect.quotechar)) % 2)


def _is_open(chunk: bytes, dialect: Dialect) -> bool | None:
    """Whether a field is open at the end of a chunk that begins with a record; None if quotes do not tell."""
    import numpy as np

    if dialect.quotechar is None or dialect.quotechar.encode() not in chunk:
        return False
    count = count_quotes(np.frombuffer(b"".join((b"\n", chunk, b"\n")), np.uint8), False, dialect)
    return None if count is None else count % 2 == 1
