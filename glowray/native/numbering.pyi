from typing import Any, TypeAlias

import numpy.typing as npt

Buffer: TypeAlias = bytes | npt.NDArray[Any]

class Table:
    """A table that numbers texts from 0 in the order of their first appearance. It is not safe for several threads."""

    def __init__(self, seed: int) -> None:
        """Create an empty table. `seed` seeds its hashes, and affects only the time that it takes."""
    def __len__(self) -> int: ...
    def number(self, data: Buffer, starts: Buffer, ends: Buffer, out: Buffer) -> None:
        """Write the number of each text `data[starts[i]:ends[i]]` to `out` (int32).

        `starts` and `ends` are both int32 or both int64.
        """
    def texts(self) -> tuple[bytes, bytes]:
        """Return (int64 end of each distinct text in the data, the data), in the order of their numbers."""
