"""JSON lines as columns: the records that have the expected keys and types, and the numbers of the other lines.

`{"a": 1}`, `{"a": null}`, `{"a": "x"}` of records {a: int} → a block of 2 rows, then the range of line 2.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from json.decoder import scanstring  # type: ignore[attr-defined]  # missing from the stubs
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from glowray.io.json.values import value_of
from glowray.native import chosen
from glowray.native.interface import JsonValues

if TYPE_CHECKING:
    import pyarrow as pa

    from glowray.rows import Block
    from glowray.rows.types.shape import Fields, Shape

MOST_CUTS = 512
"""Python reads a whole chunk if more than one line in so many is no such record: small blocks cost more than rows."""

MOST_FIELDS = 300

MOSTLY = 0.9
"""The share of the first lines that have the keys of the most frequent record. With fewer, rows are no columns."""

_RECORD, _BLANK = 1, 2
_INT, _FLOAT, _TEXT, _ESCAPED, _TRUE, _FALSE, _NULL, _VALUE = map(ord, "idsetfnv")

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]


def expected_shape(values: Sequence[Any]) -> Fields | None:
    """Return the shape of the most frequent records among values, or None if others are frequent too.

    >>> str(expected_shape([{"a": 1, "b": None}, {"a": 2, "b": "x"}, {"a": None, "b": "y"}]))
    '{a: int, b: str}'
    """
    from glowray.rows.codec.encode import encode
    from glowray.rows.types.shape import Fields

    counts = Counter(tuple(value) for value in values if type(value) is dict)
    if not counts:
        return None
    [(names, count)] = counts.most_common(1)
    if not 0 < len(names) <= MOST_FIELDS or count < MOSTLY * len(values) or any(map(_needs_escapes, names)):
        return None
    rows = [value for value in values if type(value) is dict and tuple(value) == names]
    columns = ([row[name] for row in rows] for name in names)
    return Fields("record", names, tuple(encode(_of_one_type(column), 1)[0] for column in columns))


def _of_one_type(values: list[Any]) -> list[Any]:
    """Return the values of the most frequent type, and None."""
    counts = Counter(type(value) for value in values if value is not None)
    kept = {type(None), *(cls for cls, _ in counts.most_common(1))}
    return [value for value in values if type(value) in kept]


def _needs_escapes(name: str) -> bool:
    return json.dumps(name, ensure_ascii=False) != f'"{name}"' or not _is_unicode(name)


def _is_unicode(text: str) -> bool:
    """Return whether UTF-8 has the text, that is, no surrogate is alone in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def selected(shape: Fields, names: Collection[str] | None) -> Fields:
    """Return the shape with only these fields, None for all."""
    if names is None:
        return shape
    kept = [(name, child) for name, child in zip(shape.names, shape.children, strict=True) if name in names]
    return replace(shape, names=tuple(name for name, _ in kept), children=tuple(child for _, child in kept))


class RecordLines:
    """A chunk of JSON lines in UTF-8, most of them records of one shape.

    Args:
        data: whole lines with their ends.
        shape: the expected shape of the records.
        only: the fields that blocks have, None for all. The text of the others is checked all the same.
    """

    def __init__(self, data: bytes, shape: Fields, only: Collection[str] | None) -> None:
        self._data = data
        self.count = data.count(b"\n") + (not data.endswith(b"\n"))
        self._shape, self._few = shape, selected(shape, only)
        keys = tuple(f'"{name}"'.encode() for name in shape.names)
        self._values = chosen.loops.json_values(data, keys, self.count)

    def text(self, lines: range) -> str:
        """Return the text of consecutive lines, with their ends."""
        if self._values is None:
            return self._data.decode()
        bounds = self._values.bounds
        return self._data[bounds[lines.start] : bounds[lines.stop]].decode()

    def parts(self) -> Iterator[Block | range]:
        """Yield the rows in order: blocks, and ranges of line numbers that Python has to read."""
        from glowray.rows import Block
        from glowray.rows.codec.chunk import Chunk

        everything = range(self.count)
        if self._values is None or not self._few.names:
            yield everything
            return
        lines = np.flatnonzero(self._values.found == _RECORD)
        left = self._values.found == 0
        if self._are_too_many(left):
            yield everything
            return
        read = _FieldReader(self._data, self._values, lines)
        places = map(self._shape.names.index, self._few.names)
        columns = [read.column(place, child) for place, child in zip(places, self._few.children, strict=True)]
        good = read.good
        left[lines[~good]] = True
        if self._are_too_many(left):
            yield everything
            return
        shape = replace(self._few, children=tuple(child for child, _ in columns))
        block = Block((Chunk(shape, [array for _, arrays in columns for array in arrays], len(lines)),))
        if not good.all():
            block, lines = block.take(np.flatnonzero(good)), lines[good]
        yield from _in_order(block, lines, np.flatnonzero(left))

    def _are_too_many(self, left: Mask) -> bool:
        return int(np.count_nonzero(left)) * MOST_CUTS > max(self.count, MOST_CUTS)


def _in_order(block: Block, lines: npt.NDArray[np.int64], left: npt.NDArray[np.int64]) -> Iterator[Block | range]:
    """Yield a block, cut where lines are left, and the ranges of these lines."""
    start = 0
    for line in left.tolist():
        stop = int(np.searchsorted(lines, line))
        if stop > start:
            yield block.slice(start, stop)
        yield range(line, line + 1)
        start = stop
    if start < len(block):
        yield block.slice(start, len(block))


class _FieldReader:
    """Reads the fields of some lines as columns. `good` marks the lines whose values all had the expected type."""

    def __init__(self, data: bytes, values: JsonValues, lines: npt.NDArray[np.int64]) -> None:
        self._data, self._values, self._lines = data, values, lines
        self._bytes = np.frombuffer(data, np.uint8)
        self.good = np.ones(len(lines), np.bool_)
        self._readers: dict[str, Callable[[Any, Places, Places], pa.Array]] = {
            "int": self._ints, "float": self._floats, "bool": self._bools, "str": self._texts,
        }  # fmt: skip

    def column(self, place: int, expected: Shape) -> tuple[Shape, list[Any]]:
        """Return the shape and the columns of the field at a place."""
        from glowray.rows.codec.encode import encode
        from glowray.rows.types.shape import Fields, Scalar

        kinds, starts, ends = (part[place][self._lines] for part in self._values[:3])
        if isinstance(expected, Fields) and expected.kind == "record" and expected.names:
            records = self._records(kinds, starts, ends, expected)
            if records is not None:
                return records
        read = self._readers.get(expected.kind.name) if isinstance(expected, Scalar) else None
        if read is not None:
            return expected, [read(kinds, starts, ends)]
        quoted = ((kinds == _TEXT) | (kinds == _ESCAPED)).astype(np.int32)  # the bounds leave out the quotes
        return encode([value_of(text) for text in self._sources(starts - quoted, ends + quoted)], 1)

    def _records(self, kinds: Any, starts: Places, ends: Places, expected: Fields) -> tuple[Shape, list[Any]] | None:
        """Return the shape and the columns of a field that holds records, or None if Python has to read it.

        The texts of the records become lines of their own, `{"a": 1}` of `[{"a": 1}, null]` for rows 0 and 1.
        """
        rows = np.flatnonzero((kinds == _VALUE) & (self._bytes[starts] == ord("{")))
        values, data = self._lines_of(starts[rows], ends[rows], expected)
        if values is None:
            return None
        lines = np.flatnonzero(values.found == _RECORD)
        reader = _FieldReader(data, values, lines)
        children = [reader.column(place, child) for place, child in enumerate(expected.children)]
        columns = _spread([array for _, arrays in children for array in arrays], rows[lines], len(kinds))
        if columns is None:
            return None
        there = kinds != _NULL
        read = np.zeros(len(kinds), np.bool_)
        read[rows[lines]] = reader.good
        self.good &= read if not expected.optional else read | ~there
        shape = replace(expected, children=tuple(child for child, _ in children))
        return shape, [_array(there, np.ones(len(kinds), np.bool_)), *columns] if expected.optional else columns

    def _lines_of(self, starts: Places, ends: Places, expected: Fields) -> tuple[JsonValues | None, bytes]:
        """Return the values of records that are parts of lines, and the records as lines."""
        if any(map(_needs_escapes, expected.names)):
            return None, b""
        offsets, data = chosen.loops.cut(self._bytes, starts, ends + 1)  # with the byte that follows the record
        lines = np.frombuffer(data, np.uint8)[: offsets[-1]].copy()
        lines[offsets[1:] - 1] = ord("\n")
        text = lines.tobytes()
        keys = tuple(f'"{name}"'.encode() for name in expected.names)
        return chosen.loops.json_values(text, keys, len(starts)), text

    def _ints(self, kinds: Any, starts: Places, ends: Places) -> pa.Array:
        numbers, there = self._numbers(kinds, _INT, chosen.loops.integers, starts, ends)
        return _array(numbers, there)

    def _floats(self, kinds: Any, starts: Places, ends: Places) -> pa.Array:
        numbers, there = self._numbers(kinds, _FLOAT, chosen.loops.floats, starts, ends)
        return _array(numbers, there)

    def _bools(self, kinds: Any, starts: Places, ends: Places) -> pa.Array:
        truths, there = kinds == _TRUE, kinds != _NULL
        self.good &= truths | (kinds == _FALSE) | ~there
        return _array(truths, there)

    def _texts(self, kinds: Any, starts: Places, ends: Places) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        escaped, there = kinds == _ESCAPED, kinds != _NULL
        self.good &= (kinds == _TEXT) | escaped | ~there
        offsets, data = chosen.loops.cut(self._bytes, starts, np.where(there, ends, starts))
        array = pa.LargeStringArray.from_buffers(len(kinds), pa.py_buffer(offsets), pa.py_buffer(data))
        if escaped.any():
            texts = [scanstring(text, 0)[0] for text in self._sources(starts[escaped], ends[escaped] + 1)]
            self.good[np.flatnonzero(escaped)[[not _is_unicode(text) for text in texts]]] = False
            exact = pa.array([text if _is_unicode(text) else "" for text in texts], array.type)
            array = pc.replace_with_mask(array, pa.array(escaped), exact)
        return array if there.all() else pc.if_else(pa.array(there), array, pa.scalar(None, array.type))

    def _numbers(self, kinds: Any, kind: int, parse: Any, starts: Places, ends: Places) -> tuple[Any, Mask]:
        """Return (numbers, mask of those that are not null)."""
        there = kinds == kind
        self.good &= there | (kinds == _NULL)
        numbers, parsed = parse(self._bytes, starts, np.where(there, ends, starts))
        if parsed is not None:
            self.good &= parsed | ~there
        return numbers, there

    def _sources(self, starts: Places, ends: Places) -> list[str]:
        bounds = zip(starts.tolist(), ends.tolist(), strict=True)
        return [self._data[start:end].decode() for start, end in bounds]


def _spread(arrays: list[Any], rows: npt.NDArray[np.int64], count: int) -> list[Any] | None:
    """Return columns of `count` rows with the values of each array at `rows`, and null elsewhere.

    `["a", "b"]`, rows `[0, 2]`, count 3 → `["a", None, "b"]`. Return None if a column holds pickled values.
    """
    import pyarrow as pa

    if len(rows) == count:
        return arrays
    if not all(isinstance(array, pa.Array) for array in arrays):
        return None
    places = np.full(count, len(rows), np.int64)
    places[rows] = np.arange(len(rows))
    numbers = pa.array(places, mask=places == len(rows))
    return [array.take(numbers) for array in arrays]


def _array(values: Any, there: Mask) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, mask=None if there.all() else ~there)
