"""The rows of several buckets in one object of a store. Each reader takes the rows of its own bucket."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glowray.io.spill import mapped
from glowray.rows import Block
from glowray.vectorize.columns.vectors.block_vectors import kinds_of
from glowray.vectorize.columns.vectors.kinds import Kind

Numbers = npt.NDArray[np.integer[Any]]
Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Buckets:
    """Rows in order of bucket, cut into pieces. A piece is the rows of one bucket that one task gave.

    Args:
        content: all rows; or, for rows with pickled values or of several shapes, one pickled Block a piece, end to
            end. So reading a bucket unpickles no other bucket.
        edges: piece i is rows (or bytes) `edges[i]:edges[i + 1]` of the content.
        owners: the bucket of each piece, ascending. A bucket without rows has no piece.
        count: the number of rows.
        nbytes: the size of the rows in bytes.
        kinds: the kinds of the rows.
        pickled_values: the number of values that are held pickled.

    >>> buckets = Buckets.of(Block.from_rows(["a", "b", "c"]), np.array([2, 0, 2]))
    >>> [[block.rows() for block in buckets.blocks(bucket)] for bucket in range(3)]
    [[['b']], [], [['a', 'c']]]
    """

    content: Block | Bytes
    edges: Places
    owners: Numbers
    count: int
    nbytes: int
    kinds: tuple[Kind | None, ...]
    pickled_values: int

    @classmethod
    def of(cls, block: Block, buckets: Numbers) -> Self:
        """Return the rows of a block in order of bucket. `buckets` has the bucket of each row."""
        counts = np.bincount(buckets)
        owners = np.flatnonzero(counts)
        counts = counts[owners]
        if owners[-1] < 1 << 16:
            buckets = buckets.astype(np.uint16)  # NumPy sorts 16 bits by radix
        content: Block | Bytes
        if _are_columns([block]):
            content, edges = block.take(np.argsort(buckets, kind="stable")), _edges(counts)
        else:
            parts = block.split(buckets, int(buckets.max()) + 1)
            content, edges = _joined([_pickled(parts[bucket]) for bucket in owners.tolist()])
        owners = owners.astype(np.int32)
        return cls(content, edges, owners, len(block), block.nbytes, kinds_of(block), block.pickled_values)

    @classmethod
    def merged(cls, several: Sequence[Buckets], joins: bool) -> Self:
        """Return the rows of several tasks, given in order of task. `joins`: a bucket becomes one piece if it can."""
        owners = np.concatenate([each.owners for each in several])
        order = np.argsort(owners, kind="stable")
        owners = owners[order]
        contents = [each.content for each in several]
        blocks = [content for content in contents if isinstance(content, Block)]
        content: Block | Bytes
        if len(blocks) == len(contents) and _are_columns(blocks):
            offsets = _edges([len(block) for block in blocks])
            begins = np.concatenate([each.edges[:-1] + offset for each, offset in zip(several, offsets, strict=False)])
            lengths = np.concatenate([np.diff(each.edges) for each in several])[order]
            edges = _edges(lengths)
            content = Block.concat(blocks).take(np.repeat(begins[order] - edges[:-1], lengths) + np.arange(edges[-1]))
            if joins:
                first = np.flatnonzero(np.diff(owners, prepend=-1))
                owners, edges = owners[first], np.append(edges[first], edges[-1])
        else:
            pieces = [piece for each in several for piece in each.pickles()]
            content, edges = _joined([pieces[place] for place in order.tolist()])
        count, nbytes = sum(map(len, several)), sum(each.nbytes for each in several)
        kinds = tuple(dict.fromkeys(kind for each in several for kind in each.kinds))
        return cls(content, edges, owners, count, nbytes, kinds, sum(each.pickled_values for each in several))

    def __len__(self) -> int:
        return self.count

    def in_file(self) -> Self:
        """Return the same with its rows in a file of this process, as far as they are columns."""
        return replace(self, content=mapped(self.content)[0]) if isinstance(self.content, Block) else self

    def blocks(self, bucket: int) -> list[Block]:
        """Return the rows of a bucket, a block for each piece. Typed columns are not copied."""
        first, stop = np.searchsorted(self.owners, (bucket, bucket + 1)).tolist()
        return [self._block(start, end) for start, end in pairwise(self.edges[first : stop + 1].tolist())]

    def pickles(self) -> Iterable[Any]:
        """Yield each piece as a pickled Block."""
        content = self.content
        for start, end in pairwise(self.edges.tolist()):
            yield _pickled(content.slice(start, end)) if isinstance(content, Block) else content[start:end].data

    def _block(self, start: int, end: int) -> Block:
        if isinstance(self.content, Block):
            return self.content.slice(start, end)
        block: Block = pickle.loads(self.content[start:end].data)
        return block


Stored = Block | Buckets
"""The objects that a task gives to an engine's store."""


def part_of(stored: Stored, start: int | None, stop: int | None, bucket: int | None) -> list[Any]:
    """Return one bucket of Buckets, the rows `[start:stop]` of a block, or if none of both is given, all as it is."""
    if bucket is not None and isinstance(stored, Buckets):
        return stored.blocks(bucket)
    return [stored.slice(start, stop) if start is not None and isinstance(stored, Block) else stored]


def _are_columns(blocks: Iterable[Block]) -> bool:
    """Return whether all rows are typed columns of one shape."""
    chunks = [chunk for block in blocks for chunk in block.chunks]
    return all(chunk.shape == chunks[0].shape and not chunk.pickled_values for chunk in chunks)


def _edges(lengths: Any) -> Places:
    """Return where pieces begin and end: [2, 0, 3] → [0, 2, 2, 5]."""
    edges = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=edges[1:])
    return edges


def _pickled(block: Block) -> bytes:
    return pickle.dumps(block, protocol=5)


def _joined(pieces: Sequence[Any]) -> tuple[Bytes, Places]:
    """Return pieces of bytes end to end, and their edges."""
    return np.frombuffer(b"".join(pieces), np.uint8), _edges([len(piece) for piece in pieces])
