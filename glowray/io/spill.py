"""Blocks in local files, for rows that do not fit into the memory of a task or process.

The files are in the folder for temporary files (`TMPDIR`, or /tmp). They have no name, so no other process can open
them, and they end with the process.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import tempfile
import weakref
from collections.abc import Callable
from typing import IO, NamedTuple

from glowray.rows import Block

ALIGNED = 64
"""The alignment of buffers in bytes, as Arrow recommends."""

READ_BYTES = 16 << 20
"""The largest block in bytes that is read into memory. A larger block is mapped."""


class SpillPlace(NamedTuple):
    """The place of a block in its file: its offset, and the sizes of its pickle and of each buffer, in bytes."""

    start: int
    sizes: tuple[int, ...]

    @property
    def length(self) -> int:
        """The bytes that the block takes in the file, with padding."""
        return sum(map(_aligned, self.sizes))


class SpillFile:
    """A file of blocks. It is closed at the end of the `with` block, or when the object is garbage-collected.

    >>> with SpillFile() as spill:
    ...     place = spill.write(Block.from_rows(["a", "b"]))
    ...     spill.read(place).rows()
    ['a', 'b']
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._closing: Callable[[], object] | None = None
        self._end = 0
        self._area = memoryview(b"")

    def __enter__(self) -> SpillFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, which frees its space on disk. Blocks that are mapped stay readable."""
        if self._closing is not None:
            self._closing()

    @property
    def nbytes(self) -> int:
        """The size of the file in bytes."""
        return self._end

    def write(self, block: Block) -> SpillPlace:
        """Append a block and return its place, from which `read` reads it.

        Raises OSError, which names the folder and a remedy, if the disk is full.
        """
        start = self._end
        try:
            if self._file is None:
                self._file = _new_file()
                self._closing = weakref.finalize(self, _close, self._file)
            self._file.seek(start)
            sizes = _write(block, self._file)
        except OSError as error:
            raise _explained(error) from error
        place = SpillPlace(start, sizes)
        self._end += place.length
        return place

    def read(self, place: SpillPlace) -> Block:
        """Return the block at a place: in memory, or mapped if it takes more than READ_BYTES."""
        assert self._file is not None, "a place is of a block that was written"
        if place.length > READ_BYTES:
            return self.mapped(place)
        data = os.pread(self._file.fileno(), place.length, place.start)  # threads may read at the same time
        return _read(memoryview(data), place.sizes)

    def mapped(self, place: SpillPlace) -> Block:
        """Return the block at a place, mapped into memory. It stays readable after the file is closed."""
        assert self._file is not None, "a place is of a block that was written"
        if len(self._area) < self._end:
            self._area = memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ))
        return _read(self._area[place.start :], place.sizes)


def mapped(block: Block) -> tuple[Block, int]:
    """Write a block to a file of its own. Return the block mapped from it, and the file's size in bytes.

    The file ends with the returned block.

    >>> block, size = mapped(Block.from_rows(["a", "b"]))
    >>> block.rows()
    ['a', 'b']

    Raises OSError, which names the folder and a remedy, if the disk is full.
    """
    try:
        with _new_file() as file:
            sizes = _write(block, file)
            # The mapping stays when the file is closed.
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise _explained(error) from error
    return _read(data, sizes), len(data)


def _close(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # Closing a file on a full disk may fail, and its content is not wanted.
        file.close()


def _new_file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="glowray-")


def _write(block: Block, file: IO[bytes]) -> tuple[int, ...]:
    """Write the pickle of a block and its buffers, each padded to ALIGNED. Return their sizes in bytes."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(block, protocol=5, buffer_callback=buffers.append)
    pieces = [memoryview(data), *(buffer.raw() for buffer in buffers)]
    for piece in pieces:
        file.write(piece)
        file.write(bytes(_aligned(len(piece)) - len(piece)))
    file.flush()
    return tuple(map(len, pieces))


def _read(data: memoryview, sizes: tuple[int, ...]) -> Block:
    """Return the block whose pickle and buffers begin at `data`, without copying the buffers."""
    pieces: list[memoryview] = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[_aligned(size) :]
    block: Block = pickle.loads(pieces[0], buffers=pieces[1:])
    return block


def _aligned(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def _explained(error: OSError) -> OSError:
    return OSError(
        error.errno,
        f"{error.strerror or error}, while rows that are more than is to be held in memory were written to the folder "
        "for temporary files: set TMPDIR to one with more space",
        tempfile.gettempdir(),
    )
