"""Texts as slices of one byte array. An Arrow column of them is made only when a caller reads it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native import chosen
from glowray.rows.arrow.numpy_columns import as_numpy

Bytes = npt.NDArray[np.uint8]
Bounds = npt.NDArray[np.signedinteger[Any]]

_LINE_FEED = ord("\n")


class Texts:
    """Text i is `data[starts[i]:ends[i]]`, in UTF-8. `splits` caches the texts' pieces by separator."""

    def __init__(self, data: Bytes, starts: Bounds, ends: Bounds) -> None:
        self.data, self._bounds = data, (starts, ends)
        self.splits: dict[str, Any] = {}

    @classmethod
    def of(cls, array: pa.Array) -> Texts:
        """Return the texts of a large_string array without nulls. Copies no bytes."""
        _, offsets, data = array.buffers()
        bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
        first, last = (int(bounds[0]), int(bounds[-1])) if data is not None else (0, 0)
        bounds = bounds - first if first else bounds
        made = cls(np.frombuffer(data or b"", np.uint8)[first:last], bounds[:-1], bounds[1:])
        made.array = array
        return made

    @property
    def starts(self) -> Bounds:
        """Return the offset in `data` at which each text starts."""
        return self._bounds[0]

    @property
    def ends(self) -> Bounds:
        """Return the offset in `data` at which each text ends."""
        return self._bounds[1]

    def __len__(self) -> int:
        return len(self.starts)

    def packed_bounds(self) -> tuple[Bounds, Bounds]:
        """Return (starts, ends) as contiguous arrays, both int32 or both int64."""
        dtype: Any = np.int32 if self.starts.dtype == self.ends.dtype == np.int32 else np.int64
        return np.ascontiguousarray(self.starts, dtype), np.ascontiguousarray(self.ends, dtype)

    @property
    def lengths(self) -> Bounds:
        """Return the length of each text in bytes."""
        return self.ends - self.starts

    @cached_property
    def is_ascii(self) -> bool:
        """Return whether all data is ASCII, so that one byte is one character."""
        return not len(self.data) or int(self.data.max()) < 128

    @cached_property
    def array(self) -> pa.Array:
        """Return the texts as an Arrow array."""
        offsets, data = chosen.loops.cut(self.data, *self.packed_bounds())
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(offsets), pa.py_buffer(data))

    @property
    def nbytes(self) -> int:
        """Return the approximate size in bytes of the texts as an Arrow array."""
        return len(self.data) + 8 * len(self)

    @property
    def estimated_bytes(self) -> int:
        """Return the size in bytes that an Arrow array of these texts alone has. Makes no array."""
        return int((self.ends - self.starts).sum()) + 8 * len(self)

    def slice(self, start: int, stop: int) -> Texts:
        """Return the texts `[start:stop]`."""
        return Texts(self.data, self.starts[start:stop], self.ends[start:stop])

    def take(self, rows: Any) -> Texts:
        """Return the texts at the given rows, a NumPy or Arrow array."""
        places = as_numpy(rows) if isinstance(rows, pa.Array) else rows
        return Texts(self.data, self.starts[places], self.ends[places])

    def over(self, data: bytes | Bytes) -> Texts:
        """Return the texts with the same bounds in other data of equal length, with line feeds at the same offsets."""
        return Texts(np.frombuffer(data, np.uint8), self.starts, self.ends)

    def patched(self, rows: Any, offsets: Any, data: Any) -> Texts:
        """Return the texts with others at the given rows. The others are the buffers of an Arrow array."""
        starts, ends = self.starts.astype(np.int64), self.ends.astype(np.int64)
        starts[rows], ends[rows] = offsets[:-1] + len(self.data), offsets[1:] + len(self.data)
        return Texts(np.concatenate([self.data, np.frombuffer(data, np.uint8)]), starts, ends)

    def text(self, row: int) -> str:
        """Return one text."""
        return self.data[self.starts[row] : self.ends[row]].tobytes().decode()

    def to_pylist(self) -> list[str]:
        """Return the texts as a list of str."""
        return self.array.to_pylist()  # type: ignore[no-any-return]


class Lines(Texts):
    r"""All lines of a text, each without its line feed. The bounds are computed on first use.

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
        """Return whether the last line has no line feed."""
        return bool(self._text) and not self._text.endswith(b"\n")

    def over(self, data: bytes | Bytes) -> Texts:
        return Lines(bytes(data))

    @property
    def inside(self) -> Bytes:
        """Return the bytes without the last line's line feed, so that every line feed separates two lines."""
        return self.data if self._is_open else self.data[:-1]
