"""The blocks that a task keeps until it ends, in memory up to a limit and then in a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from glowray.io.spill import SpillFile, SpillPlace
from glowray.rows import Block

_NO_ROWS = Block()


class Kept:
    """Blocks by receiver. All move to a file each time those in memory take more than `limit` bytes.

    >>> kept = Kept(limit=100)
    >>> for rows in (["a" * 80], ["b" * 80], ["c"]):
    ...     kept.add(1, Block.from_rows(rows))
    >>> [len(block) for block in kept.blocks(1)], kept.spilled > 160, kept.blocks(0)
    ([2, 1], True, [])
    """

    def __init__(self, limit: int) -> None:
        self._limit: float = limit
        self._held: defaultdict[int, list[Block]] = defaultdict(list)
        self._places: defaultdict[int, list[SpillPlace]] = defaultdict(list)
        self._file = SpillFile()
        self._size = 0

    @property
    def spilled(self) -> int:
        """Bytes in the file."""
        return self._file.nbytes

    def add(self, receiver: int, block: Block) -> None:
        """Append a block to those of a receiver."""
        self.put(receiver, block)
        self.grow(block)

    def put(self, receiver: int, block: Block) -> None:
        """Append a part of a block. Call `grow` with the block after its last part."""
        self._held[receiver].append(block)

    def grow(self, block: Block) -> None:
        """Count the bytes of a block, and move all blocks to the file if they are over the limit."""
        try:
            self._size += sum(chunk.estimated_bytes for chunk in block.chunks if chunk.home is None)
            if self._size > self._limit:
                self._spill()
        except OSError:
            raise  # a full disk
        except Exception:  # rows that cannot be pickled: reading the blocks raises this again
            self._limit = float("inf")

    def _spill(self) -> None:
        for receiver, held in self._held.items():
            self._places[receiver].append(self._file.write(Block.concat(held)))
        self._held.clear()
        self._size = 0

    def keep(self, chosen: Callable[[list[Block]], Iterable[Block]]) -> None:
        """Replace each receiver's blocks in memory by what `chosen` returns for them."""
        for receiver, held in self._held.items():
            self._held[receiver] = list(chosen(held))

    def blocks(self, receiver: int) -> list[Block]:
        """Return all blocks of a receiver, in order."""
        return [*map(self._file.mapped, self._places.get(receiver, ())), *self._held.get(receiver, ())]

    def block(self, receiver: int) -> Block:
        """Return the rows of a receiver as one block."""
        if receiver not in self._held and receiver not in self._places:
            return _NO_ROWS
        held = Block.concat(self._held.get(receiver, ()))
        in_file = [chunk for place in self._places.get(receiver, ()) for chunk in self._file.mapped(place).chunks]
        return Block([*in_file, *held.chunks]) if in_file else held
