"""Actions that write to other systems: MongoDB, Kafka and Delta tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glowray.arguments import Options, StorageOptions, Uri
from glowray.dataset.core.base import Base, T_co
from glowray.extras import check_extra

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.commit.pending import PendingWrite


class ExternalWrites(Base[T_co]):
    """The actions write_delta, write_kafka and write_mongo."""

    def write_delta(
        self,
        url: str | os.PathLike[str],
        *,
        mode: str = "error",
        partition_by: str | Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        schema: pa.Schema | None = None,
        compression: str | None = None,
        storage_options: StorageOptions = None,
        defer: bool = False,
    ) -> Any:
        """Write rows to a Delta table in one transaction. The workers write Parquet files; the driver commits.

        >>> import glowray as gr, tempfile
        >>> table = tempfile.mkdtemp() + "/table"
        >>> gr.from_items([{"a": 1, "year": 2013}, {"a": 2, "year": 2014}]).write_delta(table, partition_by="year").rows
        2
        >>> gr.from_items([{"a": 3, "year": 2014}]).write_delta(table, mode="append").files
        1
        >>> sorted(row["a"] for row in gr.read_delta(table).collect())
        [1, 2, 3]

        Readers see all rows or none. A job that fails removes its files. Files of a driver that is killed, and of tasks
        that were run twice, are not in the table; Delta's vacuum removes them. The extra glowray[delta] installs
        deltalake.

        Args:
            url: the folder of the table: a path or a URL.
            mode: what to do if there is a table. "error" raises. "append" adds rows of the table's columns.
                "overwrite" replaces its rows and columns; older versions stay.
            partition_by: a field or a list of fields, whose values name folders. They are str, int, float, bool or
                date, or None. None: the fields of the table that is there.
            columns: as for write_csv().
            schema: as for write_parquet(). Types that Delta lacks become wider ones: uint8 is int16.
            compression: as for write_parquet().
            storage_options: as for read_delta().
            defer: write at flow.run(), in one pass with the flow's other outputs.

        Returns:
            Written(files, rows, bytes), or this dataset if `defer`.

        Raises:
            TypeError: as for write_parquet(). It is raised too if the existing table lacks a column or has another type
                for it, or if Delta has no such type. The message names the column.
            ValueError: there is no such mode, or the table that is there is partitioned by other fields.
            KeyError: at the action, a row lacks a field of `partition_by`.
            FileExistsError: there is a table and `mode` is "error".
            CommitConflict: another job changed the table meanwhile.
            GlowrayError: the table that is there has a feature or a constraint that glowray does not keep.
            MissingLibrary: deltalake is not installed.
        """
        check_extra("deltalake", "write_delta()")
        from glowray.io.delta.table import DeltaAddress
        from glowray.io.delta.write import DeltaWrite
        from glowray.io.hive import HiveFolders

        folders = HiveFolders.of("write_delta", partition_by, columns, schema)
        write = DeltaWrite(DeltaAddress.of(url, storage_options), mode, folders, compression)
        write.check()
        return self._external("write_delta", write, defer)

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
