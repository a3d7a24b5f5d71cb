"""Texts as parts of one run of bytes: a column of them is made only when somebody asks for one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native import chosen
from glowray.rows.numpy_columns import as_numpy

Bytes = npt.NDArray[np.uint8]
Bounds = npt.NDArray[np.signedinteger[Any]]

_LINE_FEED = ord("\n")


class Texts:
    """Text i is `data[starts[i]:ends[i]]`, in UTF-8. `splits` has what they were split into, by separator."""

    def __init__(self, data: Bytes, starts: Bounds, ends: Bounds) -> None:
        self.data, self._bounds = data, (starts, ends)
        self.splits: dict[str, Any] = {}

    @classmethod
    def of(cls, array: pa.Array) -> Texts:
        """The texts of a large_string array without nulls, as they stand there."""
        _, offsets, data = array.buffers()
        bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
        first, last = (int(bounds[0]), int(bounds[-1])) if data is not None else (0, 0)
        bounds = bounds - first if first else bounds
        made = cls(np.frombuffer(data or b"", np.uint8)[first:last], bounds[:-1], bounds[1:])
        made.array = array
        return made

    @property
    def starts(self) -> Bounds:
        """Where each text begins in the data."""
        return self._bounds[0]

    @property
    def ends(self) -> Bounds:
        """Where each text ends in the data."""
        return self._bounds[1]

    def __len__(self) -> int:
        return len(self.starts)

    def packed_bounds(self) -> tuple[Bounds, Bounds]:
        """Starts and ends, each without gaps in memory: both of 4 bytes or both of 8."""
        dtype: Any = np.int32 if self.starts.dtype == self.ends.dtype == np.int32 else np.int64
        return np.ascontiguousarray(self.starts, dtype), np.ascontiguousarray(self.ends, dtype)

    @property
    def lengths(self) -> Bounds:
        """How many bytes each text has."""
        return self.ends - self.starts

    @cached_property
    def is_ascii(self) -> bool:
        """Whether all the data is ASCII: then characters are bytes."""
        return not len(self.data) or int(self.data.max()) < 128

    @cached_property
    def array(self) -> pa.Array:
        """The texts as an Arrow array."""
        offsets, data = chosen.loops.cut(self.data, *self.packed_bounds())
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(offsets), pa.py_buffer(data))

    @property
    def nbytes(self) -> int:
        """About the memory that the texts take as an Arrow array."""
        return len(self.data) + 8 * len(self)

    def slice(self, start: int, stop: int) -> Texts:
        """The texts from `start` to `stop`."""
        return Texts(self.data, self.starts[start:stop], self.ends[start:stop])

    def take(self, rows: Any) -> Texts:
        """The texts of these rows, an array of NumPy or Arrow."""
        places = as_numpy(rows) if isinstance(rows, pa.Array) else rows
        return Texts(self.data, self.starts[places], self.ends[places])

    def over(self, data: bytes) -> Texts:
        """The texts that stand in the same places of other data, which has line feeds where this has some."""
        return Texts(np.frombuffer(data, np.uint8), self.starts, self.ends)

    def to_pylist(self) -> list[str]:
        """The texts as Python's."""
        return self.array.to_pylist()  # type: ignore[no-any-return]


class Lines(Texts):
    r"""All lines of some text, each without the line feed at its end; where they are is looked up when it is asked for.

    >>> Lines(b"one\n\ntwo").to_pylist(), len(Lines(b"one\n"))
    (['one', '', 'two'], 1)
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.data = np.frombuffer(text, np.uint8)
        self.splits = {}

    @cached_property
    def _bounds(self) -> tuple[Bounds, Bounds]:  # type: ignore[override]
        ends: Bounds = chosen.loops.places(self.data, _LINE_FEED, _LINE_FEED)
        if len(ends) < len(self):
            ends = np.append(ends, len(self.data))
        starts = np.zeros(len(ends), np.int64)
        np.add(ends[:-1], 1, out=starts[1:])
        return starts, ends

    def __len__(self) -> int:
        return self._count

    @cached_property
    def _count(self) -> int:
        return chosen.loops.count(self.data, _LINE_FEED) + self._is_open

    @property
    def _is_open(self) -> bool:
        """Whether no line feed ends the last line."""
        return bool(self._text) and not self._text.endswith(b"\n")

    def over(self, data: bytes) -> Texts:
        return Lines(data)

    @property
    def inside(self) -> Bytes:
        """The bytes from the first line's start to the last one's end: a line feed there is between two lines."""
        return self.data if self._is_open else self.data[:-1]
