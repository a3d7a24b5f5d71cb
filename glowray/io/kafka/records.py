"""Rows as records: the key and the value, in bytes."""

from __future__ import annotations

from typing import Any

from glowray.functions.show import shown

Record = tuple[bytes | None, bytes | None]


def record_of(row: Any) -> Record:
    """Return the (key, value) of a row. A str is written as UTF-8, and None in a pair is no key or no value.

    >>> record_of("be"), record_of(("key", b"value")), record_of(("gone", None))
    ((None, b'be'), (b'key', b'value'), (b'gone', None))

    Raises TypeError, which shows the row, for another row.
    """
    if isinstance(row, bytes):
        return None, row
    if isinstance(row, str):
        return None, row.encode()
    if isinstance(row, tuple) and len(row) == 2 and all(isinstance(field, (bytes, str, type(None))) for field in row):
        key, value = (field.encode() if isinstance(field, str) else field for field in row)
        return key, value
    raise TypeError(f"write_kafka() needs rows of bytes, str, or (key, value) of these, got {shown(row)}")
