"""Parquet files as rows of dicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from glowray.arguments import StorageOptions
from glowray.errors import DamagedFile
from glowray.io.arrow.table_blocks import Dictionaries, droppable, table_block, table_shape
from glowray.io.arrow.table_rows import table_rows
from glowray.io.files.paths import Paths, expand, path_names
from glowray.io.files.splits import SPLIT_BYTES, place
from glowray.io.filesystem.location import Location
from glowray.io.parquet.column_buffers import buffer_bytes
from glowray.io.parquet.dictionaries import small_dictionaries
from glowray.io.parquet.hive_folders import Values, fill_folders, folder_types, folder_values, with_folders
from glowray.io.reader import PartitionedReader, PrunableReader, TypedReader, check_partitions, source_label
from glowray.io.record_columns import check_columns, check_present

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from glowray.rows import Block
    from glowray.rows.types.shape import Shape

ROWS_A_MORSEL = 16_384
ROWS_A_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group of a file, and the columns that the file's folders add."""

    location: Location
    index: int
    folders: Values = ()


@dataclass(frozen=True)
class ParquetReader(PrunableReader, TypedReader, PartitionedReader):
    """Reads rows of Parquet files. A row group is never divided between partitions.

    Args:
        columns: the columns that the user asked for, None for all.
        arrow_types: those of them that have one type in all files.
        only: the columns that the job reads, None for all. It holds in files whose columns are `like`.
        like: the columns of the first file.
        folder_types: the columns that folders add, with their types.
        first: the columns of the first file that has rows, with those that its folders add.
    """

    label: str
    partitions: tuple[tuple[RowGroup, ...], ...]
    columns: tuple[str, ...] | None
    estimated_bytes: int
    arrow_types: pa.Schema
    only: frozenset[str] | None = None
    like: tuple[str, ...] | None = None
    folder_types: pa.Schema | None = None
    first: pa.Schema | None = None

    def read(self, index: int) -> Iterator[list[dict[str, Any]]]:
        for table in self.tables(index):
            yield table_rows(table)

    @property
    def shape(self) -> Shape | None:
        """The shape of the blocks of `read_blocks`, or None if the first file's schema does not say it."""
        import pyarrow as pa

        names = self.fields
        if names is None or self.first is None:
            return None
        return table_shape(pa.schema([self.first.field(name) for name in names]))

    @property
    def fields(self) -> tuple[str, ...] | None:
        """The columns of the first file's rows. Another file may have others."""
        group = next((group for groups in self.partitions for group in groups), None)
        if group is None or self.first is None:
            return None
        return tuple(self._wanted(self.first, group.location))

    def read_blocks(self, index: int) -> Iterator[Block]:
        """Yield the rows of partition `index` as blocks. A column stays as it is if its values are Python's."""
        known: Dictionaries = {}
        for table in self.tables(index, ROWS_A_BLOCK, keep_dictionaries=True):
            yield table_block(table, known)

    def pruned(self, columns: Collection[str]) -> ParquetReader:
        """Return a reader of the same rows with only these columns, and those that may hold values Python lacks.

        Files whose columns are not those of the first file are read with all columns.
        """
        only = frozenset(columns) if self.only is None else self.only.intersection(columns)
        return replace(self, only=only, like=self.like if self.only is not None else self.fields)

    def tables(self, index: int, rows: int = ROWS_A_MORSEL, *, keep_dictionaries: bool = False) -> Iterator[pa.Table]:
        """Yield the rows of partition `index` as Arrow tables of at most `rows` rows.

        With `keep_dictionaries`, text columns that the file stores with a small dictionary are dictionary columns.
        """
        import pyarrow as pa

        for _, groups in groupby(self.partitions[index], key=lambda group: (group.location, group.folders)):
            group, *others = groups
            numbers = [each.index for each in (group, *others)]
            with opened(group.location) as file, ExitStack() as stack:
                names = self._wanted(self._schema(file, group), group.location)
                added = {name for name, _ in group.folders}
                own = [name for name in names if name not in added]
                wanted = None if self.columns is None and self.only is None and not added else own
                how: dict[str, Any] = {}
                if keep_dictionaries and (texts := small_dictionaries(file, numbers, own)):
                    how["read_dictionary"] = texts
                if size := buffer_bytes(file, numbers, own):
                    how |= {"buffer_size": size, "pre_buffer": False}
                if how:
                    file = stack.enter_context(opened(group.location, metadata=file.metadata, **how))
                for number in numbers:
                    for batch in file.iter_batches(rows, [number], wanted, use_threads=False):
                        table = pa.Table.from_batches([batch]).select(own)
                        yield self._filled(table, names, group)

    def _schema(self, file: pq.ParquetFile, group: RowGroup) -> pa.Schema:
        """Return the columns of a file, with those that its folders add."""
        schema = file.schema_arrow
        check_columns(schema.names, f'"{group.location}"')
        return schema if self.folder_types is None else with_folders(schema, group.folders, self.folder_types)

    def _filled(self, table: pa.Table, names: list[str], group: RowGroup) -> pa.Table:
        if self.folder_types is None:
            return table
        return fill_folders(table, names, group.folders, self.folder_types)

    def _wanted(self, schema: pa.Schema, location: Location) -> list[str]:
        """Return the columns to read of a file, in the order of the rows."""
        names = _columns_of(schema, location, self.columns)
        if self.only is None or tuple(names) != self.like:
            return names
        unread = droppable(schema.names, schema.types) - self.only
        return [name for name in names if name not in unread]


def parquet_reader(
    paths: Paths,
    partitions: int | None = None,
    *,
    columns: Sequence[str] | None = None,
    storage_options: StorageOptions = None,
    split_bytes: int = SPLIT_BYTES,
) -> ParquetReader:
    """Return a reader of Parquet files, whose rows are dicts. `columns` reads only these columns, in this order.

    >>> import tempfile, pathlib, pyarrow as pa, pyarrow.parquet as pq
    >>> path = pathlib.Path(tempfile.mkdtemp(), "a.parquet")
    >>> pq.write_table(pa.table({"a": [1, 2], "b": [["x"], None]}), path)
    >>> list(parquet_reader(path).read(0))
    [[{'a': 1, 'b': ['x']}, {'a': 2, 'b': None}]]

    Partitions are whole row groups, of about equal bytes. Folders `year=2013` below the path add columns.

    Raises:
        FileNotFoundError: a path matches nothing.
        DamagedFile: a file is no Parquet file.
        ValueError: a file lacks one of `columns`, or has two columns of one name.
    """
    import pyarrow as pa

    check_partitions(partitions)
    wanted = None if columns is None else tuple(columns)
    if wanted is not None:
        check_columns(wanted, "columns=")
    types: pa.Schema | None = None
    first: pa.Schema | None = None
    groups: list[RowGroup] = []
    weights: list[int] = []
    files = expand(paths, storage_options)
    added = folder_types(files)
    for file in files:
        folders = folder_values(file.folders)
        with opened(file.location) as parquet:
            check_columns(parquet.schema_arrow.names, f'"{file.location}"')
            schema = with_folders(parquet.schema_arrow, folders, added)
            types = _common_types(types, schema, _columns_of(schema, file.location, wanted))
            metadata = parquet.metadata
            first = schema if first is None and metadata.num_row_groups else first
            groups += [RowGroup(file.location, index, folders) for index in range(metadata.num_row_groups)]
            weights += [metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups)]
    return ParquetReader(
        source_label("read_parquet", path_names(paths, storage_options)),
        place(groups, weights, partitions, split_bytes),
        wanted,
        sum(weights),
        pa.schema([]) if types is None else types,
        folder_types=added if len(added) else None,
        first=first,
    )


def _common_types(known: pa.Schema | None, schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    """Return the columns of `known` to which another file gives the same type; all of the file if it is the first."""
    import pyarrow as pa

    types = {name: schema.field(name).type for name in names}
    alike = types.keys() if known is None else [field.name for field in known if types.get(field.name) == field.type]
    return pa.schema([(name, types[name]) for name in alike])


@contextmanager
def opened(location: Location, **how: Any) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file. `how` are arguments of pyarrow. Raises DamagedFile, which names the path, if it is none.

    Neighbouring columns of a remote file come in one request, unless `pre_buffer` is False.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with location.open_arrow() as source:
        try:
            file = pq.ParquetFile(source, **{"pre_buffer": not location.files.is_local, **how})
        except pa.ArrowInvalid as error:
            raise DamagedFile(f'"{location}" is not a Parquet file, or is damaged: {error}') from None
        with file:
            yield file


def _columns_of(schema: pa.Schema, location: Location, wanted: tuple[str, ...] | None) -> list[str]:
    """Return `wanted`, or all columns of a file if it is None. Raises ValueError if the file lacks one of them."""
    names: list[str] = schema.names
    check_present(str(location), names, wanted or ())
    return names if wanted is None else list(wanted)
