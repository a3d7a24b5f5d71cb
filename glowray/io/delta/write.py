"""The driver's side of a write to a Delta table: tasks write data files, one transaction adds them to the log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from glowray.errors import CommitConflict, GlowrayError, InexactColumn
from glowray.io.commit.commit import Misfits, Written, check_mode
from glowray.io.commit.place import Place, check_seen
from glowray.io.delta.place import remove_files, table_place, temporary_folder
from glowray.io.delta.table import DeltaAddress, check_writable, table_schema
from glowray.io.delta.types import (
    check_partition,
    delta_schema,
    delta_schema_with_nulls,
    delta_type,
    partition_text,
    stored_schema,
)
from glowray.io.files.folders import remove, remove_if_empty
from glowray.io.files.job_parts import job_of, new_job
from glowray.io.hive import HiveFolders, check_kinds
from glowray.io.parquet.common_schema import fitting_schema, one_schema
from glowray.io.parquet.hive_folders import folder_values
from glowray.io.parquet.sink import ParquetSink
from glowray.io.parquet.table_file import StoredRows, TableRows
from glowray.io.sink import Part

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction


class DeltaWrite:
    """Writes a table. `mode` says what to do with one that is there: "error", "append" or "overwrite".

    `wanted` are the folders that the user asked for. Rows for a table that is there go to folders by its own fields.
    """

    needs_all_rows = False
    is_final = True

    def __init__(self, address: DeltaAddress, mode: str, wanted: HiveFolders, compression: str | None) -> None:
        check_mode(mode)
        self._address, self._mode, self._wanted, self._compression = address, mode, wanted, compression
        self._job = new_job()
        self._place: Place = table_place(address.location, self._job)
        self._table: DeltaTable | None = None
        self._state, self._made_folder = "new", False
        self.folders = wanted
        self.sink = self._sink()
        self.written = Written(0, 0, 0)
        self._schema: pa.Schema = None
        self._actions: list[AddAction] = []

    @property
    def name(self) -> str:
        return str(self._address)

    def check(self) -> None:
        """Raise an error if `mode` forbids the table that is there, or if it is partitioned by other fields."""
        self._table = self._address.find()
        if self._table is None:
            return
        if self._mode == "error":
            raise FileExistsError(
                f'"{self.name}" is a Delta table already: choose another, mode="overwrite" or "append"'
            )
        check_writable(self._address, self._table)
        own = tuple(self._table.metadata().partition_columns)
        if self._wanted.fields and self._wanted.fields != own:
            has, wants = (", ".join(names) or "no column" for names in (own, self._wanted.fields))
            raise ValueError(f'"{self.name}" is partitioned by {has}, the new rows by {wants}: write to another table')
        self.folders = replace(self._wanted, fields=own)
        self.sink = self._sink()

    def begin(self) -> Place:
        self.check()
        self._state = "begun"
        root = self._address.location
        self._made_folder = root.files.is_local and not os.path.exists(root.path)
        return self._place

    def misfits(self, parts: Sequence[Part]) -> Misfits:
        """Return the files whose columns are not stored as those of the table."""
        import pyarrow as pa

        check_kinds(parts)
        if self._address.location.files.is_local:
            check_seen(parts)
        self._schema = self._common_schema(parts)
        stored = pa.schema([each for each in self._schema if each.name not in self.folders.fields])
        odd = tuple(part for part in parts if not stored_schema(part.schema).equals(stored))
        return Misfits(self.sink, self._place, stored, odd)

    def remove(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.files.delete(part.path)

    def stage(self, parts: Sequence[Part]) -> None:
        full = [part for part in parts if part.rows]
        self._actions = [self._action(part) for part in full]
        self.written = Written(len(full), sum(part.rows for part in full), sum(part.bytes for part in full))

    def verify(self) -> None:
        if self._table is None and self._address.find() is not None:
            raise CommitConflict(f'"{self.name}" was made while the job ran: nothing was written')

    def put(self) -> None:
        """Do nothing: the files are in place, and no reader sees them before the log names them."""

    def finish(self) -> None:
        """Commit the transaction. An error after it was committed, as of a checkpoint of the log, is no failure."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        try:
            self._commit()
        except DeltaError as error:
            if self._is_committed():
                return
            text = self._address.shown(error)
            if isinstance(error, CommitFailedError) or (self._table is None and self._address.find() is not None):
                why = f'another job changed "{self.name}" while the job ran'
                raise CommitConflict(f"{why}: nothing was written ({text})") from None
            raise OSError(f'the Delta table "{self.name}" cannot be written: {text}') from None

    def keep(self) -> None:
        self._state = "done"

    def close(self) -> None:
        if self._address.location.files.is_local:
            remove(temporary_folder(self._address.location.path, self._job))

    def abort(self) -> None:
        """Remove the files of the job, unless the log names them."""
        if self._state != "begun":
            return
        self._state = "done"
        root = self._address.location
        remove_files(root, self._job)
        if self._made_folder:
            for folder, _, _ in os.walk(root.path, topdown=False):
                remove_if_empty(folder)

    def _sink(self) -> ParquetSink:
        left = self.folders
        return ParquetSink(
            self._compression, left.left_columns, left.left_schema, buffer_bytes=left.file_bytes, verb="write_delta"
        )

    def _common_schema(self, parts: Sequence[Part]) -> pa.Schema:
        """Return the columns of the table after the write."""
        import pyarrow as pa

        rows = [StoredRows(part.location, part.schema) for part in parts]
        there = None if self._table is None else table_schema(self._table)
        if there is not None and self._mode == "append":
            data = pa.schema([each for each in there if each.name not in self.folders.fields])
            forms = [replace(each, schema=delta_schema_with_nulls(each.schema)) for each in rows]
            fitting_schema(TableRows(data.empty_table()), self.name, forms)
            self._folder_columns(parts, there)
            return there
        left = self.folders.left_schema
        data = delta_schema(one_schema(rows, [], fixed=False) if rows or left is None else left)
        self._check_zones(data)
        columns = {each.name: each for each in [*data, *self._folder_columns(parts, self.folders.schema)]}
        if not columns:
            raise ValueError("there are no rows, so the columns of the table are not known: name them in schema=")
        order = self.folders.columns or (self.folders.schema.names if self.folders.schema is not None else columns)
        return pa.schema([columns[name] for name in order])

    def _check_zones(self, data: pa.Schema) -> None:
        """Raise GlowrayError for datetimes without a zone if a table that is there has none: it cannot learn them."""
        if self._table is None or "timestampNtz" in (self._table.protocol().writer_features or ()):
            return
        for each in data:
            if "timestamp[us]" in str(each.type):
                what = f'the Delta table "{self.name}" was made without datetimes that have no zone'
                raise GlowrayError(f'{what}, as column "{each.name}" holds: add a zone, or write to another table')

    def _folder_columns(self, parts: Sequence[Part], types: pa.Schema | None) -> list[pa.Field]:
        """Return the partition columns, with the types that are known or those of their values."""
        import pyarrow as pa

        kinds = dict(pair for part in parts for pair in part.kinds)
        found = []
        for name in self.folders.fields:
            known = None if types is None or name not in types.names else types.field(name).type
            if name in kinds:
                known = check_partition(name, kinds[name], None if known is None else delta_type(known, name))
            elif known is None:
                raise InexactColumn(f'column "{name}" holds None only, so its type is not known: name it in schema=')
            found.append(pa.field(name, known))
        return found

    def _action(self, part: Part) -> AddAction:
        from deltalake.transaction import AddAction

        values = {
            name: partition_text(name, text, self._schema.field(name).type)
            for name, text in folder_values(part.folder.split("/"))
        }
        path = part.path[len(self._address.location.path) + 1 :]
        now = int(time.time() * 1000)
        return AddAction(path, part.bytes, values, now, True, json.dumps({"numRecords": part.rows}))

    def _commit(self) -> None:
        from deltalake import Schema
        from deltalake.transaction import create_table_with_add_actions

        schema, fields = Schema.from_arrow(self._schema), list(self.folders.fields)
        if self._table is None:
            url, options = self._address.location.path, dict(self._address.options) or None
            create_table_with_add_actions(url, schema, self._actions, "error", fields, storage_options=options)
        elif self._actions or self._mode == "overwrite":
            self._table.create_write_transaction(list(self._actions), self._mode, schema, fields)

    def _is_committed(self) -> bool:
        """Return whether the log names files of this job. If that is not known, the files stay."""
        import pyarrow as pa

        try:
            table = self._address.find()
            paths = [] if table is None else pa.table(table.get_add_actions()).column("path").to_pylist()
        except OSError:
            self._state = "done"
            return False
        return any(job_of(path) == self._job for path in paths)
