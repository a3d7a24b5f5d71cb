"""Memory that this process shares with files or Ray's object store: give back pages that were read."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from collections.abc import Iterator
from functools import cache
from typing import Any

import pyarrow as pa

from glowray.rows import Block
from glowray.rows.codec.pickled_column import PickledColumn

WORTH = 256 << 10
"""Buffers of fewer bytes are not given back: looking up their mapping costs more."""


def let_go(block: Block) -> None:
    """Drop the pages of a block that are mapped from a file or shared memory. A later access reads them again.

    >>> let_go(Block.from_rows(["a"]))  # not mapped: nothing happens
    """
    for data in map(pa.py_buffer, _messages(block)):
        if data.size < WORTH:
            continue
        start, stop = data.address, data.address + data.size
        start, stop = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE, stop // mmap.PAGESIZE * mmap.PAGESIZE
        if start < stop and _is_shared(start, stop):
            _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(stop - start), mmap.MADV_DONTNEED)


def _messages(block: Block) -> Iterator[Any]:
    """Yield the buffers that a block's columns were read from, without those of this process's own bytes objects."""
    for chunk in block.chunks:
        found: list[Any] = [] if chunk.home is None else [chunk.home[0]]
        found += [column.source for column in chunk.columns if isinstance(column, PickledColumn)]
        yield from (data for data in found if data is not None and not isinstance(getattr(data, "obj", data), bytes))


def _is_shared(start: int, stop: int) -> bool:
    """Return whether a shared mapping covers the addresses. Only its pages can be dropped without losing data."""
    with contextlib.suppress(OSError), open("/proc/self/maps") as maps:
        for line in maps:
            place, access, _ = line.split(maxsplit=2)
            first, last = (int(part, 16) for part in place.split("-"))
            if first <= start < last:
                return stop <= last and access[3] == "s"
    return False


@cache
def _libc() -> Any:
    return ctypes.CDLL(None)
