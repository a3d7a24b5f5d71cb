"""The data files of a Delta table as rows of dicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from glowray.errors import GlowrayError, InexactColumn
from glowray.io.delta.table import DeltaAddress, check_readable, table_schema
from glowray.io.files.splits import place
from glowray.io.filesystem.location import Location
from glowray.io.parquet.hive_folders import Values
from glowray.io.parquet.reader import ParquetReader, RowGroup, opened
from glowray.io.reader import check_partitions
from glowray.io.record_columns import check_columns, check_present

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from deltalake import DeltaTable


@dataclass(frozen=True)
class DeltaReader(ParquetReader):
    """Reads the Parquet files of one version of a table. Their columns have the types that the table's log says.

    A partition column counts as a column of a folder. So does a column that a file lacks: it is None in all its rows.
    """

    table_types: pa.Schema | None = None

    def _schema(self, file: pq.ParquetFile, group: RowGroup) -> pa.Schema:
        assert self.table_types is not None, "delta_reader() sets it"
        return self.table_types

    def _filled(self, table: pa.Table, names: list[str], group: RowGroup) -> pa.Table:
        import pyarrow as pa

        assert self.table_types is not None, "delta_reader() sets it"
        wanted = pa.schema([self.table_types.field(name) for name in table.column_names])
        if not table.schema.equals(wanted):
            try:
                table = table.cast(wanted)
            except pa.ArrowInvalid as error:
                raise InexactColumn(f'"{group.location}" holds a value that its Delta table cannot: {error}') from None
        return super()._filled(table, names, group)


def delta_reader(
    address: DeltaAddress,
    version: int | None = None,
    partitions: int | None = None,
    columns: Sequence[str] | None = None,
) -> DeltaReader:
    """Return a reader of the rows of a table, at a version or as it is now.

    Raises:
        FileNotFoundError: there is no table.
        ValueError: there is no such version, or no such column.
        GlowrayError: the table has a feature that cannot be read.
    """
    import pyarrow as pa

    check_partitions(partitions)
    table = address.open(version)
    check_readable(address, table)
    types = table_schema(table)
    wanted = tuple(types.names if columns is None else columns)
    check_columns(wanted, "columns=")
    check_present(str(address), types.names, wanted)
    groups: list[RowGroup] = []
    weights: list[int] = []
    for location, values in _data_files(address, table):
        with opened(location) as parquet:
            known = {*parquet.schema_arrow.names, *(name for name, _ in values)}
            filled = (*values, *((name, None) for name in types.names if name not in known))
            metadata = parquet.metadata
            groups += [RowGroup(location, index, filled) for index in range(metadata.num_row_groups)]
            weights += [metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups)]
    return DeltaReader(
        f'read_delta("{address}")',
        place(groups, weights, partitions),
        wanted,
        sum(weights),
        pa.schema([types.field(name) for name in wanted]),
        folder_types=types,
        first=types,
        table_types=types,
    )


def _data_files(address: DeltaAddress, table: DeltaTable) -> Iterator[tuple[Location, Values]]:
    """Yield each data file in the order of its path, with the texts of its partition columns."""
    import pyarrow as pa

    with address.named():
        files = pa.table(table.get_add_actions(flatten=True))
    names = table.metadata().partition_columns
    texts = [files.column(f"partition.{name}").cast(pa.string()).to_pylist() for name in names]
    rows = zip(files.column("path").to_pylist(), *texts, strict=True)
    for path, *values in sorted(rows, key=lambda row: str(row[0])):
        relative = unquote(path)
        if relative.startswith("/") or "://" in relative:
            raise GlowrayError(f'the Delta table "{address}" is a clone: it has files of another table: "{relative}"')
        yield address.location.at(f"{address.location.path}/{relative}"), tuple(zip(names, values, strict=True))
