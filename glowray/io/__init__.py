"""Where rows come from and where they go: readers, writers, and the commit."""

from __future__ import annotations

from glowray.io.binary import BinaryReader, BinarySink, binary_reader
from glowray.io.commit import Commit, Written
from glowray.io.csv_reader import CsvReader, csv_reader
from glowray.io.csv_sink import CsvSink
from glowray.io.json_lines import JsonReader, JsonSink, json_reader
from glowray.io.memory import ItemsReader, RangeReader, SourceReader, items_reader, range_reader, source_reader
from glowray.io.reader import Reader
from glowray.io.sink import Part, PartWriter, Sink
from glowray.io.text import TextReader, text_reader
from glowray.io.text_sink import TextSink

__all__ = [
    "BinaryReader",
    "BinarySink",
    "Commit",
    "CsvReader",
    "CsvSink",
    "ItemsReader",
    "JsonReader",
    "JsonSink",
    "Part",
    "PartWriter",
    "RangeReader",
    "Reader",
    "Sink",
    "SourceReader",
    "TextReader",
    "TextSink",
    "Written",
    "binary_reader",
    "csv_reader",
    "items_reader",
    "json_reader",
    "range_reader",
    "source_reader",
    "text_reader",
]
