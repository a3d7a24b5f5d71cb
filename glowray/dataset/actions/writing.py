"""Actions that write files: a folder of ordered part files with _SUCCESS, or one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from glowray.arguments import StorageOptions
from glowray.dataset.core.base import Base, T_co
from glowray.functions import Function

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.io.hive import HiveFolders

Target = str | os.PathLike[str]


class WriteActions(Base[T_co]):
    """The actions write_text, write_csv, write_json, write_parquet and write_binary."""

    def write_text(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
        storage_options: StorageOptions = None,
    ) -> Any:
        """Write str(row) and a newline for every row. The workers write; the driver puts the files in place.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items(["a", "b"], partitions=1).write_text(f"{folder}/out").rows
        2
        >>> gr.read_text(f"{folder}/out").collect()
        ['a', 'b']

        Nothing is at `path` until the output is complete.

        Args:
            path: a folder for part files and _SUCCESS, or the file itself if `single_file`. It may be a URL.
            mode: what to do if something is there. "error" raises; "append" adds to it; "overwrite" replaces a folder
                that is empty or that glowray wrote, or with `single_file` any file.
            single_file: write one file instead of a folder.
            compression: "gzip" or "gz", "bz2", "zstd" or "zst", "xz". None: with `single_file` the one that the suffix
                of `path` names (.gz, .bz2, .zst, .xz), else none.
            defer: write at flow.run(), in one pass with the flow's other outputs.
            storage_options: what opens the store of a URL, by fsspec's names, such as {"key": …, "secret": …,
                "endpoint_url": …}. None: the environment's credentials. Nothing shows the values.

        Returns:
            Written(files, rows, bytes), or this dataset if `defer`.

        Raises:
            ValueError: there is no such mode or compression.
            FileExistsError: something is at `path` that `mode` does not replace.
            CommitConflict: another job wrote there meanwhile.
            ImportError: the package that serves a URL is missing. The message says how to install it.
        """
        from glowray.io.files.compression import codec_for
        from glowray.io.text.sink import TextSink

        sink = TextSink(codec_for(compression, path, single_file))
        return self._write("write_text", sink, path, mode, single_file, defer, storage_options)

    def write_csv(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
        columns: Sequence[str] | None = None,
        header: bool = True,
        delimiter: str = ",",
        quotechar: str = '"',
        schema: pa.Schema | None = None,
        partition_by: str | Sequence[str] | None = None,
        storage_options: StorageOptions = None,
    ) -> Any:
        """Write rows as CSV in UTF-8. The workers write; the driver puts the files in place.

        >>> import glowray as gr, pathlib, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> rows = gr.from_items([{"zip": "02139", "name": ""}, {"zip": "10001", "name": None}], partitions=1)
        >>> rows.write_csv(f"{folder}/out.csv", single_file=True).rows
        2
        >>> print(pathlib.Path(folder, "out.csv").read_text(), end="")
        zip,name
        02139,""
        10001,
        >>> gr.from_items([("be", 2)]).write_csv(f"{folder}/n.csv", single_file=True, columns=["word", "n"]).rows
        1

        Rows are dicts, or `columns` names their fields.

        A value is written as str(value), None as nothing and "" as "", so that read_csv() tells them apart. All files
        have the same columns in the same order, and begin with their names. A column has values of one type, because
        other programs take its type from some of the files. A field that a row lacks is None. A
        partition without rows makes no file, as other readers refuse an empty one. If there are no rows at all, one
        file names the columns that `columns` or `schema` give.

        Args:
            path: as for write_text(), like mode, single_file, compression, defer and storage_options.
            columns: the columns in their order; a dict row may lack some. None: the columns of all rows, in order of
                first appearance. For rows that are no dicts, the names of their fields. The fields are those of a tuple
                or list. If the value of a pair is a tuple, they may also be the key and the value's fields:
                (k, (a, b)) has three. Any other row is one field.
            header: whether files begin with the column names.
            delimiter: one character between fields.
            quotechar: one character around a field that needs it.
            schema: a pyarrow.Schema with the columns and the types that values are written as. It names fields as
                `columns` does.
            partition_by: a field or a list of fields, which the files leave out. Their values name the folders of the
                files: year=2013/part-00000.csv. They are str, numbers, bools, dates, times, UUIDs or None, of one type
                a field. Other programs read the folder as a table partitioned in the way of Hive. Without rows there
                is no file.

        Returns:
            As write_text().

        Raises:
            TypeError: at the action, a row is not a dict and has not as many fields as `columns` names. Or CSV or
                `schema` has no form for a value, such as a list.
            InexactColumn: at the action, a column has values of several types, such as ints beside floats. The message
                names the column and both rows. `schema` converts them to one type.
            ValueError: at the action, a dict has a field outside `columns`. With mode="append", the files there lack a
                column, or are in folders by other fields.
            KeyError: at the action, a row lacks a field of `partition_by`.
            FileExistsError: as for write_text(), like CommitConflict.
        """
        from glowray.io.csv.records import Dialect
        from glowray.io.csv.sink import CsvSink
        from glowray.io.files.compression import codec_for
        from glowray.io.hive import HiveFolders

        codec = codec_for(compression, path, single_file)
        by = HiveFolders.of("write_csv", partition_by, columns, schema)
        sink = CsvSink(codec, by.left_columns, header, Dialect(delimiter, quotechar), by.left_schema)
        return self._write("write_csv", sink, path, mode, single_file, defer, storage_options, by)

    def write_json(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
        columns: Sequence[str] | None = None,
        default: Callable[[Any], Any] | None = None,
        partition_by: str | Sequence[str] | None = None,
        storage_options: StorageOptions = None,
    ) -> Any:
        r"""Write every row as a line of JSON in UTF-8. The workers write; the driver puts the files in place.

        >>> import datetime, glowray as gr, pathlib, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items([{"a": 1, "b": [1.0, None]}]).write_json(f"{folder}/out.json", single_file=True).rows
        1
        >>> pathlib.Path(folder, "out.json").read_text()
        '{"a":1,"b":[1.0,null]}\n'
        >>> day = gr.from_items([("be", datetime.date(2024, 5, 1))])
        >>> day.write_json(f"{folder}/day.json", single_file=True, columns=["word", "on"], default=str).rows
        1
        >>> pathlib.Path(folder, "day.json").read_text()
        '{"word":"be","on":"2024-05-01"}\n'

        Without `default`, read_json() returns equal rows of the same types. A partition without rows makes no file.

        Args:
            path: as for write_text(), like mode, single_file, compression, defer and storage_options.
            columns: as for write_csv(). All lines are objects of these fields, null where a dict row lacks one. None:
                rows are any values that JSON has.
            default: as for json.dumps(): a function of a value that JSON has no form for, such as a date or a Decimal.
                Its result is written. As by json.dumps(), tuples are then written as lists, and keys that are numbers,
                bools or None as str. `on_error` does not apply to it.
            partition_by: as for write_csv().

        Returns:
            As write_text().

        Raises:
            TypeError: `default` is not a function of one argument. At the action, a row is not a dict and has not as
                many fields as `columns` names. Without `default`, JSON would change a value, such as a tuple or a key
                that is not a str. The message names the column.
            ValueError: at the action, a value is NaN or infinite, which JSON cannot express, or a dict has a field
                outside `columns`.
            KeyError: as for write_csv().
            FileExistsError: as for write_text(), like CommitConflict.
        """
        from glowray.io.files.compression import codec_for
        from glowray.io.hive import HiveFolders
        from glowray.io.json.sink import JsonSink

        function = None if default is None else Function.of(default, "write_json", spreads=False, arguments=(1,))
        by = HiveFolders.of("write_json", partition_by, columns)
        sink = JsonSink(codec_for(compression, path, single_file), by.left_columns, function)
        return self._write("write_json", sink, path, mode, single_file, defer, storage_options, by)

    def write_parquet(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
        columns: Sequence[str] | None = None,
        schema: pa.Schema | None = None,
        partition_by: str | Sequence[str] | None = None,
        storage_options: StorageOptions = None,
    ) -> Any:
        """Write rows as Parquet. The workers write; the driver puts the files in place.

        >>> import glowray as gr, pathlib, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items([{"a": 1, "b": None}, {"a": 2, "b": "x"}], partitions=1).write_parquet(folder).files
        1
        >>> gr.read_parquet(folder).collect()
        [{'a': 1, 'b': None}, {'a': 2, 'b': 'x'}]
        >>> flights = gr.from_items([{"year": 2013, "n": 1}, {"year": 2014, "n": 2}])
        >>> flights.write_parquet(f"{folder}/flights", partition_by="year").files
        2
        >>> sorted(path.name for path in pathlib.Path(folder, "flights").iterdir())
        ['_SUCCESS', 'year=2013', 'year=2014']

        Rows are dicts, or `columns` names their fields.

        read_parquet() returns equal rows of the same types. All files have one schema: the columns of all rows, in
        order of first appearance. A field that a row lacks is null, at any depth. Rows that come unchanged from
        read_parquet() or from_arrow() keep their Arrow types. A partition without rows makes no file. If there are no
        rows at all, one file has the columns of `schema`.

        Args:
            path: as for write_text(), like mode, single_file, defer and storage_options.
            compression: "snappy", "gzip" or "gz", "zstd" or "zst", "brotli", "lz4" or "none", within the file. The
                suffix stays .parquet. None: Snappy.
            columns: as for write_csv().
            schema: a pyarrow.Schema of the files. A column that is float64 there may hold ints beside floats. A float
                is rounded to a narrower float type that the schema names (0.1 as float32), as by pyarrow's safe cast.
                No other value may change; an int that would is an error. A schema names fields as `columns` does.
            partition_by: as for write_csv().

        Returns:
            As write_text().

        Raises:
            TypeError: at the action, a row is not a dict and has not as many fields as `columns` names, or Parquet
                cannot hold a column exactly. The message names the column, and both rows if their types differ. With
                mode="append", the files there lack a column or have it with another type.
            ValueError: at the action, a dict has a field outside `columns`.
            KeyError: as for write_csv().
            FileExistsError: as for write_text(), like CommitConflict.
        """
        from glowray.io.hive import HiveFolders
        from glowray.io.parquet.sink import ParquetSink

        by = HiveFolders.of("write_parquet", partition_by, columns, schema)
        sink = ParquetSink(compression, by.left_columns, by.left_schema, buffer_bytes=by.file_bytes)
        return self._write("write_parquet", sink, path, mode, single_file, defer, storage_options, by)

    def write_binary(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
        storage_options: StorageOptions = None,
    ) -> Any:
        """Write rows (name, bytes) as files of these names in a folder. The workers write.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items([("a.bin", b"0"), ("b/c.bin", b"1")]).write_binary(folder).files
        2
        >>> gr.read_binary(folder).values().collect()
        [b'0', b'1']

        Args:
            path: a folder.
            mode: as for write_text(), like defer and storage_options.
            single_file: must be False, since each row is a file.
            compression: as for write_text(); its suffix is added to the names.

        Returns:
            As write_text().

        Raises:
            TypeError: at the action, a row is not (str, bytes).
            ValueError: `single_file` is True. At the action, a name leaves the folder, begins with "_" or ".", or
                occurs twice.
            FileExistsError: as for write_text(), like CommitConflict.
        """
        from glowray.io.binary import BinarySink
        from glowray.io.files.compression import codec_for

        sink = BinarySink(codec_for(compression, path, single_file))
        return self._write("write_binary", sink, path, mode, single_file, defer, storage_options)

    def _write(
        self,
        verb: str,
        sink: Any,
        path: Target,
        mode: str,
        single_file: bool,
        defer: bool,
        storage_options: StorageOptions,
        folders: HiveFolders | None = None,
    ) -> Any:
        from glowray.action.outputs import WriteTarget, run_targets
        from glowray.io.commit.commit import Commit

        commit = Commit(path, sink, mode, single_file, folders, storage_options)
        commit.check()
        target = WriteTarget(self._node, verb, commit.label, commit)
        if defer:
            self._flow.targets.append(target)
            return self
        return run_targets(self._flow.settings, self._flow.outcome, [target])[0]
