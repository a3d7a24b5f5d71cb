"""Number texts in the order of their first appearance. A text keeps its number when more texts are added."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np
import pyarrow as pa

from glowray.native import loops
from glowray.rows.text_words import Numbers, TextWords
from glowray.rows.texts import Texts


class TextNumbers(Protocol):
    """Numbers the texts that it is given from 0, in the order of their first appearance.

    >>> from glowray.rows.texts import Lines
    >>> texts = text_numbers()
    >>> texts.add(Lines(b"a\\nnightingale\\na\\nbird"))
    >>> [own.tolist() for own in texts.numbers()], texts.distinct().to_pylist()
    ([[0, 1, 0, 2]], ['a', 'nightingale', 'bird'])
    """

    def add(self, texts: Texts) -> None:
        """Add texts after all texts added before."""

    def numbers(self) -> list[Numbers]:
        """Return one array of numbers for each call of `add` since the last call of `numbers`."""

    def __len__(self) -> int:
        """Return how many different texts have a number."""

    def distinct(self) -> pa.Array:
        """Return the different texts. Text i has number i."""


def text_numbers() -> TextNumbers:
    """Return an empty TextNumbers: the hash table in C if it was compiled, else the Arrow version."""
    return TextWords() if loops.Table is None else _TextTable()


def lasts() -> bool:
    """Return whether adding texts costs nothing for texts numbered before. The Arrow version numbers them again."""
    return loops.Table is not None


class _TextTable:
    """Numbers each text when it is added, with a hash table in C."""

    def __init__(self) -> None:
        assert loops.Table is not None
        self._table = loops.Table(int.from_bytes(os.urandom(8)))
        self._numbers: list[Numbers] = []

    def __len__(self) -> int:
        return len(self._table)

    def add(self, texts: Texts) -> None:
        numbers = np.empty(len(texts), np.int32)
        self._table.number(texts.data, *texts.packed_bounds(), numbers)
        self._numbers.append(numbers)

    def numbers(self) -> list[Numbers]:
        numbers, self._numbers = self._numbers, []
        return numbers

    def distinct(self) -> pa.Array:
        ends, data = self._table.texts()
        offsets = np.zeros(len(self) + 1, np.int64)
        offsets[1:] = np.frombuffer(ends, np.int64)
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(offsets), pa.py_buffer(data))
