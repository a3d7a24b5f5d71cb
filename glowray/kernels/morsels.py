"""Morsels: the pieces in which rows go through a task, as Python's objects or as the columns of a block."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from glowray.rows import Block
from glowray.rows.pickled import estimated_bytes

MORSEL = 16_384
"""Rows of a morsel of Python objects."""

BATCH = 65_536
"""Rows of a morsel of columns: few enough that what is gone over several times stays in the cache."""

Morsel = Iterable[Any] | Block
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


def in_batches(blocks: Iterable[Block], size: int = BATCH) -> Iterator[Block]:
    """The rows of blocks in blocks of one chunk and at most `size` rows each; nothing is copied."""
    for block in blocks:
        for chunk in block.chunks:
            if chunk.count <= size:
                yield Block((chunk,))
                continue
            for start in range(0, chunk.count, size):
                yield Block((chunk.slice(start, min(start + size, chunk.count)),))
