"""Sources: files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from glowray.flow.sources import Sources
from glowray.io.paths import Paths

if TYPE_CHECKING:
    from glowray.dataset import Dataset

Types = Mapping[str, Callable[[str], Any]] | Literal["infer"] | None


class FileSources(Sources):
    """read_text, read_csv, read_json, read_parquet, read_binary."""

    def read_text(
        self, paths: Paths, partitions: int | None = None, encoding: str = "utf-8", errors: str = "strict"
    ) -> Dataset[str]:
        r"""The lines of text files, without their line ends (\n or \r\n).

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.txt")
        >>> _ = path.write_text("to be\nor not\n")
        >>> gr.read_text(path).collect()
        ['to be', 'or not']

        Args:
            paths: a path, glob, folder, or list of them; .gz .bz2 .zst .xz are decompressed.
            partitions: exactly so many, of about even bytes; None: from the size, about 16 MiB each.
            encoding: of the files; errors: as for open().

        Raises:
            FileNotFoundError: nothing matches a path.
        """
        from glowray.io.text import text_reader

        return self._read(text_reader(paths, self._count(partitions), encoding, errors), "read_text")

    def read_csv(
        self,
        paths: Paths,
        partitions: int | None = None,
        *,
        types: Types = None,
        columns: Sequence[str] | None = None,
        header: bool | Sequence[str] = True,
        delimiter: str = ",",
        quotechar: str | None = '"',
        encoding: str = "utf-8",
    ) -> Dataset[dict[str, Any]]:
        r"""The records of CSV files as dicts of str, as csv.DictReader gives them.

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.csv")
        >>> _ = path.write_text('zip,name,amount\n02139,"",1.50\n10001,,2\n')
        >>> gr.read_csv(path, types={"amount": float}).collect()
        [{'zip': '02139', 'name': '', 'amount': 1.5}, {'zip': '10001', 'name': None, 'amount': 2.0}]

        An empty field is None, a quoted one "". A record that is too short ends in None; what one has too much is a
        list under the key None. Large plain files are cut between records, for which they are read once at the call.

        Args:
            paths: as for read_text(); partitions likewise.
            types: {column: type or function of a str}, not called for None; "infer": int, float or bool for a column
                all of whose values would be written back as the same text, which reads everything at the call.
            columns: only these, in this order.
            header: True: each file begins with its column names; False: they are "0", "1", …; a list: they are these.
            delimiter: one character; quotechar likewise, None if quotes mean nothing.
            encoding: of the files.

        Raises:
            FileNotFoundError: nothing matches a path.
            ValueError: a column that is not there, or twice; at the action, with file, line and column, a value that
                its type refuses.
        """
        from glowray.io.csv_reader import csv_reader

        reader = csv_reader(
            paths,
            self._count(partitions),
            types=types,
            columns=columns,
            header=header,
            delimiter=delimiter,
            quotechar=quotechar,
            encoding=encoding,
        )
        return self._read(reader, "read_csv")

    def read_json(self, paths: Paths, partitions: int | None = None) -> Dataset[Any]:
        r"""The values of JSON lines files, mostly dicts; blank lines do not count.

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.json")
        >>> _ = path.write_text('{"a": 1, "b": null}\n{"a": 1.0}\n')
        >>> gr.read_json(path).collect()
        [{'a': 1, 'b': None}, {'a': 1.0}]

        Values are those of json.loads: 1 is an int, 1.0 a float, null None, a key that is not there is not there, and
        of a key that is there twice the last value counts. Ints may have any number of digits. Arguments as for
        read_text().

        Raises:
            FileNotFoundError: nothing matches a path.
            ValueError: at the action, with file and line, for a line that is no JSON, or that nests values deeper than
                0.3 times sys.getrecursionlimit(): 300 levels.
        """
        from glowray.io.json_lines import json_reader

        return self._read(json_reader(paths, self._count(partitions)), "read_json")

    def read_parquet(
        self, paths: Paths, partitions: int | None = None, *, columns: Sequence[str] | None = None
    ) -> Dataset[dict[str, Any]]:
        """The rows of Parquet files as dicts.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> _ = gr.from_items([{"a": 1, "b": ["x"]}, {"a": 2, "b": None}], partitions=1).write_parquet(folder)
        >>> gr.read_parquet(folder).collect()
        [{'a': 1, 'b': ['x']}, {'a': 2, 'b': None}]

        Args:
            paths: as for read_text().
            partitions: exactly so many; a partition is whole row groups of about even bytes.
            columns: only these are read, in this order.

        Raises:
            FileNotFoundError: nothing matches a path.
            ValueError: a file is no Parquet, lacks one of the columns, or has two of one name.
        """
        from glowray.io.parquet_reader import parquet_reader

        return self._read(parquet_reader(paths, self._count(partitions), columns=columns), "read_parquet")

    def read_binary(
        self, paths: Paths, partitions: int | None = None, *, decompress: bool = True
    ) -> Dataset[tuple[str, bytes]]:
        r"""(path, content) of whole files; each is read when its row is asked for.

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.bin")
        >>> _ = path.write_bytes(b"\x00\x01")
        >>> gr.read_binary(path).values().collect()
        [b'\x00\x01']

        Args:
            paths: as for read_text(); the row has the path as it is spelt here. partitions likewise.
            decompress: whether .gz .bz2 .zst .xz are decompressed.

        Raises:
            FileNotFoundError: nothing matches a path.
        """
        from glowray.io.binary import binary_reader

        return self._read(binary_reader(paths, self._count(partitions), decompress=decompress), "read_binary")
