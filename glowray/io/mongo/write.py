"""The driver's side of a write to a collection: a staging collection takes the place of the target, or goes into it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glowray.errors import CommitConflict
from glowray.io.commit.commit import Written, check_mode
from glowray.io.commit.pending import SentWrite
from glowray.io.commit.place import NoPlace
from glowray.io.mongo.collection import CollectionAddress, Document
from glowray.io.mongo.documents import DocumentIds
from glowray.io.mongo.staging import MongoSink
from glowray.io.sink import Part

if TYPE_CHECKING:
    from pymongo.collection import Collection

_EXISTS, _DUPLICATE = 48, 11000


class MongoWrite(SentWrite):
    """Writes a collection. `mode` says what to do with one that has documents: "error", "append" or "overwrite"."""

    def __init__(self, address: CollectionAddress, mode: str) -> None:
        check_mode(mode)
        self._address, self._mode = address, mode
        job = secrets.token_hex(8)
        self._staging = replace(address, name=f"{address.name}.glowray-{job}")
        self.sink = MongoSink(self._staging, DocumentIds(int(time.time()), secrets.randbelow(1 << 40)))
        self.written = Written(0, 0, 0)
        self._is_open = False

    @property
    def name(self) -> str:
        return str(self._address)

    def check(self) -> None:
        """Raise FileExistsError if the collection has documents that `mode` does not replace."""
        if self._mode == "error":
            with self._address.open() as target:
                if target.find_one({}, {"_id": 1}) is not None:
                    raise FileExistsError(
                        f'the collection "{self.name}" is not empty: choose another, mode="overwrite" or "append"'
                    )

    def begin(self) -> NoPlace:
        self.check()
        with self._staging.open() as staging:
            self._is_open = True
            staging.database.create_collection(staging.name)
        return NoPlace()

    def stage(self, parts: Sequence[Part]) -> None:
        """Check that the staging collection has all rows, and that none of them is in the target already."""
        rows = sum(part.rows for part in parts)
        with self._staging.open() as staging:
            if staging.count_documents({}) != rows:
                raise ValueError("write_mongo(): two rows are equal and have one _id: make them distinct()")
            if self._mode == "append":
                self._check_new(staging)
        self.written = Written(0, rows, sum(part.bytes for part in parts))

    def verify(self) -> None:
        try:
            self.check()
        except FileExistsError:
            raise CommitConflict(f'"{self.name}" got documents while the job ran: nothing was written') from None

    def finish(self) -> None:
        """Rename the staging collection if there is no target. Else the server copies the documents into it."""
        with self._staging.open() as staging:
            if not staging.database.list_collection_names(filter={"name": self._address.name}):
                self._rename(staging)
            elif self._mode == "overwrite":
                # Unlike a rename, this keeps the indexes of the target. The server replaces it in one step.
                staging.aggregate([{"$out": self._address.name}])
            else:
                self._merge(staging)

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if self._is_open:
            self._is_open = False
            with self._staging.open() as staging:
                staging.drop()

    def _check_new(self, staging: Collection[Any]) -> None:
        lookup = {"from": self._address.name, "localField": "_id", "foreignField": "_id", "as": "there"}
        stages: list[Document] = [{"$lookup": lookup}, {"$match": {"there": {"$ne": []}}}, {"$limit": 1}]
        with staging.aggregate(stages) as found:
            for document in found:
                there = f'"{self.name}" has a document with the _id {document["_id"]!r} already'
                raise ValueError(f"write_mongo(): {there}")

    def _rename(self, staging: Collection[Any]) -> None:
        from pymongo.errors import OperationFailure

        try:
            staging.rename(self._address.name)
        except OperationFailure as error:
            if error.code != _EXISTS:
                raise
            raise CommitConflict(f'"{self.name}" was made while the job ran: nothing was written') from None

    def _merge(self, staging: Collection[Any]) -> None:
        from pymongo.errors import OperationFailure

        merge = {"into": self._address.name, "on": "_id", "whenMatched": "fail", "whenNotMatched": "insert"}
        try:
            staging.aggregate([{"$merge": merge}])
        except OperationFailure as error:
            if error.code != _DUPLICATE:
                raise
            why = f'a document of "{self.name}" has a unique key of a new one, so only a part of the rows is there'
            raise CommitConflict(f"{why}: {error.details['errmsg'] if error.details else error}") from None
