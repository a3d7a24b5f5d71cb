"""Actions that write to other systems: MongoDB, Kafka and Delta tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowray.arguments import Uri
from glowray.dataset.core.base import Base, T_co
from glowray.extras import check_extra

if TYPE_CHECKING:
    from glowray.io.commit.pending import PendingWrite


class ExternalWrites(Base[T_co]):
    """The action write_mongo."""

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
