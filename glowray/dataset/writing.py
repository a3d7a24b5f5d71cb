"""Actions that write files: a folder of ordered parts and _SUCCESS, or one file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glowray.dataset.base import Base, T_co

if TYPE_CHECKING:
    import pyarrow as pa

Target = str | os.PathLike[str]


class WriteActions(Base[T_co]):
    """write_text, write_csv, write_json, write_parquet, write_binary."""

    def write_text(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
    ) -> Any:
        r"""Writes str(row) and a newline for every row; nothing is at `path` until all of it is.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items(["a", "b"], partitions=1).write_text(f"{folder}/out").rows
        2
        >>> gr.read_text(f"{folder}/out").collect()
        ['a', 'b']

        Args:
            path: a folder for part files and _SUCCESS, or with single_file the file itself.
            mode: "error" if something is there; "overwrite" replaces an empty folder or one that glowray wrote;
                "append" adds parts.
            compression: None, "gz", "bz2", "zst" or "xz".
            defer: write at flow.run(), in one pass with its other outputs; returns the dataset.

        Returns:
            Written(files, rows, bytes).

        Raises:
            FileExistsError: something is at `path`.
            CommitConflict: another job wrote there meanwhile.
        """
        from glowray.io.text_sink import TextSink

        return self._write("write_text", TextSink(compression), path, mode, single_file, defer)

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
    ) -> Any:
        """Writes dict rows as CSV, UTF-8; read_csv() gives the same fields, None and "" apart.

        All files have the same columns in the same order; a field that a row lacks is None.

        >>> import glowray as gr, pathlib, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> rows = gr.from_items([{"zip": "02139", "name": ""}, {"zip": "10001", "name": None}], partitions=1)
        >>> rows.write_csv(f"{folder}/out.csv", single_file=True).rows
        2
        >>> print(pathlib.Path(folder, "out.csv").read_text(), end="")
        zip,name
        02139,""
        10001,

        Values are written as str(value), None as nothing. Every part file begins with the names of its columns, a
        single file once. A partition without rows makes no file, as other readers refuse an empty one. If there are no
        rows at all, one file names the columns that `columns` or `schema` give.

        Args:
            path: as for write_text(); mode, single_file, compression, defer likewise.
            columns: the columns in their order. None: those of all rows, in order of first appearance. A row may lack
                some of them.
            header: whether files begin with the names of the columns.
            delimiter: one character; quotechar likewise.
            schema: a pyarrow.Schema that names the columns, and the types that values are written as.

        Raises:
            TypeError: at the action, a row that is no dict, or a value such as a list that CSV has no form for, or
                that its type in `schema` cannot hold.
            ValueError: at the action, a row with more columns than those given; a column that the files to append to
                lack.
        """
        from glowray.io.csv_records import Dialect
        from glowray.io.csv_sink import CsvSink

        names = None if columns is None else tuple(columns)
        sink = CsvSink(compression, names, header, Dialect(delimiter, quotechar), schema)
        return self._write("write_csv", sink, path, mode, single_file, defer)

    def write_json(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
    ) -> Any:
        """Writes every row as a line of JSON, UTF-8; read_json() gives rows that are equal and of the same types.

        >>> import glowray as gr, pathlib, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items([{"a": 1, "b": [1.0, None]}]).write_json(f"{folder}/out.json", single_file=True).rows
        1
        >>> pathlib.Path(folder, "out.json").read_text()
        '{"a":1,"b":[1.0,null]}\\n'

        A partition without rows makes no file. Arguments as for write_text().

        Raises:
            TypeError: at the action, a value that JSON would change, such as a tuple or a key that is no str; its
                column is named.
            ValueError: at the action, NaN and infinities, which JSON has not.
        """
        from glowray.io.json_lines import JsonSink

        return self._write("write_json", JsonSink(compression), path, mode, single_file, defer)

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
    ) -> Any:
        """Writes dict rows as Parquet; read_parquet() gives rows that are equal and of the same types.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items([{"a": 1, "b": None}, {"a": 2, "b": "x"}], partitions=1).write_parquet(folder).files
        1
        >>> gr.read_parquet(folder).collect()
        [{'a': 1, 'b': None}, {'a': 2, 'b': 'x'}]

        All files have one schema: the columns of all rows in order of first appearance, each of one type. A field that
        a row lacks is null, at any depth. Rows that come unchanged from read_parquet() or from_arrow() keep the types
        that they had there. A partition without rows makes no file. If there are no rows at all, one file has the
        columns of `schema`.

        Args:
            path: as for write_text(); mode, single_file, defer likewise.
            compression: None (Snappy, as usual in Parquet), "gz" or "zst"; inside the file, whose name stays .parquet.
            columns: as for write_csv().
            schema: a pyarrow.Schema of the files: columns, their order and types. int beside float is fine in a column
                that is float64 there. A float is rounded to a narrower float type that the schema names (0.1 as
                float32), as pyarrow's safe cast does; no other value may change, and an int that would is an error.

        Raises:
            TypeError: at the action, a row that is no dict, or a column that Parquet cannot hold exactly: it is named,
                with both rows where values are of two types. With mode="append" also a column that the files which
                are there lack, or have of another type.
            ValueError: at the action, a row with more columns than those given.
        """
        from glowray.io.parquet_sink import ParquetSink

        sink = ParquetSink(compression, None if columns is None else tuple(columns), schema)
        return self._write("write_parquet", sink, path, mode, single_file, defer)

    def write_binary(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
    ) -> Any:
        """Writes rows of (name, bytes) as files of that name in a folder.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items([("a.bin", b"0"), ("b/c.bin", b"1")]).write_binary(folder).files
        2
        >>> gr.read_binary(folder).values().collect()
        [b'0', b'1']

        Args:
            path: a folder; mode, defer as for write_text().
            single_file: taken as by the others, but files are as many as rows: True is an error.
            compression: None, "gz", "bz2", "zst" or "xz", whose suffix is added to the names.

        Raises:
            TypeError: at the action, a row that is not (str, bytes).
            ValueError: at the action, a name that leaves the folder, begins with "_" or ".", or is there twice.
        """
        from glowray.io.binary import BinarySink

        return self._write("write_binary", BinarySink(compression), path, mode, single_file, defer)

    def _write(self, verb: str, sink: Any, path: Target, mode: str, single_file: bool, defer: bool) -> Any:
        from glowray.action.outputs import FileTarget, run_targets
        from glowray.io.commit import Commit

        commit = Commit(path, sink, mode, single_file)
        commit.check()
        target = FileTarget(self._node, verb, str(path), commit)
        if defer:
            self._flow.targets.append(target)
            return self
        return run_targets(self._flow.settings, self._flow.outcome, [target])[0]
