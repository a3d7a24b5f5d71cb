"""Databases that a URI names. ADBC connects to them, and a URI's password is never shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from glowray.extras import check_extra
from glowray.io.sql.dbapi import sql_label

if TYPE_CHECKING:
    from glowray.io.sql.query import Query
    from glowray.io.sql.writer import TableWriter

_SHORTEST = 3
"""Pieces of a password with fewer characters are no secret: they occur in other words."""


@dataclass(frozen=True)
class Database(ABC):
    """A database. A subclass knows one kind of database; the object can be pickled."""

    uri: str = field(repr=False)
    """The URI, with its password."""

    driver: ClassVar[str]
    """The module that connects."""

    @property
    def address(self) -> str:
        """The address that the driver takes."""
        return self.uri

    @abstractmethod
    def query(self, text: str, parameters: Sequence[Any]) -> Query:
        """Return a query of this database. Connects to ask for its columns."""

    @abstractmethod
    def writer(self, verb: str, table: str, mode: str) -> TableWriter:
        """Return a writer of a table. Raises FileExistsError if `mode` is "error" and the table exists."""

    def load(self, verb: str) -> Any:
        """Return the driver. Raises MissingLibrary, which names the extra, if it is not installed."""
        package, _, _ = self.driver.partition(".")
        check_extra(package, f"{verb}()")
        return import_module(self.driver)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Connect, begin a transaction, and close the connection at the end. Changes without a commit are undone."""
        opened = self._open()
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Connect, and give one cursor."""
        with self.connection() as opened, opened.cursor() as cursor:
            yield cursor

    def _open(self) -> Any:
        driver = self.load("read_sql")
        try:
            return driver.connect(self.address)
        except Exception as error:
            without_secrets(error, self.uri)
            raise error from None


def without_secrets(error: Exception, uri: str) -> None:
    """Replace the text of an error that shows a part of a URI's password."""
    text = " ".join(map(str, error.args))
    if any(secret in text for secret in secrets_of(uri)):
        error.args = ("cannot connect; the driver's message is left out, as it shows a part of the password",)


def secrets_of(uri: str) -> set[str]:
    """Return the password of a URI and its pieces, as they are written and without percent escapes.

    >>> sorted(secrets_of("postgresql://me:p%40ss@host/db?sslpassword=other"))
    ['other', 'p%40ss', 'p@ss']
    """
    _, _, rest = uri.partition("://")
    found = [rest.rpartition("@")[0].partition(":")[2]]
    options = (option.partition("=") for option in rest.partition("?")[2].split("&"))
    found += [value for name, _, value in options if "password" in name]
    pieces = [piece for each in found for piece in (each, *each.replace("/", "@").replace("?", "@").split("@"))]
    return {form for piece in pieces for form in (piece, unquote(piece)) if len(form) >= _SHORTEST}


def without_semicolon(query: str) -> str:
    """Return a query that can stand in parentheses: without a semicolon at its end, and with an end of its last line.

    >>> without_semicolon("select 1; -- one")
    'select 1; -- one\\n'
    >>> without_semicolon("select 1 ; ")
    'select 1\\n'
    """
    return query.rstrip("; \t\r\n") + "\n"


def check_names(query: str, names: Sequence[str]) -> None:
    """Raise ValueError if a query gives no columns, or two of one name."""
    if not names:
        raise ValueError(f"{sql_label(query)}: the query gives no rows")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f'{sql_label(query)}: two columns are called "{name}": rename one of them with AS')
