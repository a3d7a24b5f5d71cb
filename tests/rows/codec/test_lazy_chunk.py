"""Test chunks whose columns are made only when a caller reads them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from glowray.kernels.base.morsels import in_batches
from glowray.rows import Block
from glowray.rows.codec.lazy_chunk import TextsChunk
from glowray.rows.texts.taken_texts import TakenTexts
from glowray.rows.types.scalar_kinds import scalar_kind
from glowray.rows.types.shape import Fields, Scalar


def test_the_size_of_rows_makes_no_column() -> None:
    """A column that only a later step reads, or none, is never copied."""
    texts = TakenTexts(pa.array(["a", "bcd"], pa.large_string()), np.array([1, 0, 1] * 1000))
    shape = Fields("record", ("name", "n"), (Scalar(scalar_kind(str, [""])), Scalar(scalar_kind(int, [0]))))
    block = Block((TextsChunk.of_parts(shape, [texts, pa.array(range(3000))], 3000),))
    assert block.nbytes > 0 and block.chunks[0].estimated_bytes > 0
    assert [len(batch) for batch in in_batches([block], 1000)] == [1000] * 3
    assert "array" not in vars(texts)
    assert block.rows()[0] == {"name": "bcd", "n": 0}
