"""Blocks that wait in local files: rows that are more than a task, or a process, is to hold.

The files have no name: nobody else can open them, and they are gone with the process at the latest. They are in the
folder for temporary files (`TMPDIR`, or /tmp).
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
"""Buffers begin at multiples of so many bytes, as Arrow wants them."""

READ_BYTES = 16 << 20
"""What is read at once; larger blocks are mapped."""


class Place(NamedTuple):
    """Where a block is in its file: where it starts, and how long its pickle and each of its buffers are."""

    start: int
    sizes: tuple[int, ...]

    @property
    def length(self) -> int:
        """How much of the file it takes."""
        return sum(map(_aligned, self.sizes))


class SpillFile:
    """Blocks in a file, each read when it is asked for; it is closed when nobody has it any more, at the latest.

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
        """Give up the blocks, and the space that they took."""
        if self._closing is not None:
            self._closing()

    @property
    def nbytes(self) -> int:
        """How long the file is."""
        return self._end

    def write(self, block: Block) -> Place:
        """Add a block; `read` gives it back by what this returns.

        Raises OSError, naming the folder and what may help, when the disk is full.
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
        place = Place(start, sizes)
        self._end += place.length
        return place

    def read(self, place: Place) -> Block:
        """A block that was written: in memory, unless it is large."""
        assert self._file is not None, "a place is of a block that was written"
        if place.length > READ_BYTES:
            return self.mapped(place)
        data = os.pread(self._file.fileno(), place.length, place.start)  # whatever other threads read meanwhile
        return _read(memoryview(data), place.sizes)

    def mapped(self, place: Place) -> Block:
        """A block that was written, mapped into memory: it stays when the file is closed."""
        assert self._file is not None, "a place is of a block that was written"
        if len(self._area) < self._end:
            self._area = memoryview(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ))
        return _read(self._area[place.start :], place.sizes)


def mapped(block: Block) -> tuple[Block, int]:
    """The same rows in a file of their own that is mapped into memory, and its size: it is gone with the block.

    >>> block, size = mapped(Block.from_rows(["a", "b"]))
    >>> block.rows()
    ['a', 'b']

    Raises OSError, naming the folder and what may help, when the disk is full.
    """
    try:
        with _new_file() as file:
            sizes = _write(block, file)
            # What is mapped stays when the file is closed.
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise _explained(error) from error
    return _read(data, sizes), len(data)


def _close(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what a full disk did not take is not wanted
        file.close()


def _new_file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="glowray-")


def _write(block: Block, file: IO[bytes]) -> tuple[int, ...]:
    """Writes the pickle of a block and its buffers; how long each of them is."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(block, protocol=5, buffer_callback=buffers.append)
    pieces = [memoryview(data), *(buffer.raw() for buffer in buffers)]
    for piece in pieces:
        file.write(piece)
        file.write(bytes(_aligned(len(piece)) - len(piece)))
    file.flush()
    return tuple(map(len, pieces))


def _read(data: memoryview, sizes: tuple[int, ...]) -> Block:
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
