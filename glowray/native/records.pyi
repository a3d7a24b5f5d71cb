from typing import Any, TypeAlias

import numpy.typing as npt

Buffer: TypeAlias = bytes | npt.NDArray[Any]

def values(
    data: Buffer,
    keys: tuple[bytes, ...],
    lines: int,
    kinds: npt.NDArray[Any],
    starts: npt.NDArray[Any],
    ends: npt.NDArray[Any],
    found: npt.NDArray[Any],
    bounds: npt.NDArray[Any],
) -> None:
    """Write what `Loops.json_values` returns to arrays: uint8, int32, int32 a field and line; uint8, int32 a line.

    `bounds` has one place more than there are lines.
    """
