from typing import Any, TypeAlias

import numpy.typing as npt

Buffer: TypeAlias = bytes | npt.NDArray[Any]

class Table:
    """Texts numbered from 0 as they first appear. It is no business of two threads at once."""

    def __init__(self, seed: int) -> None:
        """`seed`: of the table's hashes; nothing but time depends on it."""
    def __len__(self) -> int: ...
    def number(self, data: Buffer, starts: Buffer, ends: Buffer, out: Buffer) -> None:
        """Writes the number of each text `data[starts[i]:ends[i]]` to `out`, as int32.

        Starts and ends are both of int32 or both of int64.
        """
    def texts(self) -> tuple[bytes, bytes]:
        """(where each distinct text ends in the data, as int64; the data), by number."""
