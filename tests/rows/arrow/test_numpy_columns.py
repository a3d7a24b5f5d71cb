"""Test that columns as NumPy arrays equal those of pyarrow, slices and nulls included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.rows.arrow.numpy_columns import as_numpy

KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "bool": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates()),
    "float32": (pa.float32(), st.floats(width=32)),
    "float64": (pa.float64(), st.floats()),
    "int8": (pa.int8(), st.integers(-128, 127)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "str": (pa.large_string(), st.text()),
    "uint16": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1)),
}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_as_pyarrow_makes_them(name: str) -> None:
    kind, values = KINDS[name]

    @given(st.lists(values | st.none() if name in ("str", "int64", "bool") else values, max_size=40), st.data())
    def run(rows: list[Any], data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(rows)))
        array = pa.array(rows, kind)[start : data.draw(st.integers(start, len(rows)))]
        ours, theirs = as_numpy(array), array.to_numpy(zero_copy_only=False)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
        for chunks in (pa.chunked_array([], kind), pa.chunked_array([array]), pa.chunked_array([array, array])):
            np.testing.assert_array_equal(as_numpy(chunks), chunks.to_numpy())

    run()


def test_numbers_are_not_copied() -> None:
    array = pa.array([1, 2, 3])
    assert as_numpy(array).ctypes.data == array.buffers()[1].address
    assert as_numpy(pa.array([], pa.int64())).dtype == np.int64
