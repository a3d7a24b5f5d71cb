"""Files of JSON: a value a line, or one array of the values. Only values of types that JSON gives back are written."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from glowray.arguments import StorageOptions
from glowray.errors import DamagedFile
from glowray.functions import Cause
from glowray.functions.replay import Attempt
from glowray.io.files.encoding import Encoding, is_utf8
from glowray.io.files.lines import LineNames, read_bytes, read_lines, split_lines
from glowray.io.files.paths import File, Paths, expand, path_names
from glowray.io.files.splits import SPLIT_BYTES, Partition, Piece, is_splittable, plan_splits, weight_of
from glowray.io.json.array import array_lists, is_array
from glowray.io.json.record_lines import RecordLines, expected_shape, selected
from glowray.io.json.values import TooDeepError, most_levels, shallow_value, value_of
from glowray.io.reader import PartitionedReader, PrunableReader, check_partitions, source_label
from glowray.io.refusals import Refusal, Refuse, RefusingReader, raise_refusal

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.types.shape import Fields, Shape

_UTF8 = Encoding("utf-8-sig")

SAMPLED_BYTES = 1 << 16
SAMPLED_LINES = 256
"""How much of the first file is read to learn the keys and types of its records."""

_BLANKS = " \t\r"
"""The characters that JSON reads as white space, without the line end."""


@dataclass(frozen=True)
class JsonReader(RefusingReader, PartitionedReader, PrunableReader):
    """Reads the values of JSON files.

    Attributes:
        lines: whether each file is JSON lines; None: look at each file.
        records: the shape of most of the first lines, None if they are no records of one shape.
        only: the fields that blocks have, None for all.
    """

    lists_are_whole: ClassVar[bool] = True

    label: str
    partitions: tuple[Partition, ...]
    estimated_bytes: int
    lines: bool | None = None
    refuse: Refuse = raise_refusal
    ahead: bool = False
    records: Fields | None = None
    only: frozenset[str] | None = None

    def refusing(self, refuse: Refuse, *, ahead: bool) -> JsonReader:
        """Return a reader of the same rows that calls `refuse` for a line that is no value."""
        return replace(self, refuse=refuse, ahead=ahead)

    def read(self, index: int) -> Iterator[list[Any]]:
        for piece in self.partitions[index]:
            yield from array_lists(piece) if self.is_array(piece) else self._lines(piece)

    @property
    def shape(self) -> Shape | None:
        """The shape of most of the first lines. Blocks have it; other lines come in lists."""
        return None if self.records is None else selected(self.records, self.only)

    @property
    def fields(self) -> tuple[str, ...] | None:
        """The keys of most of the first lines."""
        return None if self.records is None else selected(self.records, self.only).names

    def pruned(self, columns: Collection[str]) -> JsonReader:
        """Return a reader of the same rows whose blocks have only these fields."""
        return replace(self, only=frozenset(columns) if self.only is None else self.only.intersection(columns))

    def read_blocks(self, index: int) -> Iterator[Block | list[Any]]:
        """Yield the rows of partition `index` as blocks. Lines that are no records of the shape come in lists."""
        if self.records is None:
            yield from self.read(index)
            return
        for piece in self.partitions[index]:
            yield from array_lists(piece) if self.is_array(piece) else self._blocks(piece, self.records)

    def _blocks(self, piece: Piece, records: Fields) -> Iterator[Block | list[Any]]:
        values, seen = _LineValues(self, piece), 0
        for data in read_bytes(piece, _UTF8.signature):
            if not is_utf8(data):
                yield from self._lines(piece, seen)
                return
            lines = RecordLines(data, records, self.only)
            for part in lines.parts():
                if isinstance(part, range):
                    yield from values.of(split_lines(lines.text(part)), seen + part.start)
                else:
                    yield part
            seen += lines.count

    def is_array(self, piece: Piece) -> bool:
        """Return whether a piece is a file that is one array. An array is never cut into pieces."""
        if self.lines is None:
            return piece.start == 0 and piece.stop is None and is_array(piece.location)
        return not self.lines

    def _lines(self, piece: Piece, done: int = 0) -> Iterator[list[Any]]:
        """Yield the values of the lines of a piece after the first `done` lines."""
        values, seen = _LineValues(self, piece), 0
        for lines in read_lines(piece, _UTF8):
            first = max(done - seen, 0)
            yield from values.of(lines[first:], seen + first)
            seen += len(lines)


class _LineValues:
    """Reads the values of lines. Tells the reader's `refuse` of a line that is no value."""

    def __init__(self, reader: JsonReader, piece: Piece) -> None:
        self._reader = reader
        self._names = LineNames(piece, exact=reader.refuse is raise_refusal)
        self._limit = most_levels()

    def of(self, lines: list[str], first: int) -> Iterator[list[Any]]:
        """Yield the values of lines, the first of which is line `first` of the piece, from 0."""
        values: list[Any] = []
        for place, line in enumerate(lines, first):
            if not line.strip(_BLANKS):
                continue
            try:
                values.append(shallow_value(line, self._limit))
            except (ValueError, RecursionError) as error:
                wrong = error
            else:
                continue
            if values and not self._reader.ahead:
                yield values
                values = []
            self._reader.refuse(partial(_refusal, wrong, line, self._names, place))
        if values:
            yield values


def json_reader(
    paths: Paths,
    partitions: int | None = None,
    *,
    lines: bool | None = None,
    storage_options: StorageOptions = None,
    split_bytes: int = SPLIT_BYTES,
) -> JsonReader:
    r"""Return a reader of JSON files: a row is the value of a line. Blank lines are skipped.

    A file that is one array of objects gives these objects, in one partition. With `lines` True it is one row, if it
    has one line. With `lines` False each file is one array, of values of any kind.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "a.json")
    >>> _ = path.write_text('{"a": 1, "b": null}\n{"a": 1.0}\n')
    >>> list(json_reader(path).read(0))
    [[{'a': 1, 'b': None}, {'a': 1.0}]]

    Values are those of json.loads: 1 is an int, 1.0 a float, null is None. If a key appears twice, its last value
    counts. Ints may have any number of digits. Paths and `partitions` are as for text. A line that is no JSON value is
    refused with a DamagedFile error, which names file and line.
    """
    check_partitions(partitions)
    files = expand(paths, storage_options)

    def holds_lines(file: File) -> bool:
        return is_splittable(file) and (not is_array(file.location) if lines is None else lines)

    splits = plan_splits(files, partitions, holds_lines, split_bytes)
    label = source_label("read_json", path_names(paths, storage_options))
    reader = JsonReader(label, splits, sum(map(weight_of, files)), lines)
    return replace(reader, records=_first_records(reader))


def _sound_values(lines: list[str]) -> Iterator[Any]:
    """Yield the values of the lines that have one."""
    for line in lines:
        with suppress(ValueError, RecursionError):
            yield value_of(line)


def _first_records(reader: JsonReader) -> Fields | None:
    """Return the shape of most of the first lines; None if there is none, or if they cannot be read."""
    piece = next((piece for pieces in reader.partitions for piece in pieces), None)
    try:
        if piece is None or reader.is_array(piece):
            return None
        text = next(read_bytes(piece, _UTF8.signature, SAMPLED_BYTES), b"").decode()
        return expected_shape(list(_sound_values(split_lines(text)[:SAMPLED_LINES])))
    except Exception:  # The task that reads the file raises it.
        return None


def read_again(verb: str, line: str, where: str) -> Any:
    """Return the value of a line, or raise the error that reading it raised."""
    try:
        return shallow_value(line, most_levels())
    except (ValueError, RecursionError) as error:
        wrong = error
    raise _placed(wrong, where)


def _refusal(error: ValueError | RecursionError, line: str, names: LineNames, number: int) -> Refusal:
    where = names.name(number)
    attempt = Attempt(read_again, "read_json", (line, where), is_check=True)
    return Refusal(_placed(error, where), Cause(row=line, attempt=attempt))


def _placed(error: ValueError | RecursionError, where: str) -> DamagedFile:
    if isinstance(error, TooDeepError):
        return DamagedFile(f"{where} nests its values so deep that Python's recursion limit forbids to pickle the row")
    what = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
    return DamagedFile(f"{where} is not a line of JSON: {what}")
