"""Actions that write to other systems: MongoDB, Kafka and Delta tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowray.arguments import Options, Uri
from glowray.dataset.core.base import Base, T_co
from glowray.extras import check_extra

if TYPE_CHECKING:
    from glowray.io.commit.pending import PendingWrite


class ExternalWrites(Base[T_co]):
    """The actions write_mongo and write_kafka."""

    def write_kafka(
        self,
        topic: str,
        servers: str,
        *,
        transactions: bool = True,
        options: Options | None = None,
        defer: bool = False,
    ) -> Any:
        """Add the rows to a Kafka topic, as records. The workers write.

        >>> import glowray as gr
        >>> gr.from_items([("be", "2"), ("or", "1")]).write_kafka("counts", "localhost:9092").rows  # doctest: +SKIP
        2

        No record is sent before all rows are made, so a function that fails leaves none. The rows of a partition are
        one transaction: readers of committed records see all of them or none. A task that runs again, because its
        worker was lost, sends nothing twice. Its transaction also commits an offset of the consumer group
        `glowray-<job>-<partition>`, which tells the next attempt. If Kafka fails in between, only some partitions have
        their records there. Rows of one partition that have the same key stay in order. The extra glowray[kafka]
        installs confluent-kafka.

        Args:
            topic: the name of the topic.
            servers: as for read_kafka(), like options.
            transactions: False sends without transactions and consumer groups, for servers that do not allow them. A
                task that is run again then sends its rows again.
            options: settings of the client, such as {"compression.type": "zstd"}.
            defer: write at flow.run(), in one pass with the flow's other outputs. The records stay if another output
                fails.

        Returns:
            Written(files=0, rows, bytes), where bytes are those of keys and values, or this dataset if `defer`.

        Raises:
            TypeError: at the action, a row is not bytes, a str, or a pair of these. None in a pair is no key, or no
                value: a tombstone.
            ValueError: there is no such topic, or an option is unknown.
            ConnectionError: the servers cannot be reached, or did not take all records.
            MissingLibrary: confluent-kafka is not installed.
        """
        check_extra("confluent_kafka", "write_kafka()")
        from glowray.io.kafka.client import KafkaServers
        from glowray.io.kafka.write import KafkaWrite

        write = KafkaWrite(KafkaServers.of("write_kafka", servers, options), topic, transactions)
        write.check()
        return self._external("write_kafka", write, defer)

    def write_mongo(self, uri: Uri, database: str, collection: str, *, mode: str = "error", defer: bool = False) -> Any:
        """Write dict rows as the documents of a MongoDB collection. The workers write.

        >>> import glowray as gr
        >>> totals = gr.from_items([{"_id": "be", "n": 2}])
        >>> totals.write_mongo("mongodb://localhost", "shop", "totals", mode="overwrite").rows  # doctest: +SKIP
        1

        Tasks insert into a staging collection beside the target, named `totals.glowray-…`. A task that is run again
        inserts nothing twice: a row without `_id` gets the same new ObjectId. When all rows are there, the server
        renames the collection, or puts its documents into the target. Until then the target stays as it was, and a job
        that fails removes the staging collection. A driver that is killed leaves it.

        Values are those of BSON. A tuple, and a datetime with parts of a millisecond, are errors, because MongoDB would
        change them. The extra glowray[mongo] installs PyMongo.

        Args:
            uri: of the server, with its options. It goes to the workers and is never shown.
            database: the name of the database.
            collection: the name of the collection.
            mode: what to do if the collection has documents. "error" raises. "overwrite" replaces them in one step and
                keeps the indexes. "append" adds to them: readers may see a part of the new rows while the server
                copies.
            defer: write at flow.run(), in one pass with the flow's other outputs.

        Returns:
            Written(files=0, rows, bytes), where bytes are those of BSON, or this dataset if `defer`.

        Raises:
            ValueError: there is no such mode. At the action, two documents have one `_id`.
            TypeError: at the action, a row is no dict, or BSON has no form for a value.
            FileExistsError: the collection has documents and `mode` is "error".
            CommitConflict: another program wrote to the collection meanwhile.
            MissingLibrary: PyMongo is not installed.
        """
        check_extra("pymongo", "write_mongo()")
        from glowray.io.mongo.collection import CollectionAddress
        from glowray.io.mongo.write import MongoWrite

        write = MongoWrite(CollectionAddress(uri, database, collection), mode)
        write.check()
        return self._external("write_mongo", write, defer)

    def _external(self, verb: str, write: PendingWrite, defer: bool) -> Any:
        from glowray.action.outputs import WriteTarget, run_targets

        target = WriteTarget(self._node, verb, write.name, write)
        if defer:
            self._flow.targets.append(target)
            return self
        return run_targets(self._flow.settings, self._flow.outcome, [target])[0]
