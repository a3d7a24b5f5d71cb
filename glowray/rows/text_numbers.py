"""Texts numbered as they first appear. A text keeps its number, however many come after it."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np
import pyarrow as pa

from glowray.native import loops
from glowray.rows.text_words import Numbers, TextWords
from glowray.rows.texts import Texts


class TextNumbers(Protocol):
    """Takes texts, and numbers them from 0 in the order of their first appearance.

    >>> from glowray.rows.texts import Lines
    >>> texts = text_numbers()
    >>> texts.add(Lines(b"a\\nnightingale\\na\\nbird"))
    >>> [own.tolist() for own in texts.numbers()], texts.distinct().to_pylist()
    ([[0, 1, 0, 2]], ['a', 'nightingale', 'bird'])
    """

    def add(self, texts: Texts) -> None:
        """Texts that come after all that came before."""

    def numbers(self) -> list[Numbers]:
        """The numbers of the texts of each call of `add` since this was asked before."""

    def __len__(self) -> int:
        """How many different texts have a number."""

    def distinct(self) -> pa.Array:
        """The texts that have a number, by number."""


def text_numbers() -> TextNumbers:
    """No text yet; numbered by the fastest means there is."""
    return TextWords() if loops.Table is None else _TextTable()


def lasts() -> bool:
    """Whether texts that have a number cost nothing when others are numbered."""
    return loops.Table is not None


class _TextTable:
    """Numbers each text at once, by a table of bytes that lasts."""

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
