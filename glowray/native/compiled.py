"""The loops in C. The import of this module fails if they were not compiled."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from glowray.native import (
    calling,
    characters,
    cutting,
    finding,
    hashing,
    matching,
    numbering,
    parsing,
    records,
    scanning,
)
from glowray.native.interface import Automaton, Bytes, CharacterTable, Cut, JsonValues, Mask, Matches, OnText, Places

name = "compiled"

_INT32_BYTES = 2**31
"""C writes places as int32, so it takes only data with fewer bytes than this."""

count = scanning.count
codes = hashing.codes


def words(data: Bytes) -> tuple[Places, Places]:
    if len(data) >= _INT32_BYTES:
        from glowray.native import portable

        return portable.words(data)
    starts, ends = scanning.words(data)
    return np.frombuffer(starts, np.int32), np.frombuffer(ends, np.int32)


def places(data: Bytes, one: int, other: int) -> npt.NDArray[np.int64]:
    return np.frombuffer(scanning.places(data, one, other), np.int64)


def fields(data: Bytes, separator: int, lines: int) -> Places | None:
    if len(data) >= _INT32_BYTES:
        return None
    found = scanning.fields(data, separator)
    return None if found is None else np.frombuffer(found, np.int32).reshape(-1, lines)


def quotes(data: Bytes, quote: int, separator: int, inside: bool) -> int | None:
    found = scanning.quotes(data, quote, separator, inside)
    return None if found < 0 else found


def cut(data: Bytes, starts: Places, ends: Places) -> Cut:
    offsets, copied = cutting.cut(data, starts, ends)
    return np.frombuffer(offsets, np.int64), copied


def find(data: Bytes, starts: Places, ends: Places, pattern: bytes, backwards: bool) -> npt.NDArray[np.int64]:
    found = np.empty(len(starts), np.int64)
    finding.find(data, starts, ends, pattern, backwards, found)
    return found


def hashes(data: Bytes, starts: Places, ends: Places, tag: int) -> npt.NDArray[np.uint64]:
    made = np.empty(len(starts), np.uint64)
    hashing.hashes(data, starts, ends, tag, made)
    return made


def integers(data: Bytes, starts: Places, ends: Places) -> tuple[npt.NDArray[np.int64], Mask | None]:
    made, good = np.empty(len(starts), np.int64), np.empty(len(starts), np.bool_)
    return made, None if parsing.integers(data, starts, ends, made, good) else good


def floats(data: Bytes, starts: Places, ends: Places) -> tuple[npt.NDArray[np.float64], Mask | None]:
    made, good = np.empty(len(starts), np.float64), np.empty(len(starts), np.bool_)
    return made, None if parsing.floats(data, starts, ends, made, good) else good


def counts(data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int64]:
    made = np.empty(len(starts), np.int64)
    characters.counts(data, starts, ends, made)
    return made


def offsets(data: Bytes, starts: Places, ends: Places, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    made = np.empty(len(starts), np.int64)
    characters.offsets(data, starts, ends, np.ascontiguousarray(places, np.int64), made)
    return made


def replaced(
    data: Bytes, starts: Places, ends: Places, first: CharacterTable, rest: CharacterTable
) -> tuple[Bytes, Mask | None]:
    made, good = data.copy(), np.empty(len(starts), np.bool_)
    return made, None if characters.replace(data, starts, ends, first, rest, made, good) else good


def called_texts(data: Bytes, starts: Places, ends: Places, function: OnText) -> tuple[Cut, Mask]:
    offsets, good = np.zeros(len(starts) + 1, np.int64), np.empty(len(starts), np.bool_)
    return (offsets, calling.texts(data, starts, ends, function, offsets[1:], good)), good


def called_integers(
    data: Bytes, starts: Places, ends: Places, function: OnText
) -> tuple[npt.NDArray[np.int64], Mask]:  # fmt: skip
    made, good = np.zeros(len(starts), np.int64), np.empty(len(starts), np.bool_)
    calling.integers(data, starts, ends, function, made, good)
    return made, good


def json_values(data: bytes, keys: tuple[bytes, ...], lines: int) -> JsonValues | None:
    if len(data) >= _INT32_BYTES:
        return None
    shape = len(keys), lines
    found = JsonValues(
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.int32),
        np.empty(lines, np.uint8),
        np.empty(lines + 1, np.int32),
    )
    records.values(data, keys, lines, *found)
    return found


def matches(data: Bytes, starts: Places, ends: Places, automaton: Automaton) -> Matches | None:
    status = np.empty(len(starts), np.uint8)
    found = np.empty((automaton.events + 2, len(starts)), np.int64)
    matching.match(data, starts, ends, *automaton, status, found)
    return Matches(status, found)


class CompiledTable:
    """A table that numbers texts, by open addressing in C."""

    def __init__(self, seed: int) -> None:
        self._table = numbering.Table(seed)

    def __len__(self) -> int:
        return len(self._table)

    def number(self, data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int32]:
        numbers = np.empty(len(starts), np.int32)
        self._table.number(data, starts, ends, numbers)
        return numbers

    def texts(self) -> Cut:
        ends, data = self._table.texts()
        offsets = np.zeros(len(self) + 1, np.int64)
        offsets[1:] = np.frombuffer(ends, np.int64)
        return offsets, data


def table() -> CompiledTable:
    return CompiledTable(int.from_bytes(os.urandom(8)))
