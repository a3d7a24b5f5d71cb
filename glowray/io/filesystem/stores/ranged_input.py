"""Files of a store that are read by byte ranges. A range that fails or comes short is asked for again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

from glowray.io.filesystem.interface import Input

T = TypeVar("T")

WAITS = (0.1, 0.5, 2.0, 5.0)
"""The seconds before each new attempt. A store that fails for longer fails the job."""

REQUEST_BYTES = 8 << 20
"""The most bytes of a request for a file that is read in order: 40 ms of latency then cost little beside the transfer.
"""

GROWTH = 4
"""The factor by which requests grow, up to REQUEST_BYTES."""

FINAL = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError)
"""Errors that a new attempt would give again."""


class RangedInput(Input):
    """Reads a file by requests for byte ranges.

    After `will_read` it asks for more than a read needs, and serves the next reads from that. The first request is as
    small as the read, and the next ones grow, because a reader may want the first line alone.

    Args:
        read_range: a function of the first byte and the number of bytes, which returns these bytes.
        size: of the file in bytes.
        shown: the path for errors.
    """

    def __init__(self, read_range: Callable[[int, int], bytes], size: int, shown: str) -> None:
        self._read_range, self._size, self._shown = read_range, size, shown
        self._position = 0
        self._stop = self._wanted = 0  # the end of the bytes that are read in order, and how many to ask for next
        self._ahead, self._ahead_start = b"", 0

    def size(self) -> int:
        return self._size

    def will_read(self, start: int = 0, stop: int | None = None) -> None:
        is_part = start > 0 or stop is not None
        self._stop, self._wanted = self._size if stop is None else min(stop, self._size), 0
        if is_part:
            self._wanted = REQUEST_BYTES

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self._position)
        length = left if size is None or size < 0 else min(size, left)
        pieces = []
        while length:
            piece = self._next(length)
            pieces.append(piece)
            self._position += len(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _next(self, length: int) -> bytes:
        """Return at least one and at most `length` bytes from the current position."""
        place = self._position - self._ahead_start
        if not 0 <= place < len(self._ahead):
            wanted = max(length, min(self._wanted, self._stop - self._position))
            self._ahead = attempted(lambda: self._whole(self._position, wanted), self._shown)
            self._ahead_start, place = self._position, 0
            if self._position < self._stop:
                self._wanted = min(wanted * GROWTH, REQUEST_BYTES)
        if place == 0 and length >= len(self._ahead):
            return self._ahead
        return self._ahead[place : place + length]

    def _whole(self, start: int, length: int) -> bytes:
        data = self._read_range(start, length)
        if len(data) != length:
            raise OSError(f"{len(data)} of {length} bytes came from byte {start} on")
        return data


def attempted(action: Callable[[], T], shown: str, done: str = "read") -> T:
    """Call an action and return its result. After an OSError call it again, after each of the pauses `WAITS`.

    Raises OSError, which names the path `shown`, after the last attempt.
    """
    for wait in (*WAITS, None):
        try:
            return action()
        except FINAL:
            raise
        except OSError as error:
            reason = str(error)
        if wait is None:
            break
        time.sleep(wait)
    raise OSError(f'"{shown}" could not be {done} in {len(WAITS) + 1} attempts: {reason}')
