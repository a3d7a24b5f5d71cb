"""CSV records as Arrow columns, for records that Arrow reads as Python's csv module does."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from glowray.io.csv.records import Dialect
from glowray.io.files.encoding import Encoding, is_utf8_text

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block

_MOST_COLUMNS = 1_000
_MOST_BYTES = 1 << 30
_MOST_NULLS = 4096
"""Characters of null values. Arrow's index of them holds 32,767 bytes."""


def arrow_reads(dialect: Dialect, encoding: Encoding) -> bool:
    """Return whether Arrow can read files of UTF-8, with an ASCII delimiter and quote and few null values."""
    special = dialect.delimiter + (dialect.quotechar or "")
    return encoding.is_utf8 and special.isascii() and sum(map(len, dialect.nulls)) <= _MOST_NULLS


@dataclass(frozen=True)
class ColumnParser:
    """Parses chunks of whole records into columns. Every quote in a chunk encloses a field or is doubled.

    Args:
        names: the columns of the file.
        wanted: the columns of the rows, in their order.
        converts: a function of a str for each column that has a type.
    """

    names: tuple[str, ...]
    wanted: tuple[str, ...]
    converts: Mapping[str, Callable[[str], Any]]
    dialect: Dialect
    encoding: Encoding

    @property
    def fits(self) -> bool:
        """Whether Arrow can read the file."""
        return 0 < len(self.wanted) <= len(self.names) <= _MOST_COLUMNS and arrow_reads(self.dialect, self.encoding)

    def is_text(self, chunk: bytes) -> bool:
        """Return whether all bytes can be decoded, including those of columns that are not read."""
        if chunk.isascii():
            return True
        try:
            self.text(chunk)
        except UnicodeDecodeError:
            return False
        return True

    def text(self, chunk: bytes) -> str:
        return self.encoding.decode(chunk)

    def table(self, chunk: bytes) -> pa.Table | None:
        """Return the records of a chunk as a table, or None if a record has more or fewer fields than the names."""
        import pyarrow as pa
        import pyarrow.csv

        if len(chunk) > _MOST_BYTES:
            return None
        if chunk.startswith(codecs.BOM_UTF8):
            chunk = codecs.BOM_UTF8 + chunk  # Arrow drops the first byte order mark; this one belongs to a field.
        if not chunk.endswith(b"\n"):
            chunk += b"\n"  # Without it Arrow takes an empty last field for quoted if the field before it is quoted.
        parse, convert = self._options
        read = pa.csv.ReadOptions(use_threads=False, column_names=self._places, block_size=len(chunk) + 1)
        try:
            return pa.csv.read_csv(pa.BufferReader(chunk), read, parse, convert)
        except pa.ArrowInvalid:
            return None

    def block(self, table: pa.Table) -> Block | None:
        """Return the rows of a table that `table` returned; None if a type refuses a value."""
        from glowray.rows import Block
        from glowray.rows.codec.chunk import Chunk
        from glowray.rows.types.shape import Fields

        children, columns = [], []
        for name, column in zip(self.wanted, table.columns, strict=True):
            try:
                shape, own = self._column(name, column)
            except Exception:  # A user's type refuses a field. Reading row by row finds which one.
                return None
            children.append(shape)
            columns += own
        return Block((Chunk(Fields("record", self.wanted, tuple(children)), columns, table.num_rows),))

    def _column(self, name: str, column: pa.ChunkedArray) -> tuple[Any, list[Any]]:
        import pyarrow as pa

        from glowray.io.csv.column_values import converted, typed

        array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        assert isinstance(array, pa.Array)
        convert = self.converts.get(name)
        return typed(str, array) if convert is None else converted(array, convert)

    @cached_property
    def _places(self) -> list[str]:
        """Column names for Arrow: "0", "1", …. Arrow would misread some names of users, such as the empty one."""
        return list(map(str, range(len(self.names))))

    @cached_property
    def _options(self) -> tuple[Any, Any]:
        import pyarrow as pa
        import pyarrow.csv

        places = dict(zip(self.names, self._places, strict=True))
        parse = pa.csv.ParseOptions(
            delimiter=self.dialect.delimiter, quote_char=self.dialect.quotechar or False, newlines_in_values=True
        )
        convert = pa.csv.ConvertOptions(
            check_utf8=False,
            column_types={place: pa.large_string() for place in self._places},
            include_columns=[places[name] for name in self.wanted],
            null_values=sorted(filter(is_utf8_text, self.dialect.nulls)),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        return parse, convert
