"""Morsels: the pieces in which rows go through a task, as Python's objects or as the columns of a block."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from glowray.rows import Block
from glowray.rows.codec.pickled_column import estimated_bytes

MORSEL = 16_384
"""Rows of a morsel of Python objects."""

LARGEST_LIST = 65_536
"""Rows of a list that goes on as it is."""

BATCH = 65_536
"""Rows of a morsel of columns: few enough that what is gone over several times stays in the cache."""

Morsel = Iterable[Any] | Block
Piece = Block | list[Any] | range
"""Rows that are there, or of which only the number is wanted."""
Morsels = Iterator[Morsel]
"""Lists where that is cheap, lazy iterables where reading ahead could fail, blocks where rows are columns."""


PIECE_BYTES = 16 << 20
"""Bytes of a morsel of Python's rows, about: rows of 10 kB come 1,600 at a time."""

FIRST_ROWS = 256
"""Rows of a first piece, of whose size nothing is known."""

GROWTH = 8
"""A piece has at most this many times the rows of the piece before it."""

SAMPLE = 64
"""Rows that are looked at to learn the size of many."""


def weight(rows: list[Any]) -> int:
    """About how many bytes rows take as they travel; 0 where they cannot be pickled.

    >>> 1000 * 1000 < weight([b"a" * 1000 + bytes([n % 256]) for n in range(1000)]) < 1100 * 1000
    True
    """
    sample = rows[:: -(-len(rows) // SAMPLE)]
    try:
        return estimated_bytes(sample) * len(rows) // len(sample)
    except Exception:  # that is for the step which has to pickle them to say
        return 0


class PieceSize:
    """The number of rows to read at once: at most `most`, and fewer if these rows or those made of them are large.

    The first piece is small, as nothing is known of the rows. Each piece tells how large the next one may be.

    >>> size = PieceSize(16_384)
    >>> size.rows
    256
    >>> size.note_read([bytes(100_000) + bytes([n]) for n in range(200)])
    >>> 100 < size.rows < 200
    True
    """

    def __init__(self, most: int = MORSEL) -> None:
        self.most = most
        self._read: int | None = None
        self._made: int | None = None

    @property
    def rows(self) -> int:
        """Return the number of rows of the next piece."""
        known = [rows for rows in (self._read, self._made) if rows is not None]
        return min(known, default=min(FIRST_ROWS, self.most))

    def note_read(self, rows: list[Any]) -> None:
        """Take the size of the rows of a piece."""
        self._read = self._next(len(rows), rows)

    def note_made(self, count: int, rows: list[Any]) -> None:
        """Take the size of the rows that were made of `count` rows."""
        self._made = self._next(count, rows)

    def _next(self, count: int, rows: list[Any]) -> int:
        size = weight(rows) if rows and self.most > 1 else 0
        fitting = PIECE_BYTES * count // size if size else self.most
        return max(1, min(self.most, fitting, GROWTH * max(count, 1)))


def pieces(rows: Iterator[Any]) -> Iterator[list[Any]]:
    """Yield the rows in lists, so that the next step can flush after each list."""
    size = PieceSize()
    while morsel := list(itertools.islice(rows, size.rows)):
        size.note_read(morsel)
        yield morsel


def as_rows(stream: Morsels) -> Iterator[Iterable[Any]]:
    """Yield the morsels as rows. Blocks are decoded.

    >>> [list(rows) for rows in as_rows(iter([Block.from_rows([1, 2]), [3]]))]
    [[1, 2], [3]]
    """
    for morsel in stream:
        if isinstance(morsel, Block):
            yield from morsel.morsels()
        else:
            yield morsel


def rows_of(stream: Morsels) -> Iterator[Any]:
    """Return the rows of all morsels. Each row is made when it is asked for."""
    return itertools.chain.from_iterable(as_rows(stream))


def in_pieces(stream: Morsels) -> Morsels:
    """Yield blocks and lists as they are, and the rows of lazy morsels in lists."""
    for morsel in stream:
        if isinstance(morsel, (Block, list)):
            yield morsel
        else:
            yield from pieces(iter(morsel))


def cut(stream: Iterable[Iterable[Any]], size: PieceSize) -> Iterator[list[Any] | range]:
    """Split each morsel into lists or ranges of `size.rows` rows. A list that may be long stays whole.

    If a lazy morsel raises, yield the rows read so far first.
    """
    for morsel in stream:
        if isinstance(morsel, (list, range)):
            yield from _cut_list(morsel, size)
            continue
        rows = iter(morsel)
        while True:
            batch: list[Any] = []
            try:
                # On an error extend() keeps what it had already taken: those rows come first.
                batch.extend(itertools.islice(rows, size.rows))
            except BaseException:
                yield batch
                raise
            if not batch:
                break
            size.note_read(batch)
            yield batch


def _cut_list(rows: list[Any] | range, size: PieceSize) -> Iterator[list[Any] | range]:
    start = 0
    while start < len(rows):
        is_short = isinstance(rows, list) and size.rows == size.most and len(rows) - start <= LARGEST_LIST
        stop = len(rows) if is_short else start + size.rows
        yield rows if (start, len(rows)) == (0, min(stop, len(rows))) else rows[start:stop]
        start = stop


def whole_pieces(stream: Morsels, size: int) -> Iterator[Piece]:
    """Yield blocks and lists as they are, and lazy morsels in pieces of at most `size` rows."""
    read = PieceSize(size)
    for morsel in stream:
        if isinstance(morsel, (Block, list, range)):
            yield morsel
        else:
            yield from cut([morsel], read)
        del morsel


def in_batches(blocks: Iterable[Block], size: int = BATCH) -> Iterator[Block]:
    """Split blocks into blocks of one chunk and at most `size` rows each, fewer if rows are large.

    Nothing is copied.
    """
    for block in blocks:
        for chunk in block.chunks:
            step = (
                size if chunk.pickled_values else min(size, PIECE_BYTES * chunk.count // (chunk.estimated_bytes or 1))
            )
            step = max(step, 1)
            if chunk.count <= step:
                yield Block((chunk,))
                continue
            for start in range(0, chunk.count, step):
                yield Block((chunk.slice(start, min(start + step, chunk.count)),))
