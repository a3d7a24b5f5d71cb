"""Where a CSV file can be cut: before a record, and never inside a quoted field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glowray.io.csv_records import Dialect

if TYPE_CHECKING:
    import numpy as np

BLOCK_BYTES = 1 << 24

_MARK = b"\xef\xbb\xbf"


def record_starts(path: str, cuts: Sequence[int], dialect: Dialect, size: int = BLOCK_BYTES) -> list[int | None] | None:
    """The first record at or after each of the cuts (ascending positions over 0), None where no record follows.

    None for all, if the file cannot be cut: a quote stands where only a reader from the start knows what it means. In
    all other files every quote opens a field, closes one or is doubled, so counting them tells inside from outside.
    """
    quote = dialect.quotechar
    if quote is None or not cuts:
        return list(cuts)
    scan = _Scan(ord(quote), ord(dialect.delimiter), list(cuts))
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

    def __init__(self, quote: int, delimiter: int, cuts: list[int]) -> None:
        self._quote = quote
        self._around = (delimiter, 0x0A, 0x0D, quote)
        self._cuts = cuts
        self._starts: list[int | None] = []
        self._inside = False
        self._carry = b"\n"
        self.position = 0

    def feed(self, block: bytes) -> bool:
        """Look at the carried byte and all of the block but its last; whether the file can still be cut."""
        import numpy as np

        window = np.frombuffer(self._carry + block, np.uint8)
        quotes = np.flatnonzero(window[1:-1] == self._quote) + 1
        if not self._well_formed(window, quotes):
            return False
        self._find_starts(window, quotes)
        self._inside ^= len(quotes) % 2 == 1
        self.position += len(window) - 2
        self._carry = (self._carry + block)[-2:]
        return True

    def end(self) -> list[int | None] | None:
        """The starts that were found, once the file has ended."""
        if not self.feed(b"\n") or self._inside:
            return None
        return [*self._starts, *([None] * (len(self._cuts) - len(self._starts)))]

    def _well_formed(self, window: np.ndarray[Any, Any], quotes: np.ndarray[Any, Any]) -> bool:
        """Opening quotes follow a delimiter or line end, closing ones are followed by one; else they are doubled."""
        import numpy as np

        opening = (np.arange(len(quotes)) + self._inside) % 2 == 0
        beside = np.where(opening, window[quotes - 1], window[quotes + 1])
        return bool(np.isin(beside, self._around).all())

    def _find_starts(self, window: np.ndarray[Any, Any], quotes: np.ndarray[Any, Any]) -> None:
        """Find the first line end outside of quotes at or after each cut, less one, that lies in this window."""
        import numpy as np

        base = self.position - 1  # of window[0]
        while len(self._starts) < len(self._cuts):
            first = max(self._cuts[len(self._starts)] - 1 - base, 1)
            if first >= len(window) - 1:
                return
            ends = np.flatnonzero(window[first:-1] == 0x0A) + first
            outside = ends[(np.searchsorted(quotes, ends) + self._inside) % 2 == 0]
            if not len(outside):
                return
            self._starts.append(base + int(outside[0]) + 1)
