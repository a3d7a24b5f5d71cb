"""Documents of a collection as rows of dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from glowray.io.files.splits import default_count
from glowray.io.mongo.collection import CollectionAddress, Document
from glowray.io.reader import RowReader, check_partitions

if TYPE_CHECKING:
    from pymongo.collection import Collection

ROWS_A_MORSEL = 4096

Id = tuple[Any, ...]
"""The `_id` at a bound of a partition, or () if there is no bound: any value may be an `_id`, None too."""


@dataclass(frozen=True)
class MongoReader(RowReader):
    """Reads the documents that match a query. A partition is a range of `_id`, in the order of MongoDB.

    Args:
        ranges: the (first, end) of each partition; None for a partition without documents. `end` is not in the range.
        estimated_bytes: the size of the whole collection.
    """

    row_type: ClassVar[type] = dict

    address: CollectionAddress
    query: Mapping[str, Any]
    ranges: tuple[tuple[Id, Id] | None, ...]
    estimated_bytes: int | None

    @property
    def label(self) -> str:
        return f'read_mongo("{self.address}")'

    @property
    def num_partitions(self) -> int:
        return len(self.ranges)

    def read(self, index: int) -> Iterator[list[Document]]:
        bounds = self.ranges[index]
        if bounds is None:
            return
        options: dict[str, Any] = {"sort": [("_id", 1)]}
        # A query such as {"_id": {"$gte": 5}} finds numbers alone. The bounds of the index order values of all types.
        for name, bound in zip(("min", "max"), bounds, strict=True):
            if bound:
                options |= {name: {"_id": bound[0]}, "hint": [("_id", 1)]}
        with self.address.open() as collection, collection.find(self.query, **options) as cursor:
            while rows := list(islice(cursor, ROWS_A_MORSEL)):
                yield rows


def mongo_reader(
    address: CollectionAddress, query: Mapping[str, Any] | None = None, partitions: int | None = None
) -> MongoReader:
    """Return a reader of the documents of a collection that match a query.

    Without `partitions` their number follows from the size of the collection. A view is one range.

    Raises:
        ValueError: there is no such collection.
    """
    check_partitions(partitions)
    wanted = dict(query or {})
    with address.open() as collection:
        size = _stored_bytes(collection)
        count = partitions or default_count(size or 0)
        firsts = [] if size is None or count == 1 else _first_ids(collection, wanted, count)
    bounds: list[Id] = [(), *((first,) for first in firsts), ()]
    ranges: list[tuple[Id, Id] | None] = list(pairwise(bounds))
    return MongoReader(address, wanted, (*ranges, *[None] * (count - len(ranges))), size)


def _stored_bytes(collection: Collection[Document]) -> int | None:
    """Return the size of the documents of a collection; None for a view, whose size is not known."""
    found = next(collection.database.list_collections(filter={"name": collection.name}), None)
    if found is None:
        database = collection.database.name
        raise ValueError(f'read_mongo(): the database "{database}" has no collection "{collection.name}"')
    if found.get("type") != "collection":
        return None
    with collection.aggregate([{"$collStats": {"storageStats": {}}}]) as shards:
        return sum(int(shard["storageStats"]["size"]) for shard in shards)


def _first_ids(collection: Collection[Document], query: Document, count: int) -> list[Any]:
    """Return the first `_id` of each range but the first one. Ranges hold about equal numbers of documents.

    The server sorts the ids. A sample would be cheaper, but each call would give other partitions.
    """
    buckets = {"groupBy": "$_id", "buckets": count}
    stages: list[Document] = [{"$match": query}, {"$project": {"_id": 1}}, {"$bucketAuto": buckets}]
    with collection.aggregate(stages, allowDiskUse=True) as found:
        return [bucket["_id"]["min"] for bucket in found][1:]
