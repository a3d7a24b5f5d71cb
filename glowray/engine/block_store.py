"""Blocks in the memory of this process, and their limit: above it, blocks wait in files."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from glowray.io.spill import mapped
from glowray.rows import Block
from glowray.rows.codec.pickled_column import PickledColumn

SHARE = 4
"""Blocks may take 1/SHARE of the machine's memory, or of the control group's limit if that is lower."""

OBJECTS = 4
"""Python objects take about this many times the bytes of their pickle."""

_LIMIT_FILE = Path("/sys/fs/cgroup/memory.max")


class Held:
    """Counts the bytes that living blocks hold in memory. A buffer that several blocks share counts once.

    >>> held = Held()
    >>> small, on_disk = held.kept(Block.from_rows(["a"]), 1000)
    >>> large, on_disk = held.kept(Block.from_rows(["a" * 2000]), 1000)
    >>> large.rows() == ["a" * 2000], on_disk > 2000, held.nbytes < 1000
    (True, True, True)
    """

    def __init__(self) -> None:
        self._nbytes = 0
        self._users: dict[int, tuple[int, int]] = {}  # a buffer's address → how many blocks use it, and its bytes
        self._released: deque[Iterable[int]] = deque()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Return the bytes that blocks hold in memory now."""
        with self._lock:
            self._forget()
            return self._nbytes

    def kept(self, block: Block, limit: int | None = None) -> tuple[Block, int]:
        """Return the block and the bytes that it takes on disk, usually 0.

        If blocks would hold more than `limit` bytes in memory, the returned block has the same rows in a file.
        """
        buffers = _buffers(block)
        on_disk = 0
        with self._lock:
            self._forget()
            new = sum(size for place, size in buffers.items() if place not in self._users)
            if new and self._nbytes + new > (default_limit() if limit is None else limit):
                block, on_disk = mapped(block)
                buffers = dict.fromkeys(_buffers(block), 0)  # 0 bytes each, as they are in the file
            for place, size in buffers.items():
                users, size = self._users.get(place, (0, size))
                self._users[place] = users + 1, size
                self._nbytes += 0 if users else size
        # Python may free a block while this thread holds the lock. So the finalizer only notes it, without the lock.
        weakref.finalize(block, self._released.append, tuple(buffers))
        return block, on_disk

    def _forget(self) -> None:
        """Subtract the blocks that are gone."""
        while self._released:
            for place in self._released.popleft():
                users, size = self._users.pop(place)
                if users > 1:
                    self._users[place] = users - 1, size
                else:
                    self._nbytes -= size


def _buffers(block: Block) -> dict[int, int]:
    """Return the bytes in memory of each buffer of a block's columns, by the buffer's address."""
    found: dict[int, int] = {}
    for chunk in block.chunks:
        for column in chunk.columns:
            if isinstance(column, PickledColumn):
                found[id(column)] = OBJECTS * len(column.pickle())  # values beside the pickle are in files
            else:
                in_file = chunk.home is not None
                found.update((buffer.address, 0 if in_file else buffer.size) for buffer in _array_buffers(column))
    return found


def _array_buffers(array: Any) -> list[Any]:
    return [buffer for buffer in array.buffers() if buffer is not None]


@cache
def default_limit() -> int:
    """Return how many bytes blocks may take if the task does not say."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no control group, or one without a limit
        memory = min(memory, int(_LIMIT_FILE.read_text()))
    return memory // SHARE
