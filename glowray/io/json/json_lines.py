"""Files of JSON: a value a line, or one array of the values. Only values of types that JSON gives back are written."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from glowray.arguments import StorageOptions
from glowray.errors import DamagedFile
from glowray.functions import Cause
from glowray.functions.replay import Attempt
from glowray.io.files.encoding import Encoding
from glowray.io.files.lines import LineNames, read_lines
from glowray.io.files.paths import File, Paths, expand, path_names
from glowray.io.files.splits import SPLIT_BYTES, Partition, Piece, is_splittable, locations_of, plan_splits, weight_of
from glowray.io.filesystem.location import Location
from glowray.io.json.array import array_lists, is_array
from glowray.io.json.values import TooDeepError, most_levels, shallow_value
from glowray.io.reader import FileReader, check_partitions, source_label
from glowray.io.refusals import Refusal, Refuse, RefusingReader, raise_refusal

_UTF8 = Encoding("utf-8-sig")

_BLANKS = " \t\r"
"""The characters that JSON reads as white space, without the line end."""


@dataclass(frozen=True)
class JsonReader(RefusingReader, FileReader):
    """Reads the values of JSON files. `lines` says that each is JSON lines, or not; None: look at each file."""

    label: str
    partitions: tuple[Partition, ...]
    estimated_bytes: int
    lines: bool | None = None
    refuse: Refuse = raise_refusal
    ahead: bool = False

    @property
    def num_partitions(self) -> int:
        return len(self.partitions)

    @property
    def locations(self) -> Collection[Location]:
        return locations_of(self.partitions)

    def refusing(self, refuse: Refuse, *, ahead: bool) -> JsonReader:
        """Return a reader of the same rows that calls `refuse` for a line that is no value."""
        return replace(self, refuse=refuse, ahead=ahead)

    def read(self, index: int) -> Iterator[list[Any]]:
        for piece in self.partitions[index]:
            yield from array_lists(piece) if self._is_array(piece) else self._lines(piece)

    def _is_array(self, piece: Piece) -> bool:
        """Return whether a piece is a file that is one array. Such files are not cut."""
        if self.lines is None:
            return piece.start == 0 and piece.stop is None and is_array(piece.location)
        return not self.lines

    def _lines(self, piece: Piece) -> Iterator[list[Any]]:
        names = LineNames(piece, exact=self.refuse is raise_refusal)
        seen, limit = 0, most_levels()
        for lines in read_lines(piece, _UTF8):
            values: list[Any] = []
            for number, line in enumerate(lines, seen):
                if not line.strip(_BLANKS):
                    continue
                try:
                    values.append(shallow_value(line, limit))
                except (ValueError, RecursionError) as error:
                    wrong = error
                else:
                    continue
                if values and not self.ahead:
                    yield values
                    values = []
                self.refuse(partial(_refusal, wrong, line, names, number))
            if values:
                yield values
            seen += len(lines)


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
    return JsonReader(label, splits, sum(map(weight_of, files)), lines)


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
