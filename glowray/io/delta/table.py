"""A Delta table: where it is, what its log says, and whether glowray can read and write it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glowray.errors import GlowrayError
from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.location import Location
from glowray.io.filesystem.options import HiddenOptions
from glowray.io.filesystem.stores.s3 import S3Files

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

_READABLE = frozenset({
    "deletionVectors", "timestampNtz", "typeWidening", "typeWidening-preview", "v2Checkpoint", "vacuumProtocolCheck",
})  # fmt: skip
_WRITABLE = frozenset({
    "appendOnly", "changeDataFeed", "checkConstraints", "deletionVectors", "domainMetadata", "generatedColumns",
    "invariants", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck",
})  # fmt: skip
_RULES = ("delta.generationExpression", "delta.identity.start", "delta.invariants")
_S3_NAMES = {
    "key": "AWS_ACCESS_KEY_ID",
    "secret": "AWS_SECRET_ACCESS_KEY",
    "token": "AWS_SESSION_TOKEN",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "region": "AWS_REGION",
}


@dataclass(frozen=True)
class DeltaAddress:
    """The folder of a table, and the options of its store by deltalake's names. They are never shown."""

    location: Location
    options: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, url: str | os.PathLike[str], storage_options: Mapping[str, Any] | None) -> DeltaAddress:
        """Return the address for the arguments of a verb. Options of S3 may have either library's names."""
        fsspec_names = {name: ours for ours, name in _S3_NAMES.items()}
        given = {fsspec_names.get(name, name): value for name, value in (storage_options or {}).items()}
        location = chosen(url, given)
        path = location.path if location.files.is_local is False else os.path.abspath(location.path)
        location = location.at(path.rstrip("/") or "/")
        return cls(location, _deltalake_options(location, given))

    def __str__(self) -> str:
        return str(self.location)

    def open(self, version: int | None = None) -> DeltaTable:
        """Return the table at a version, None for the latest.

        Raises FileNotFoundError if there is no table, ValueError if there is no such version.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            return DeltaTable(self.location.path, version, dict(self.options) or None)
        except TableNotFoundError:
            raise FileNotFoundError(f'"{self}" is not a Delta table') from None
        except DeltaError as error:
            if version is None:
                raise OSError(f'the Delta table "{self}" cannot be opened: {self.shown(error)}') from None
            raise ValueError(f'the Delta table "{self}" has no version {version}: {self.shown(error)}') from None

    def find(self) -> DeltaTable | None:
        """Return the table, or None if there is none."""
        try:
            return self.open()
        except FileNotFoundError:
            return None

    def shown(self, error: BaseException) -> str:
        """Return the text of an error of deltalake as one line, without credentials."""
        return HiddenOptions(self.options).without_secrets(" ".join(str(error).split()))

    @contextmanager
    def named(self) -> Iterator[None]:
        """Raise errors of deltalake as OSErrors that name the table: its own classes cannot be pickled."""
        from deltalake.exceptions import DeltaError

        try:
            yield
        except DeltaError as error:
            raise OSError(f'the Delta table "{self}": {self.shown(error)}') from None


def table_schema(table: DeltaTable) -> pa.Schema:
    """Return the columns of a table with their Arrow types."""
    import pyarrow as pa

    schema = pa.schema(table.schema().to_arrow())
    return pa.schema([pa.field(each.name, each.type, each.nullable) for each in schema])


def check_readable(address: DeltaAddress, table: DeltaTable) -> None:
    """Raise GlowrayError, which names the feature, if glowray would read wrong rows."""
    import pyarrow as pa

    features = set(table.protocol().reader_features or ())
    mapping = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mapping != "none":
        raise GlowrayError(f'the Delta table "{address}" maps its columns by {mapping}, which cannot be read')
    for feature in sorted(features - _READABLE - {"columnMapping"}):
        raise GlowrayError(f'the Delta table "{address}" has the feature {feature}, which cannot be read')
    if "deletionVectors" in features:
        with address.named():
            deleted = pa.table(table.deletion_vectors()).num_rows
        if deleted:
            how = "rewrite these files first (REORG TABLE … APPLY (PURGE))"
            raise GlowrayError(f'the Delta table "{address}" has {deleted} files with deletion vectors: {how}')


def check_writable(address: DeltaAddress, table: DeltaTable) -> None:
    """Raise GlowrayError, which names the feature or rule, if glowray would write against the table's rules."""
    check_readable(address, table)
    for feature in sorted(set(table.protocol().writer_features or ()) - _WRITABLE - {"columnMapping"}):
        raise GlowrayError(f'the Delta table "{address}" has the feature {feature}, which cannot be written')
    for name in sorted(table.metadata().configuration):
        if name.startswith("delta.constraints."):
            rule = name.removeprefix("delta.constraints.")
            raise GlowrayError(f'the Delta table "{address}" has the constraint {rule}, which glowray does not check')
    for each in table.schema().fields:
        if rules := [rule for rule in _RULES if rule in (each.metadata or {})]:
            raise GlowrayError(
                f'the column "{each.name}" of "{address}" has the rule {rules[0]}, which is not kept here'
            )


def _deltalake_options(location: Location, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the options by the names that deltalake knows. It takes other settings of S3 from the environment."""
    if not isinstance(location.files, S3Files):
        return {name: str(value) for name, value in given.items()}
    known = location.files.options.values
    found = {_S3_NAMES[name]: str(value) for name, value in known.items() if name in _S3_NAMES}
    if known.get("anon"):
        found["AWS_SKIP_SIGNATURE"] = "true"
    if found.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        found["AWS_ALLOW_HTTP"] = "true"
    return found
