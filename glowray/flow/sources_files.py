"""Sources that read files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from glowray.arguments import StorageOptions
from glowray.flow.sources import Sources
from glowray.io.files.paths import Paths

if TYPE_CHECKING:
    from glowray.dataset import Dataset

Types = Mapping[str, Callable[[str], Any]] | Literal["infer"] | None


class FileSources(Sources):
    """The sources read_text, read_csv, read_json, read_parquet and read_binary."""

    @overload
    def read_text(
        self,
        paths: Paths,
        partitions: int | None = None,
        encoding: str = "utf-8",
        errors: str = "strict",
        *,
        with_path: Literal[False] = False,
        storage_options: StorageOptions = None,
    ) -> Dataset[str]: ...

    @overload
    def read_text(
        self,
        paths: Paths,
        partitions: int | None = None,
        encoding: str = "utf-8",
        errors: str = "strict",
        *,
        with_path: Literal[True],
        storage_options: StorageOptions = None,
    ) -> Dataset[tuple[str, str]]: ...

    def read_text(
        self,
        paths: Paths,
        partitions: int | None = None,
        encoding: str = "utf-8",
        errors: str = "strict",
        *,
        with_path: bool = False,
        storage_options: StorageOptions = None,
    ) -> Dataset[Any]:
        r"""Read the lines of text files, without their line ends (\n or \r\n).

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.txt")
        >>> _ = path.write_text("to be\nor not\n")
        >>> gr.read_text(path).collect()
        ['to be', 'or not']

        The workers read the files when an action runs. A large plain file is cut into byte ranges.

        Args:
            paths: a path, glob or folder, or a list of these. Each may be a URL of s3://, gs://, abfs://, hdfs://,
                http(s)://, memory:// or another scheme of fsspec. Files named .gz, .bz2, .zst or .xz are decompressed,
                and a .zip of one file is read as that file.
            partitions: exactly this many, of about equal bytes. None: one for each 16 MiB; up to 128 MiB each if there
                would be more than 256.
            encoding: of the files, as for open(). A byte order mark at the start of a UTF-8 file is dropped.
            errors: "strict", "replace" or another error handler, as for open().
            with_path: whether a row is (path, line), where the path begins as it is spelt here.
            storage_options: a dict of what opens the store of a URL, with fsspec's names, such as {"key": …, "secret":
                …, "endpoint_url": …} for s3://. None: what the environment says. It goes to the workers with the job,
                and is never shown.

        Raises:
            FileNotFoundError: a path matches nothing.
            ValueError: a URL's scheme or an option is unknown, or options are given for a path that is no URL.
            ImportError: the package that serves a URL's scheme is missing.
        """
        from glowray.io.text.reader import path_text_reader, text_reader

        make = path_text_reader if with_path else text_reader
        count = self._count(partitions)
        return self._read(make(paths, count, encoding, errors, storage_options=storage_options), "read_text")

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
        null_values: Sequence[str] = ("",),
        encoding: str = "utf-8",
        errors: str = "strict",
        storage_options: StorageOptions = None,
    ) -> Dataset[dict[str, Any]]:
        r"""Read the records of CSV files as dicts of str, as csv.DictReader does.

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.csv")
        >>> _ = path.write_text('zip,name,amount\n02139,"",1.50\n10001,,2\n')
        >>> gr.read_csv(path, types={"amount": float}).collect()
        [{'zip': '02139', 'name': '', 'amount': 1.5}, {'zip': '10001', 'name': None, 'amount': 2.0}]

        An empty field is None, and a quoted empty field is "". A record with too few fields ends in None. Surplus
        fields are a list under the key None. The call reads large plain files once, to cut them between records.

        Args:
            paths: as for read_text().
            partitions: as for read_text().
            types: a dict of column to type, or to a function of a str; fields that are None are not converted.
                "infer" reads all files at the call. It makes a column int, float or bool if every value would be
                written back as the same text.
            columns: the columns to read, in this order; None: all.
            header: True: each file begins with its column names. False: they are "0", "1", …. A list gives the names.
            delimiter: one character between fields.
            quotechar: one character around a field; None: quotes have no meaning.
            null_values: the fields that are read as None, such as ["", "NA"]. A quoted field is never None. Without ""
                an empty field is "".
            encoding: of the files, as for open().
            errors: as for read_text().
            storage_options: as for read_text().

        Raises:
            FileNotFoundError: a path matches nothing.
            ValueError: a column does not exist, or is there twice. At the action, a type refuses a value; the message
                has the file, line and column. The flow's on_error may drop these records instead: the row is the line.
        """
        from glowray.io.csv.reader import csv_reader

        reader = csv_reader(
            paths,
            self._count(partitions),
            types=types,
            columns=columns,
            header=header,
            delimiter=delimiter,
            quotechar=quotechar,
            null_values=null_values,
            encoding=encoding,
            errors=errors,
            storage_options=storage_options,
        )
        return self._read(reader, "read_csv")

    def read_json(
        self,
        paths: Paths,
        partitions: int | None = None,
        *,
        lines: bool | None = None,
        storage_options: StorageOptions = None,
    ) -> Dataset[Any]:
        r"""Read the values of JSON files, mostly dicts: a value a line, or the objects of a file that is one array.

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.json")
        >>> _ = path.write_text('{"a": 1, "b": null}\n{"a": 1.0}\n')
        >>> gr.read_json(path).collect()
        [{'a': 1, 'b': None}, {'a': 1.0}]

        Values are those of json.loads: 1 is an int of any size, 1.0 a float, null None. A missing key stays missing.
        If an object has a key twice, the last value counts. Blank lines are skipped.

        >>> _ = path.write_text('[\n  {"a": 1},\n  {"a": 2}\n]\n')
        >>> gr.read_json(path).collect()
        [{'a': 1}, {'a': 2}]

        Args:
            paths: as for read_text().
            partitions: as for read_text(). A file that is one array is not cut.
            lines: None looks at each file: one array of objects, which may go over many lines, gives the objects. True:
                each line is a value, an array too. False: each file is one array, of values of any kind.
            storage_options: as for read_text().

        Raises:
            FileNotFoundError: a path matches nothing.
            ValueError: at the action, a line is not JSON, or nests values deeper than 0.3 times
                sys.getrecursionlimit(), which is 300 levels. The message has the file and line. The flow's on_error may
                drop these lines instead. A file that is one array always raises.
        """
        from glowray.io.json.json_lines import json_reader

        reader = json_reader(paths, self._count(partitions), lines=lines, storage_options=storage_options)
        return self._read(reader, "read_json")

    def read_parquet(
        self,
        paths: Paths,
        partitions: int | None = None,
        *,
        columns: Sequence[str] | None = None,
        storage_options: StorageOptions = None,
    ) -> Dataset[dict[str, Any]]:
        """Read the rows of Parquet files as dicts.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> _ = gr.from_items([{"a": 1, "b": ["x"]}, {"a": 2, "b": None}], partitions=1).write_parquet(folder)
        >>> gr.read_parquet(folder).collect()
        [{'a': 1, 'b': ['x']}, {'a': 2, 'b': None}]

        Folders such as `year=2013/month=1` below the path, or matched by its pattern, add columns. A column is of int
        if str() of an int of 64 bits writes each of its values, else of str. `__HIVE_DEFAULT_PARTITION__` is None.

        Args:
            paths: as for read_text().
            partitions: exactly this many. A partition is whole row groups, of about equal bytes.
            columns: the columns to read, in this order; None: all.
            storage_options: as for read_text().

        Raises:
            FileNotFoundError: a path matches nothing.
            ValueError: a file is not Parquet, lacks one of the columns, or has two columns of one name.
        """
        from glowray.io.parquet.reader import parquet_reader

        count = self._count(partitions)
        reader = parquet_reader(paths, count, columns=columns, storage_options=storage_options)
        return self._read(reader, "read_parquet")

    def read_binary(
        self,
        paths: Paths,
        partitions: int | None = None,
        *,
        decompress: bool = True,
        storage_options: StorageOptions = None,
    ) -> Dataset[tuple[str, bytes]]:
        r"""Read whole files as rows (path, bytes).

        >>> import glowray as gr, pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "a.bin")
        >>> _ = path.write_bytes(b"\x00\x01")
        >>> gr.read_binary(path).values().collect()
        [b'\x00\x01']

        A file is read when its row is needed, so that a task holds one file at a time.

        Args:
            paths: as for read_text(). The path in a row begins as it is spelt here.
            partitions: as for read_text().
            decompress: whether to decompress .gz, .bz2, .zst and .xz files.
            storage_options: as for read_text().

        Raises:
            FileNotFoundError: a path matches nothing.
        """
        from glowray.io.binary import binary_reader

        count = self._count(partitions)
        reader = binary_reader(paths, count, decompress=decompress, storage_options=storage_options)
        return self._read(reader, "read_binary")
