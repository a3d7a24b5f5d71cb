"""Where rows come from and where they go: readers, writers, and the commit."""

from __future__ import annotations

from glowray.io.binary import BinaryReader, BinarySink, binary_reader
from glowray.io.commit import Commit, Written
from glowray.io.csv_reader import CsvReader, csv_reader
from glowray.io.csv_sink import CsvSink
from glowray.io.json_lines import JsonReader, JsonSink, json_reader
from glowray.io.memory import ItemsReader, RangeReader, SourceReader, items_reader, range_reader, source_reader
from glowray.io.parquet_reader import ParquetReader, parquet_reader
from glowray.io.parquet_sink import ParquetSink
from glowray.io.reader import Reader
from glowray.io.sink import Part, PartWriter, Sink
from glowray.io.tables import ArrowReader, PandasReader, arrow_reader, pandas_reader
from glowray.io.text import TextReader, text_reader
from glowray.io.text_sink import TextSink

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
    "arrow_reader",
    "binary_reader",
    "csv_reader",
    "items_reader",
    "json_reader",
    "pandas_reader",
    "parquet_reader",
    "range_reader",
    "source_reader",
    "text_reader",
]
