"""The database that a URI names, and the writer of a table for a URI or a connection."""

from __future__ import annotations

from typing import Any

from glowray.io.sql.database import Database
from glowray.io.sql.dbapi import check_connection
from glowray.io.sql.dbapi_writer import DbapiWriter
from glowray.io.sql.postgres import PostgresDatabase
from glowray.io.sql.sqlite import sqlite_database
from glowray.io.sql.writer import TableWriter


def database_of(verb: str, uri: str) -> Database:
    """Return the database of a URI, and check that its driver is installed.

    Raises:
        ValueError: there is no driver for such a URI, or it names no file.
        MissingLibrary: the driver is not installed.
    """
    scheme, separator, _ = uri.partition("://")
    if scheme in ("postgresql", "postgres") and separator:
        database: Database = PostgresDatabase(uri)
    elif scheme == "sqlite" and separator:
        database = sqlite_database(verb, uri)
    else:
        shown = f"{scheme}://" if separator and scheme.isidentifier() else "another str"
        raise ValueError(
            f"{verb}() needs a URI postgresql://… or sqlite:///…, got {shown}: for another database give a connection "
            "of its driver, or a function that opens one"
        )
    database.load(verb)
    return database


def table_writer(verb: str, table: str, uri_or_connection: Any, mode: str) -> TableWriter:
    """Return a writer of a table, and check what can be checked before anything runs.

    Raises:
        TypeError: the target is no URI, connection or function that opens one.
        ValueError: there is no such mode, driver, or form of a table's name.
        FileExistsError: the table exists, and the mode is "error".
    """
    check_connection(verb, uri_or_connection)
    if isinstance(uri_or_connection, str):
        writer = database_of(verb, uri_or_connection).writer(verb, table, mode)
    else:
        writer = DbapiWriter(verb, table, mode, uri_or_connection)
    writer.check()
    return writer
