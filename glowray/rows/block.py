"""A block: an immutable batch of rows as Arrow columns, the unit of every exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.rows.arrow import pandas_stand_in as pandas_later
from glowray.rows.codec import chunk_bytes as wire
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.chunk_concat import together
from glowray.rows.keys.column_hash import keyed_rows_hashes

pandas_later.install()  # This module is imported before any Arrow array is made.

_SMALL_CHUNK = 16_384
_SMALL_BYTES = 4 << 20
_MORSEL = 65_536
_MORSEL_BYTES = 32 << 20

Hashes = npt.NDArray[np.uint64]


class Block:
    """Rows as chunks of columns. All rows of a chunk have one shape. `rows()` returns every value and type unchanged.

    >>> block = Block.from_rows([("a", 1), ("b", 2)])
    >>> block.rows(), block.shape, block.pickled_values
    ([('a', 1), ('b', 2)], '(str, int)', 0)

    Pickling a block with protocol 5 passes its buffers out of band. A slice passes only its own rows.
    """

    __slots__ = ("__weakref__", "chunks")

    def __init__(self, chunks: Iterable[Chunk] = ()) -> None:
        self.chunks: tuple[Chunk, ...] = tuple(chunk for chunk in chunks if chunk.count)

    @classmethod
    def from_rows(cls, rows: Sequence[Any]) -> Block:
        """Encode a list of rows. A column that Arrow cannot give back exactly is held pickled."""
        return cls((Chunk.from_rows(rows),)) if rows else cls()

    def rows(self) -> list[Any]:
        """Decode all rows into fresh Python objects."""
        if len(self.chunks) == 1:
            return self.chunks[0].rows()
        return [row for chunk in self.chunks for row in chunk.rows()]

    def morsels(self, size: int = _MORSEL) -> Iterator[list[Any]]:
        """Yield the decoded rows in lists of at most `size` rows. Lists of large rows are shorter: about 32 MB each."""
        for chunk in self.chunks:
            if chunk.pickled_values:  # One pickle holds all rows, so each piece would read the whole pickle again.
                rows = chunk.rows()
                yield from (rows[start : start + size] for start in range(0, chunk.count, size))
            else:
                step = min(size, max(1, _MORSEL_BYTES * chunk.count // max(1, chunk.nbytes)))
                for start in range(0, chunk.count, step):
                    yield chunk.slice(start, min(start + step, chunk.count)).rows()

    def __len__(self) -> int:
        return sum(chunk.count for chunk in self.chunks)

    def __repr__(self) -> str:
        return f"Block({len(self)} rows of {self.shape})"

    @property
    def shape(self) -> str:
        """Return the shapes of the rows as text: `(str, int)`. Several shapes are joined by ` | `."""
        return " | ".join(dict.fromkeys(str(chunk.shape) for chunk in self.chunks)) or "no rows"

    @property
    def nbytes(self) -> int:
        """Return the size of all columns in bytes."""
        return sum(chunk.nbytes for chunk in self.chunks)

    @property
    def pickled_values(self) -> int:
        """Return the number of values that are held pickled."""
        return sum(chunk.pickled_values for chunk in self.chunks)

    def slice(self, start: int | None, stop: int | None) -> Block:
        """Return the rows `[start:stop]`, as a list slices. Typed columns are not copied."""
        start, stop, _ = slice(start, stop).indices(len(self))
        cut = []
        for chunk in self.chunks:
            if start < chunk.count and stop > 0 and stop > start:
                cut.append(chunk.slice(max(start, 0), min(stop, chunk.count)))
            start, stop = start - chunk.count, stop - chunk.count
        return Block(cut)

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> Block:
        """Return the rows at the indices, in the order of the indices. An index lies in `range(len(self))`."""
        positions = np.asarray(indices, np.int64)
        if positions.size and (positions.min() < 0 or positions.max() >= len(self)):
            raise IndexError(f"a row index is outside of the block's {len(self)} rows")
        if not positions.size:
            return Block()
        if len(self.chunks) == 1:
            return Block((self.chunks[0].take(positions),))
        return self._take_across(positions)

    def _take_across(self, positions: npt.NDArray[np.int64]) -> Block:
        starts = np.cumsum([0, *(chunk.count for chunk in self.chunks)])
        owners = np.searchsorted(starts, positions, side="right") - 1
        cuts = np.flatnonzero(np.diff(owners)) + 1
        if len(cuts) > 4 * len(self.chunks):  # Many short runs: one chunk is cheaper than a chunk for each run.
            return Block((self._mixed(positions, owners, starts),))
        runs = np.split(positions, cuts)
        owner_of_run = owners[[0, *cuts.tolist()]].tolist()
        return Block(
            self.chunks[owner].take(run - starts[owner]) for owner, run in zip(owner_of_run, runs, strict=True)
        )

    def _mixed(self, positions: Any, owners: Any, starts: Any) -> Chunk:
        """Return the rows at the positions as one chunk: take from each chunk once, then put the rows in order.

        `owners[i]` is the chunk of row `positions[i]`. `starts[c]` is the block's row number of chunk c's first row.
        """
        by_owner = np.argsort(owners.astype(_smallest_for(len(self.chunks))), kind="stable")
        edges = np.searchsorted(owners[by_owner], np.arange(len(self.chunks) + 1)).tolist()
        parts = [
            chunk.take(positions[by_owner[start:stop]] - begin)
            for chunk, begin, start, stop in zip(self.chunks, starts, edges, edges[1:], strict=False)
            if start < stop
        ]
        places = np.empty(len(positions), np.int64)
        places[by_owner] = np.arange(len(positions))
        return together(parts).take(places)

    def split(self, buckets: npt.NDArray[np.integer[Any]], n: int) -> dict[int, Block]:
        """Return a block for each of the `n` buckets that has rows. Row i goes to block `buckets[i]`.

        Rows keep their order. Empty blocks are left out, as most of many buckets are empty.
        """
        parts: dict[int, list[Chunk]] = {}
        start = 0
        for chunk in self.chunks:
            own = np.asarray(buckets[start : start + chunk.count])
            start += chunk.count
            counts = np.bincount(own.astype(np.int64), minlength=n)
            ordered = chunk.take(np.argsort(own.astype(_smallest_for(n)), kind="stable"))
            filled = np.flatnonzero(counts)
            stops = np.cumsum(counts[filled]).tolist()
            for bucket, begin, stop in zip(filled.tolist(), [0, *stops], stops, strict=False):
                parts.setdefault(bucket, []).append(ordered.slice(begin, stop))
        return {bucket: Block(part) for bucket, part in parts.items()}

    @staticmethod
    def concat(blocks: Iterable[Block]) -> Block:
        """Return the rows of all blocks in order. Shapes may differ. Small adjacent chunks of one shape are merged."""
        merged: list[Chunk] = []
        chunks = (chunk for block in blocks for chunk in block.chunks)
        for (mergeable, _), run in groupby(chunks, lambda chunk: (_is_mergeable(chunk), chunk.shape)):
            group = list(run)
            merged += [Chunk.concat(group)] if mergeable and len(group) > 1 else group
        return Block(merged)

    def key_hashes(self) -> Hashes:
        """Return the stable hash of each row's key, equal to `glowray.rows.keys.key_hash(row[0])`.

        Raises TypeError for a row that is not a 2-tuple, KeyTypeError for a value that cannot be a key.
        """
        if len(self.chunks) == 1:
            return keyed_rows_hashes(self.chunks[0])
        return np.concatenate([np.empty(0, np.uint64), *map(keyed_rows_hashes, self.chunks)])

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _from_parts, tuple(wire.to_part(chunk, out_of_band=protocol >= 5) for chunk in self.chunks)


def _is_mergeable(chunk: Chunk) -> bool:
    """Return whether a chunk is small and has no pickle, which a merge would have to read and write again."""
    return chunk.count <= _SMALL_CHUNK and not chunk.pickled_values and chunk.estimated_bytes <= _SMALL_BYTES


def _smallest_for(n: int) -> Any:
    """Return the dtype for numbers below n that NumPy sorts fastest: it uses radix sort up to 16 bits."""
    return np.uint8 if n <= 1 << 8 else np.uint16 if n <= 1 << 16 else np.int64


def _from_parts(*parts: wire.Part) -> Block:
    return Block(map(wire.from_part, parts))
