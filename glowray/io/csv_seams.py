"""Where a CSV file can be cut: before a record, and never inside a quoted field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from glowray.io.compression import codec_of
from glowray.io.csv_quotes import count_quotes, quote_places
from glowray.io.csv_records import Dialect
from glowray.io.encoding import Encoding
from glowray.io.paths import File
from glowray.io.splits import Partition, Piece, plan_splits

if TYPE_CHECKING:
    from glowray.io.csv_quotes import Bytes

BLOCK_BYTES = 1 << 22
"""What is looked at at once: little enough to stay in the processor's cache from one look to the next."""

_MARK = b"\xef\xbb\xbf"


def plan_records(
    files: Sequence[File], partitions: int | None, dialect: Dialect, encoding: Encoding, split_bytes: int
) -> tuple[tuple[Partition, ...], frozenset[str]]:
    """Return the partitions, and the paths of the files that are cut.

    Files are cut as for text, then each cut moves to where a record begins. A file without safe cuts stays whole.
    """
    cuttable = {file.path for file in files if codec_of(file.path) is None}
    if not encoding.splittable or not _single_bytes(dialect, encoding):
        cuttable.clear()
    starts: dict[str, dict[int, int | None]] = {}
    while True:
        splits = plan_splits(files, partitions, lambda file: file.path in cuttable, split_bytes)
        wanted = {path: cuts - starts.get(path, {}).keys() for path, cuts in _cuts(splits).items()}
        wanted = {path: cuts for path, cuts in wanted.items() if cuts}
        if not wanted:
            return tuple(_moved(pieces, starts) for pieces in splits), frozenset(cuttable & starts.keys())
        for path, cuts in wanted.items():
            positions = sorted(cuts)
            found = record_starts(path, positions, dialect)
            if found is None:
                cuttable.discard(path)
            else:
                starts.setdefault(path, {}).update(zip(positions, found, strict=True))


def _single_bytes(dialect: Dialect, encoding: Encoding) -> bool:
    special = dialect.delimiter + (dialect.quotechar or "")
    return special.isascii() and special.encode(encoding.name.removesuffix("-sig")) == special.encode()


def _cuts(splits: Sequence[Partition]) -> dict[str, set[int]]:
    cuts: dict[str, set[int]] = {}
    for piece in (piece for pieces in splits for piece in pieces if piece.start):
        cuts.setdefault(piece.path, set()).add(piece.start)
    return cuts


def _moved(pieces: Partition, starts: Mapping[str, Mapping[int, int | None]]) -> Partition:
    moved = []
    for piece in pieces:
        own = starts.get(piece.path, {})
        start = own[piece.start] if piece.start else 0
        stop = own[piece.stop] if piece.stop is not None else None
        if start is not None and start != stop:
            moved.append(Piece(piece.path, start, stop))
    return tuple(moved)


def record_starts(path: str, cuts: Sequence[int], dialect: Dialect, size: int = BLOCK_BYTES) -> list[int | None] | None:
    """The first record at or after each of the cuts (ascending positions over 0), None where no record follows.

    None for all, if the file cannot be cut: a quote stands where only a reader from the start knows what it means. In
    all other files every quote opens a field, closes one or is doubled, so counting them tells inside from outside.
    """
    if dialect.quotechar is None or not cuts:
        return list(cuts)
    scan = _Scan(dialect, list(cuts))
    with open(path, "rb", buffering=0) as file:
        block = file.read(max(size, len(_MARK) + 1))
        if block.startswith(_MARK):
            block = block[len(_MARK) :]
            scan.position += len(_MARK)
        while block:
            if not scan.feed(block):
                return None
            block = file.read(size)
    return scan.end()


class _Scan:
    """Goes through a file block by block; a block's last byte waits for the one that follows it."""

    def __init__(self, dialect: Dialect, cuts: list[int]) -> None:
        self._dialect = dialect
        self._cuts = cuts
        self._starts: list[int | None] = []
        self._inside = False
        self._carry = b"\n"
        self.position = 0

    def feed(self, block: bytes) -> bool:
        """Look at the carried byte and all of the block but its last; whether the file can still be cut."""
        import numpy as np

        window = np.frombuffer(self._carry + block, np.uint8)
        count = count_quotes(window, self._inside, self._dialect)
        if count is None:
            return False
        self._find_starts(window)
        self._inside ^= count % 2 == 1
        self.position += len(window) - 2
        self._carry = (self._carry + block)[-2:] if len(block) < 2 else block[-2:]
        return True

    def end(self) -> list[int | None] | None:
        """The starts that were found, once the file has ended."""
        if not self.feed(b"\n") or self._inside:
            return None
        return [*self._starts, *([None] * (len(self._cuts) - len(self._starts)))]

    def _find_starts(self, window: Bytes) -> None:
        """Find the first line end outside of quotes at or after each cut, less one, that lies in this window."""
        import numpy as np

        base = self.position - 1  # of window[0]
        while len(self._starts) < len(self._cuts):
            first = max(self._cuts[len(self._starts)] - 1 - base, 1)
            if first >= len(window) - 1:
                return
            ends = np.flatnonzero(window[first:-1] == 0x0A) + first
            quotes = quote_places(window[1:-1], self._dialect) + 1
            outside = ends[(np.searchsorted(quotes, ends) + self._inside) % 2 == 0]
            if not len(outside):
                return
            self._starts.append(base + int(outside[0]) + 1)
