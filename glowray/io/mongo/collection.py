"""The address of a collection, and the connection to its server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]


@dataclass(frozen=True)
class CollectionAddress:
    """A collection of a server. The URI may hold a password, so it is never shown."""

    uri: str = field(repr=False)
    database: str
    name: str

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"

    @contextmanager
    def open(self) -> Iterator[Collection[Document]]:
        """Connect to the server, yield the collection, and close the connection at the end of the block.

        A date that datetime cannot hold is read as bson.DatetimeMS, unless the URI names another
        `datetime_conversion`. All other options of the URI hold.
        """
        from bson.codec_options import DatetimeConversion
        from pymongo import MongoClient

        with MongoClient[Document](self.uri) as client:
            options = client.codec_options
            if options.datetime_conversion is DatetimeConversion.DATETIME:
                options = options.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
            yield client.get_database(self.database, options)[self.name]
