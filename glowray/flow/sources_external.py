"""Sources that read other systems: MongoDB, Kafka and Delta tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glowray.arguments import Uri
from glowray.extras import check_extra
from glowray.flow.sources import Sources

if TYPE_CHECKING:
    from glowray.dataset import Dataset


class ExternalSources(Sources):
    """The source read_mongo."""

    def read_mongo(
        self,
        uri: Uri,
        database: str,
        collection: str,
        query: Mapping[str, Any] | None = None,
        partitions: int | None = None,
    ) -> Dataset[dict[str, Any]]:
        """Read the documents of a MongoDB collection as dicts, with the values that PyMongo gives, ordered by `_id`.

        >>> import glowray as gr
        >>> gr.read_mongo("mongodb://localhost", "shop", "orders", {"paid": True}).sum("amount")  # doctest: +SKIP
        1200

        The workers read, each a range of `_id`. The call asks the server for ranges of about equal numbers of
        documents, which takes a pass over the ids; one partition needs none. Documents that change during the action
        may be read before or after their change. A date that datetime cannot hold is a bson.DatetimeMS. The extra
        glowray[mongo] installs PyMongo.

        Args:
            uri: of the server, with its options. It goes to the workers and is never shown.
            database: the name of the database.
            collection: the name of the collection or view. A view is read in one partition.
            query: the documents to read, as for PyMongo's find(); None: all. Queries such as $text, which need an index
                of their own, need `partitions=1`.
            partitions: exactly this many. None: one for each 16 MiB of the collection, as for read_text().

        Raises:
            ValueError: there is no such collection.
            MissingLibrary: PyMongo is not installed.
        """
        from glowray.io.mongo.collection import CollectionAddress
        from glowray.io.mongo.reader import mongo_reader

        check_extra("pymongo", "read_mongo()")
        address = CollectionAddress(uri, database, collection)
        return self._read(mongo_reader(address, query, self._count(partitions)), "read_mongo")
