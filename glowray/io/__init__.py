"""Readers give the rows of a source, sinks write rows to files, and the commit makes all files visible or none.

A function that makes a reader is in the module of its format, for example `glowray.io.text.reader.text_reader`. Code
that knows a plan, a stage or Ray does not belong here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowray.io.arrow.tables import ArrowReader, PandasReader
    from glowray.io.binary import BinaryReader, BinarySink
    from glowray.io.commit.commit import Commit, Written
    from glowray.io.csv.reader import CsvReader
    from glowray.io.csv.sink import CsvSink
    from glowray.io.json.json_lines import JsonReader
    from glowray.io.json.sink import JsonSink
    from glowray.io.memory import ItemsReader, RangeReader, SourceReader
    from glowray.io.parquet.reader import ParquetReader
    from glowray.io.parquet.sink import ParquetSink
    from glowray.io.reader import Reader
    from glowray.io.sink import Part, PartWriter, Sink
    from glowray.io.text.reader import TextReader
    from glowray.io.text.sink import TextSink

_MODULES = {
    "binary": ("BinaryReader", "BinarySink"),
    "commit.commit": ("Commit", "Written"),
    "csv.reader": ("CsvReader",),
    "csv.sink": ("CsvSink",),
    "json.json_lines": ("JsonReader",),
    "json.sink": ("JsonSink",),
    "memory": ("ItemsReader", "RangeReader", "SourceReader"),
    "parquet.reader": ("ParquetReader",),
    "parquet.sink": ("ParquetSink",),
    "reader": ("Reader",),
    "sink": ("Part", "PartWriter", "Sink"),
    "arrow.tables": ("ArrowReader", "PandasReader"),
    "text.reader": ("TextReader",),
    "text.sink": ("TextSink",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ArrowReader",
    "BinaryReader",
    "BinarySink",
    "Commit",
    "CsvReader",
    "CsvSink",
    "ItemsReader",
    "JsonReader",
    "JsonSink",
    "PandasReader",
    "ParquetReader",
    "ParquetSink",
    "Part",
    "PartWriter",
    "RangeReader",
    "Reader",
    "Sink",
    "SourceReader",
    "TextReader",
    "TextSink",
    "Written",
]


def __getattr__(name: str) -> Any:
    """Import the module of a format at its first use. A job that reads text then loads neither CSV nor pyarrow."""
    if name in _HOMES:
        return getattr(import_module(f"glowray.io.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
