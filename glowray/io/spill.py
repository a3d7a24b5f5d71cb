"""Blocks that wait in a local file: runs of rows that are more than a task is to hold."""

from __future__ import annotations

import contextlib
import pickle
import tempfile
from typing import IO, NamedTuple

from glowray.rows import Block

ALIGNED = 64
"""Buffers begin at multiples of so many bytes, as Arrow wants them."""


class Place(NamedTuple):
    """Where a block is in its file: where it starts, and how long its pickle and each of its buffers are."""

    start: int
    sizes: tuple[int, ...]


class SpillFile:
    """Blocks in a file that nobody else can open: it has no name, so it is gone with the process at the latest.

    >>> with SpillFile() as spill:
    ...     place = spill.write(Block.from_rows(["a", "b"]))
    ...     spill.read(place).rows()
    ['a', 'b']

    The file is in the folder for temporary files (`TMPDIR`, or /tmp).
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0

    def __enter__(self) -> SpillFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up the blocks, and the space that they took."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # what a full disk did not take is not wanted
                self._file.close()

    @property
    def nbytes(self) -> int:
        """How long the file is."""
        return self._end

    def write(self, block: Block) -> Place:
        """Add a block; `read` gives it back by what this returns.

        Raises OSError, naming the folder and what may help, when the disk is full.
        """
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(block, protocol=5, buffer_callback=buffers.append)
        pieces = [memoryview(data), *(buffer.raw() for buffer in buffers)]
        place = Place(self._end, tuple(map(len, pieces)))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="glowray-")  # noqa: SIM115  (open until close())
            self._file.seek(place.start)
            for piece in pieces:
                self._file.write(piece)
                self._file.write(bytes(_aligned(len(piece)) - len(piece)))
            self._file.flush()
        except OSError as error:
            raise _explained(error) from error
        self._end += sum(map(_aligned, place.sizes))
        return place

    def read(self, place: Place) -> Block:
        """A block that was written."""
        assert self._file is not None, "a place is of a block that was written"
        self._file.seek(place.start)
        data = memoryview(self._file.read(sum(map(_aligned, place.sizes))))
        pieces: list[memoryview] = []
        for size in place.sizes:
            pieces.append(data[:size])
            data = data[_aligned(size) :]
        block: Block = pickle.loads(pieces[0], buffers=pieces[1:])
        return block


def _aligned(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def _explained(error: OSError) -> OSError:
    return OSError(
        error.errno,
        f"{error.strerror or error}, while rows that are more than a task is to hold were written to the folder for "
        "temporary files: set TMPDIR to one with more space, or use more partitions",
        tempfile.gettempdir(),
    )
