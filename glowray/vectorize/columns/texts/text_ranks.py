"""The rank of each text of a column among its distinct texts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.arrow.numpy_columns import as_numpy


def ranked(texts: pa.Array) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return (rank of each text among the distinct texts, the distinct texts in order).

    UTF-8 bytes have the order of code points, which is Python's.

    >>> ranks, ordered = ranked(pa.array(["b", "a", "b"], pa.large_string()))
    >>> ranks.tolist(), ordered.to_pylist()
    ([1, 0, 1], ['a', 'b'])
    """
    encoded = texts.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary)
    ranks = np.empty(len(order), np.int64)
    ranks[as_numpy(order)] = np.arange(len(order))
    return ranks[as_numpy(encoded.indices)], encoded.dictionary.take(order)
