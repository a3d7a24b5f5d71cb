"""The offsets at which a CSV file is cut: the starts of records, never inside a quoted field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from glowray.io.csv.quotes import count_quotes, quote_places
from glowray.io.csv.records import Dialect
from glowray.io.files.encoding import Encoding
from glowray.io.files.paths import File
from glowray.io.files.splits import Partition, Piece, is_splittable, plan_splits
from glowray.io.filesystem.location import Location

if TYPE_CHECKING:
    from glowray.io.csv.quotes import Bytes

BLOCK_BYTES = 1 << 22
"""The bytes that are scanned at once: few enough to stay in the processor's cache for the second scan."""

_MARK = b"\xef\xbb\xbf"


def plan_records(
    files: Sequence[File], partitions: int | None, dialect: Dialect, encoding: Encoding, split_bytes: int
) -> tuple[tuple[Partition, ...], frozenset[Location]]:
    """Return the partitions, and the locations of the files that are cut.

    Files are cut as for text, then each cut moves to where a record begins. A file without safe cuts stays whole.
    """
    cuttable = {file.location for file in files if is_splittable(file)}
    if not encoding.splittable or not _single_bytes(dialect, encoding):
        cuttable.clear()
    starts: dict[Location, dict[int, int | None]] = {}
    while True:
        splits = plan_splits(files, partitions, lambda file: file.location in cuttable, split_bytes)
        wanted = {file: cuts - starts.get(file, {}).keys() for file, cuts in _cuts(splits).items()}
        wanted = {file: cuts for file, cuts in wanted.items() if cuts}
        if not wanted:
            return tuple(_moved(pieces, starts) for pieces in splits), frozenset(cuttable & starts.keys())
        for file, cuts in wanted.items():
            positions = sorted(cuts)
            found = record_starts(file, positions, dialect)
            if found is None:
                cuttable.discard(file)
            else:
                starts.setdefault(file, {}).update(zip(positions, found, strict=True))


def _single_bytes(dialect: Dialect, encoding: Encoding) -> bool:
    """Return whether the delimiter and the quote are encoded as their ASCII bytes."""
    special = dialect.delimiter + (dialect.quotechar or "")
    return special.isascii() and special.encode(encoding.name.removesuffix("-sig")) == special.encode()


def _cuts(splits: Sequence[Partition]) -> dict[Location, set[int]]:
    """Return the offsets inside each file at which pieces begin."""
    cuts: dict[Location, set[int]] = {}
    for piece in (piece for pieces in splits for piece in pieces if piece.start):
        cuts.setdefault(piece.location, set()).add(piece.start)
    return cuts


def _moved(pieces: Partition, starts: Mapping[Location, Mapping[int, int | None]]) -> Partition:
    """Return the pieces with each bound moved to the start of a record, without empty pieces."""
    moved = []
    for piece in pieces:
        own = starts.get(piece.location, {})
        start = own[piece.start] if piece.start else 0
        stop = own[piece.stop] if piece.stop is not None else None
        if start is not None and start != stop:
            moved.append(Piece(piece.location, start, stop))
    return tuple(moved)


def record_starts(
    location: Location, cuts: Sequence[int], dialect: Dialect, size: int = BLOCK_BYTES
) -> list[int | None] | None:
    """Return for each cut the offset of the first record at or after it, or None if no record follows.

    Returns None instead of a list if the file cannot be cut. It has a quote that neither opens nor closes a field and
    is not doubled. Without quoting the cuts themselves are returned, and readers move them to the next line.

    Args:
        location: of a file that is not compressed.
        cuts: ascending offsets in bytes, over 0.
        dialect: of single bytes.
        size: bytes to read at once.
    """
    if dialect.quotechar is None or not cuts:
        return list(cuts)
    scan = _Scan(dialect, list(cuts))
    with location.open() as file:
        file.will_read()
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
    """Scans a file block by block. The last byte of a block waits for the byte after it, to judge a quote there."""

    def __init__(self, dialect: Dialect, cuts: list[int]) -> None:
        self._dialect = dialect
        self._cuts = cuts
        self._starts: list[int | None] = []
        self._inside = False
        self._carry = b"\n"
        self.position = 0

    def feed(self, block: bytes) -> bool:
        """Scan the waiting byte and all bytes of the block but its last. Return whether the file can still be cut."""
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
        """Return the starts of records, after the last block; None if the file cannot be cut."""
        if not self.feed(b"\n") or self._inside:
            return None
        return [*self._starts, *([None] * (len(self._cuts) - len(self._starts)))]

    def _find_starts(self, window: Bytes) -> None:
        """Note for each cut the start of a record: the byte after a line end outside of quotes.

        The line end is the first one at or after cut - 1. If it is not in this window, the cut waits for the next.
        """
        import numpy as np

        base = self.position - 1  # the offset of window[0] in the file
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
