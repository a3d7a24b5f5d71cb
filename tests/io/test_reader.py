"""Test that a reader has exactly the abilities whose classes it inherits."""

from __future__ import annotations

import abc
import inspect
from importlib import import_module

import pytest

from glowray.io import _HOMES
from glowray.io.channel import ChannelReader
from glowray.io.checkpoint import CheckpointReader
from glowray.io.reader import (
    ArrivingReader,
    ColumnReader,
    PrunableReader,
    Reader,
    RecordReader,
    RowReader,
    StoredReader,
    TypedReader,
)
from glowray.io.sql.dbapi import SqlReader

ABILITIES: list[type[Reader]] = [
    RowReader, ColumnReader, RecordReader, PrunableReader, TypedReader, StoredReader, ArrivingReader,
]  # fmt: skip
MEMBERS = {
    "read",
    "row_type",
    "read_blocks",
    "shape",
    "fields",
    "pruned",
    "arrow_types",
    "blocks",
    "channel",
    "connects",
}
NAMED = [name for name in _HOMES if name.endswith("Reader") and name != "Reader"]
READERS = [*(getattr(import_module(f"glowray.io.{_HOMES[name]}"), name) for name in NAMED), ChannelReader,
           CheckpointReader, SqlReader]  # fmt: skip


def members(cls: type) -> set[str]:
    """Return the public names of a class: its members and its fields."""
    fields = {name for each in cls.__mro__ for name in inspect.get_annotations(each)}
    return {name for name in {*dir(cls), *fields} if not name.startswith("_")}


def declared(ability: type) -> set[str]:
    """Return the members that an ability adds. Read them from its source, because some are declared for the type
    checker alone.
    """
    tree = inspect.getsource(ability)
    return {name for name in MEMBERS if f"def {name}(" in tree or f"\n    {name}:" in tree}


@pytest.mark.parametrize("cls", READERS, ids=lambda cls: cls.__name__)
def test_it_has_the_members_of_its_abilities_and_of_no_other(cls: type[Reader]) -> None:
    wanted = set().union(*(declared(ability) for ability in ABILITIES if issubclass(cls, ability)))
    assert issubclass(cls, Reader) and not inspect.isabstract(cls)
    assert members(cls) & MEMBERS - {"channel"} == wanted - {"channel"}


def test_every_ability_adds_something() -> None:
    assert set().union(*map(declared, ABILITIES)) == MEMBERS
    assert all(declared(ability) for ability in ABILITIES)


def test_a_reader_that_lacks_a_member_of_its_ability_cannot_be_made() -> None:
    class Half(ColumnReader):
        label, num_partitions, estimated_bytes = "half", 1, None

    assert isinstance(Half, abc.ABCMeta)
    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]
