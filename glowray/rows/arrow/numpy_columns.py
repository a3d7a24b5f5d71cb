"""Arrow columns of numbers as NumPy arrays. pyarrow's own conversion would import pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_TYPES = {
    pa.int8().id: np.int8,
    pa.int16().id: np.int16,
    pa.int32().id: np.int32,
    pa.int64().id: np.int64,
    pa.uint8().id: np.uint8,
    pa.uint16().id: np.uint16,
    pa.uint32().id: np.uint32,
    pa.uint64().id: np.uint64,
    pa.float32().id: np.float32,
    pa.float64().id: np.float64,
}
_BOOL = pa.bool_().id


def as_numpy(array: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    """Return `array.to_numpy(zero_copy_only=False)`. Numbers in one piece and without nulls are not copied.

    >>> as_numpy(pa.array([1, 2, 3])[1:]), as_numpy(pa.array([True, False]))
    (array([2, 3]), array([ True, False]))
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not array.null_count:
        start, stop = array.offset, array.offset + len(array)
        dtype = _TYPES.get(array.type.id)
        if dtype is not None:
            data = array.buffers()[1]
            return np.empty(0, dtype) if data is None else np.frombuffer(data, dtype, stop)[start:]
        if array.type.id == _BOOL and len(array):
            first = start // 8
            bits = np.frombuffer(array.buffers()[1], np.uint8, (stop + 7) // 8)[first:]
            return np.unpackbits(bits, count=stop - 8 * first, bitorder="little")[start % 8 :].view(np.bool_)
    return array.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
