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


def pieces(rows: Iterator[Any]) -> Iterator[list[Any]]:
    """`rows` cut into lists, so that what comes after can be flushed piece by piece."""
    while morsel := list(itertools.islice(rows, MORSEL)):
        yield morsel


def as_rows(stream: Morsels) -> Iterator[Iterable[Any]]:
    """The same morsels, those of columns decoded.

    >>> [list(rows) for rows in as_rows(iter([Block.from_rows([1, 2]), [3]]))]
    [[1, 2], [3]]
    """
    for morsel in stream:
        if isinstance(morsel, Block):
            yield from morsel.morsels()
        else:
            yield morsel


def rows_of(stream: Morsels) -> Iterator[Any]:
    """Return the rows of all morsels, one after the other, none of them made before it is asked for."""
    return itertools.chain.from_iterable(as_rows(stream))


def in_pieces(stream: Morsels) -> Morsels:
    """Yield blocks and lists as they are, and the rows of lazy morsels in lists."""
    for morsel in stream:
        if isinstance(morsel, (Block, list)):
            yield morsel
        else:
            yield from pieces(iter(morsel))


def cut(stream: Iterable[Iterable[Any]], size: int = MORSEL) -> Iterator[list[Any] | range]:
    """Split each morsel into lists or ranges of at most `size` rows; lists that are not too long go on as they are.

    If a lazy morsel raises, the rows read so far come first.
    """
    for morsel in stream:
        if isinstance(morsel, list) and len(morsel) <= LARGEST_LIST:
            yield morsel
            continue
        if isinstance(morsel, range):
            yield from (morsel[start : start + size] for start in range(0, len(morsel), size))
            continue
        rows = iter(morsel)
        while True:
            batch: list[Any] = []
            try:
                # On an error extend() keeps what it had already taken: those rows come first.
                batch.extend(itertools.islice(rows, size))
            except BaseException:
                yield batch
                raise
            if not batch:
                break
            yield batch


def whole_pieces(stream: Morsels, size: int) -> Iterator[Piece]:
    """Yield blocks and lists as they are, and of lazy morsels `size` rows at once."""
    for morsel in stream:
        if isinstance(morsel, (Block, list, range)):
            yield morsel
        else:
            yield from cut([morsel], size)
        del morsel


def in_batches(blocks: Iterable[Block], size: int = BATCH) -> Iterator[Block]:
    """The rows of blocks in blocks of one chunk and at most `size` rows each; nothing is copied."""
    for block in blocks:
        for chunk in block.chunks:
            if chunk.count <= size:
                yield Block((chunk,))
                continue
            for start in range(0, chunk.count, size):
                yield Block((chunk.slice(start, min(start + size, chunk.count)),))
