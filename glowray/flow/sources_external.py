"""Sources that read other systems: MongoDB, Kafka and Delta tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glowray.arguments import Options, StorageOptions, Uri
from glowray.extras import check_extra
from glowray.flow.sources import Sources

if TYPE_CHECKING:
    from glowray.dataset import Dataset


class ExternalSources(Sources):
    """The sources read_delta, read_kafka and read_mongo."""

    def read_delta(
        self,
        url: str | os.PathLike[str],
        version: int | None = None,
        partitions: int | None = None,
        *,
        columns: Sequence[str] | None = None,
        storage_options: StorageOptions = None,
    ) -> Dataset[dict[str, Any]]:
        """Read the rows of a Delta table as dicts, with the columns and types of the table. The workers read.

        >>> import glowray as gr, tempfile
        >>> table = tempfile.mkdtemp() + "/table"
        >>> gr.from_items([{"a": 1}, {"a": 2}]).write_delta(table).rows
        2
        >>> gr.read_delta(table).sum("a")
        3

        The call chooses the version, and looks at the footers of its files. A column that a file lacks is None. The
        extra glowray[delta] installs deltalake.

        Args:
            url: the folder of the table: a path or a URL.
            version: the version to read; None: the latest at the call.
            partitions: exactly this many. A partition is whole row groups, of about equal bytes. None: one for each
                16 MiB, as for read_text().
            columns: the columns to read, in this order; None: all.
            storage_options: what opens the store, by fsspec's names. For S3, deltalake's names such as
                AWS_ACCESS_KEY_ID are known too. They are never shown.

        Raises:
            FileNotFoundError: there is no table.
            ValueError: there is no such version or column.
            GlowrayError: the table has a feature that cannot be read, such as deletion vectors or mapped columns.
            MissingLibrary: deltalake is not installed.
        """
        check_extra("deltalake", "read_delta()")
        from glowray.io.delta.reader import delta_reader
        from glowray.io.delta.table import DeltaAddress

        address = DeltaAddress.of(url, storage_options)
        return self._read(delta_reader(address, version, self._count(partitions), columns), "read_delta")

    def read_kafka(
        self,
        topic: str,
        servers: str,
        start: str | Mapping[int, int] = "earliest",
        end: Mapping[int, int] | None = None,
        with_key: bool = False,
        partitions: int | None = None,
        *,
        options: Options | None = None,
    ) -> Dataset[Any]:
        """Read the values of the records that are in a Kafka topic now, as bytes. The workers read.

        >>> import glowray as gr
        >>> gr.read_kafka("clicks", "localhost:9092").map(len).sum()  # doctest: +SKIP
        420

        Each committed record is read once, in the order of its topic's partition. The value of a tombstone is None.
        The extra glowray[kafka] installs confluent-kafka.

        Args:
            topic: the name of the topic.
            servers: host:port of one or more servers, with commas between.
            start: the first offsets to read: "earliest", "latest", or a dict of partition to offset. Partitions that
                the dict does not name are read from their earliest offset.
            end: a dict of partition to the offset after the last one to read. None, and for other partitions: what is
                there at the call.
            with_key: whether a row is (key, value), where a key is bytes or None.
            partitions: exactly this many, of about equal numbers of offsets. None: one for each 250,000 offsets of a
                partition of the topic.
            options: settings of the client, such as {"security.protocol": "SASL_SSL"}. They go to the workers and are
                never shown.

        Raises:
            ValueError: there is no such topic or partition, offsets are after its end, or an option is unknown.
            OffsetsGone: Kafka has deleted offsets to read, at the call or at the action.
            ConnectionError: the servers cannot be reached.
            MissingLibrary: confluent-kafka is not installed.
        """
        check_extra("confluent_kafka", "read_kafka()")
        from glowray.io.kafka.client import KafkaServers
        from glowray.io.kafka.reader import kafka_reader

        at = KafkaServers.of("read_kafka", servers, options)
        count = self._count(partitions)
        return self._read(kafka_reader(at, topic, start, end, with_key=with_key, partitions=count), "read_kafka")

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
        check_extra("pymongo", "read_mongo()")
        from glowray.io.mongo.collection import CollectionAddress
        from glowray.io.mongo.reader import mongo_reader

        address = CollectionAddress(uri, database, collection)
        return self._read(mongo_reader(address, query, self._count(partitions)), "read_mongo")
