"""Number texts in the order of their first appearance. A text keeps its number when more texts are added."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native import chosen
from glowray.rows.texts.texts import Texts

Numbers = npt.NDArray[np.int32]


class TextNumbers:
    """Numbers the texts that it is given from 0, in the order of their first appearance.

    >>> from glowray.rows.texts.texts import Lines
    >>> texts = TextNumbers()
    >>> texts.add(Lines(b"a\\nnightingale\\na\\nbird"))
    >>> [own.tolist() for own in texts.numbers()], texts.distinct().to_pylist()
    ([[0, 1, 0, 2]], ['a', 'nightingale', 'bird'])
    """

    def __init__(self) -> None:
        self._table = chosen.loops.table()
        self._numbers: list[Numbers] = []

    def __len__(self) -> int:
        """Return how many different texts have a number."""
        return len(self._table)

    def add(self, texts: Texts) -> None:
        """Number more texts."""
        self._numbers.append(self._table.number(texts.data, *texts.packed_bounds()))

    def numbers(self) -> list[Numbers]:
        """Return the numbers of the texts of each call of `add` since the last call of this method."""
        numbers, self._numbers = self._numbers, []
        return numbers

    def distinct(self) -> pa.Array:
        """Return the texts that have a number, by number."""
        offsets, data = self._table.texts()
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(offsets), pa.py_buffer(data))
