"""Encoded values in pieces, in memory or in a file. Any of them can be taken by position."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from glowray.io.resident import let_go
from glowray.rows import Block
from glowray.rows.codec.chunk import Chunk


class Piece(Protocol):
    """Some of the values."""

    @property
    def nbytes(self) -> int: ...
    def __len__(self) -> int: ...
    def read(self) -> Block:
        """Return the values to decode."""
        ...

    def lying(self) -> Block:
        """Return the values to send, without a copy."""
        ...


class OfChunk:
    """The rows of a chunk."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk

    @property
    def nbytes(self) -> int:
        return self._chunk.estimated_bytes

    def __len__(self) -> int:
        return len(self._chunk)

    def read(self) -> Block:
        return Block((self._chunk.unread(),))

    def lying(self) -> Block:
        return Block((self._chunk,))


class EncodedValues:
    """The values of pieces, one after the other.

    >>> values = EncodedValues.of(Block.from_rows(["a", "b", "c"]))
    >>> len(values), values.take(np.array([2, 0])).rows()
    (3, ['c', 'a'])
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._starts = np.cumsum([0, *map(len, self._pieces)])
        self._last: tuple[int, Block] = (-1, Block())

    @classmethod
    def of(cls, block: Block) -> EncodedValues:
        """Return the rows of a block as values."""
        return cls(list(map(OfChunk, block.chunks)))

    def __len__(self) -> int:
        return int(self._starts[-1])

    @cached_property
    def nbytes(self) -> int:
        """The size of all of them."""
        return sum(piece.nbytes for piece in self._pieces)

    def take(self, positions: npt.NDArray[np.int64]) -> Block:
        """Return the values at positions. Positions that ascend cost least."""
        owners = np.searchsorted(self._starts, positions, side="right") - 1
        runs = np.split(positions, np.flatnonzero(np.diff(owners)) + 1)
        firsts = owners[np.cumsum([0, *map(len, runs[:-1])])].tolist() if len(positions) else []
        taken = [self._read(owner).take(run - self._starts[owner]) for owner, run in zip(firsts, runs, strict=False)]
        return Block(chunk for block in taken for chunk in block.chunks)

    def block(self) -> Block:
        """Return all values as one block to send."""
        return Block(chunk for piece in self._pieces for chunk in piece.lying().chunks)

    def _read(self, piece: int) -> Block:
        """Return a piece. The last piece that was read is kept."""
        last = self._last
        if last[0] != piece:
            let_go(last[1])
            last = self._last = piece, self._pieces[piece].read()
        return last[1]
