"""Documents that tasks insert into a staging collection. An attempt that inserts them again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from glowray.io.mongo.collection import CollectionAddress
from glowray.io.mongo.documents import DocumentIds, documents
from glowray.io.sink import Part

if TYPE_CHECKING:
    from bson.raw_bson import RawBSONDocument
    from pymongo.collection import Collection

ROWS_AN_INSERT = 1000
_DUPLICATE = 11000


@dataclass(frozen=True)
class MongoSink:
    """Writes rows to a staging collection."""

    staging: CollectionAddress
    ids: DocumentIds

    def open(self, folder: str, index: int) -> MongoPartWriter:
        return MongoPartWriter(self, index)


class MongoPartWriter:
    """Writes the rows of one partition over one connection."""

    def __init__(self, sink: MongoSink, index: int) -> None:
        self._sink, self._index = sink, index
        self._rows = self._bytes = 0
        self._connection = ExitStack()
        self._collection = self._connection.enter_context(sink.staging.open())

    def write(self, rows: Iterable[Any]) -> None:
        options = self._collection.codec_options
        made = documents(rows, self._sink.ids, self._index, self._rows, options)
        while batch := list(islice(made, ROWS_AN_INSERT)):
            insert(self._collection, batch)
            self._rows += len(batch)
            self._bytes += sum(len(document.raw) for document in batch)

    def close(self) -> Part:
        self._connection.close()
        return Part(self._index, "", self._rows, self._bytes)

    def abort(self) -> None:
        """Close the connection. The driver drops the staging collection."""
        self._connection.close()


def insert(collection: Collection[Any], batch: Sequence[RawBSONDocument]) -> None:
    """Insert documents, except those that an earlier attempt of the task has inserted already.

    Raises ValueError if another document has the `_id` of one.
    """
    from pymongo.errors import BulkWriteError

    try:
        collection.insert_many(batch, ordered=False)
    except BulkWriteError as error:
        errors = error.details["writeErrors"]
        if error.details.get("writeConcernErrors") or any(each["code"] != _DUPLICATE for each in errors):
            raise
        _check_there(collection, [batch[each["index"]] for each in errors])


def _check_there(collection: Collection[Any], documents: Sequence[RawBSONDocument]) -> None:
    """Raise ValueError for a document that the collection does not have, byte for byte."""
    from bson.codec_options import CodecOptions
    from bson.raw_bson import RawBSONDocument

    raw = collection.with_options(CodecOptions(document_class=RawBSONDocument))
    there = {found.raw for found in raw.find({"_id": {"$in": [document["_id"] for document in documents]}})}
    for document in documents:
        if document.raw not in there:
            raise ValueError(f"write_mongo(): two rows have the _id {document['_id']!r}")
