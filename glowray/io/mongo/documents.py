"""Rows as documents in BSON, with an `_id` that each attempt of a task gives again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.functions.show import shown

if TYPE_CHECKING:
    from bson.codec_options import CodecOptions
    from bson.objectid import ObjectId
    from bson.raw_bson import RawBSONDocument

_COUNTER = 1 << 24
_PREFIX = 1 << 40


@dataclass(frozen=True, slots=True)
class DocumentIds:
    """Makes ObjectIds that follow from a job, a partition and the number of a row. `random` is below 2**40.

    An ObjectId is 4 bytes of time, 5 random bytes of a process, and a counter of 3 bytes. Here each partition counts as
    a process, and so does each further 2**24 rows of it. Two partitions of a job never share the 5 bytes.
    """

    seconds: int
    random: int

    def id(self, partition: int, row: int) -> ObjectId:
        from bson.objectid import ObjectId

        piece, counter = divmod(row, _COUNTER)
        prefix = (self.random + partition + (piece << 24)) % _PREFIX
        return ObjectId(self.seconds.to_bytes(4, "big") + prefix.to_bytes(5, "big") + counter.to_bytes(3, "big"))


def documents(
    rows: Iterable[Any], ids: DocumentIds, partition: int, first: int, options: CodecOptions[Any]
) -> Iterator[RawBSONDocument]:
    """Yield each row as a document. A row without `_id` gets one; `first` is the number of the first row.

    Raises TypeError or ValueError, which shows the row, if it is no dict or BSON does not hold a value exactly.
    """
    import bson
    from bson.errors import BSONError
    from bson.raw_bson import RawBSONDocument

    for number, row in enumerate(rows, first):
        if not isinstance(row, dict):
            raise TypeError(f"write_mongo() needs dict rows, got {shown(row)}: map them to dicts")
        try:
            _check_exact(row)
            # A server stores `_id` as the first field.
            document = {"_id": row["_id"] if "_id" in row else ids.id(partition, number), **row}
            yield RawBSONDocument(bson.encode(document, codec_options=options))
        except (BSONError, OverflowError, UnicodeError, TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, (BSONError, TypeError)) else ValueError
            raise kind(f"write_mongo(): {error}, in the row {shown(row)}") from None


def _check_exact(value: Any) -> None:
    """Raise an error for a value that PyMongo would change: a tuple, or a datetime with parts of a millisecond."""
    if isinstance(value, dict):
        for item in value.values():
            _check_exact(item)
    elif isinstance(value, list):
        for item in value:
            _check_exact(item)
    elif isinstance(value, tuple):
        raise TypeError("MongoDB has no tuple: map it to a list")
    elif isinstance(value, dt.datetime) and value.microsecond % 1000:
        raise ValueError(f"MongoDB stores milliseconds only: round {value!r}")
