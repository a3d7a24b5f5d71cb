"""Readers give the rows of a source, sinks write rows to files, and the commit makes all files visible or none.

A function that makes a reader is in the module of its format, for example `glowray.io.text.text_reader`. Code that
knows a plan, a stage or Ray does not belong here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowray.io.binary import BinaryReader, BinarySink
    from glowray.io.commit import Commit, Written
    from glowray.io.csv_reader import CsvReader
    from glowray.io.csv_sink import CsvSink
    from glowray.io.json_lines import JsonReader
    from glowray.io.json_sink import JsonSink
    from glowray.io.memory import ItemsReader, RangeReader, SourceReader
    from glowray.io.parquet_reader import ParquetReader
    from glowray.io.parquet_sink import ParquetSink
    from glowray.io.reader import Reader
    from glowray.io.sink import Part, PartWriter, Sink
    from glowray.io.tables import ArrowReader, PandasReader
    from glowray.io.text import TextReader
    from glowray.io.text_sink import TextSink

_MODULES = {
    "binary": ("BinaryReader", "BinarySink"),
    "commit": ("Commit", "Written"),
    "csv_reader": ("CsvReader",),
    "csv_sink": ("CsvSink",),
    "json_lines": ("JsonReader",),
    "json_sink": ("JsonSink",),
    "memory": ("ItemsReader", "RangeReader", "SourceReader"),
    "parquet_reader": ("ParquetReader",),
    "parquet_sink": ("ParquetSink",),
    "reader": ("Reader",),
    "sink": ("Part", "PartWriter", "Sink"),
    "tables": ("ArrowReader", "PandasReader"),
    "text": ("TextReader",),
    "text_sink": ("TextSink",),
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
