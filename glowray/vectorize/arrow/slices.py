"""Parts of texts by position: slices, characters, what is before and after a separator, without a prefix or suffix.

Positions are found in bytes. In ASCII a byte is a character; elsewhere a position that Python counts in characters
either goes through Arrow's kernel, if it is the same in all rows, or fails its guard.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.texts import cut_out
from glowray.vectorize.arrow.frame import Expr, Frame, spread_out
from glowray.vectorize.arrow.kinds import TupleOf, Untranslatable
from glowray.vectorize.arrow.pieces import text_bytes


def _column(text: Expr, frame: Frame) -> Any:
    return spread_out(str, text.run(frame), frame.length)


def _mask(values: Any) -> Any:
    return values.to_numpy(zero_copy_only=False)


def _is_ascii(texts: Any) -> Any:
    """Whether all texts are ASCII, or which are."""
    data, _ = text_bytes(texts)
    return True if not len(data) or int(data.max()) < 128 else _mask(pc.string_is_ascii(texts))


def piece(text: Expr, start: Expr | None, stop: Expr | None) -> Expr:
    """text[start:stop]"""
    for each in (start, stop):
        if each is not None and each.kind is not int:
            raise Untranslatable("a slice whose bounds are not ints")
    is_fixed = all(each is None or (each.is_constant and abs(each.constant) < 2**31) for each in (start, stop))  # type: ignore[arg-type]

    def run(frame: Frame) -> Any:
        texts = _column(text, frame)
        good = _is_ascii(texts)
        if good is not True and is_fixed:
            first = 0 if start is None else start.constant
            return pc.utf8_slice_codeunits(texts, first, None if stop is None else stop.constant)
        data, rows = text_bytes(texts)
        lengths = np.diff(rows)
        first = 0 if start is None else _inside(start.run(frame), lengths)
        last = lengths if stop is None else np.maximum(_inside(stop.run(frame), lengths), first)
        if good is not True:
            frame.require(good)
            first, last = np.where(good, first, 0), np.where(good, last, 0)
        return cut_out(data, rows[:-1] + first, rows[:-1] + last)

    return Expr(str, run)


def _inside(bound: Any, lengths: Any) -> Any:
    """A bound of a slice as Python takes it: from the end if negative, and never outside."""
    return np.where(bound < 0, np.maximum(bound + lengths, 0), np.minimum(bound, lengths))


def character(text: Expr, index: Expr) -> Expr:
    """text[index]"""
    if index.kind is not int:
        raise Untranslatable("an index that is not an int")
    fixed = index.constant if index.is_constant and abs(index.constant) < 2**31 else None  # type: ignore[arg-type]

    def run(frame: Frame) -> Any:
        texts = _column(text, frame)
        is_ascii = _is_ascii(texts)
        if is_ascii is not True and isinstance(fixed, int):
            lengths = _mask(pc.utf8_length(texts))
            frame.require(lengths > fixed if fixed >= 0 else lengths >= -fixed)
            return pc.utf8_slice_codeunits(texts, fixed, fixed + 1 if fixed != -1 else None)
        data, rows = text_bytes(texts)
        lengths = np.diff(rows)
        place = index.run(frame)
        good = (place < lengths) & (place >= -lengths) & is_ascii
        frame.require(good)
        first = rows[:-1] + np.where(good, np.where(place < 0, place + lengths, place), 0)
        return cut_out(data, first, first + good)

    return Expr(str, run)


def backwards(text: Expr) -> Expr:
    """text[::-1]"""
    return Expr(str, lambda frame: pc.utf8_reverse(_column(text, frame)))


def byte_place(texts: Any, pattern: str, from_end: bool) -> Any:
    """Where the first or the last of a pattern is, in bytes; -1 where there is none."""
    if not from_end:
        return _mask(pc.find_substring(texts, pattern)).astype(np.int64)
    spelled = pattern.encode()
    reverse = pc.binary_reverse(texts.view(pa.large_binary()))
    places = _mask(pc.find_substring(reverse, spelled[::-1])).astype(np.int64)
    return np.where(places < 0, -1, _mask(pc.binary_length(texts)) - len(spelled) - places)


def find(text: Expr, pattern: str, from_end: bool, must: bool) -> Expr:
    """text.find(pattern), rfind, index or rindex; `must`: it has to be there."""

    def run(frame: Frame) -> Any:
        texts = _column(text, frame)
        places = byte_place(texts, pattern, from_end)
        frame.require(_is_ascii(texts))  # kernels count bytes
        if must:
            frame.require(places >= 0)
        return places

    return Expr(int, run)


def partition(text: Expr, separator: str, from_end: bool) -> Expr:
    """text.partition(separator) or rpartition"""
    width = len(separator.encode())

    def run(frame: Frame) -> Any:
        texts = _column(text, frame)
        data, rows = text_bytes(texts)
        places = byte_place(texts, separator, from_end)
        # Without a separator all of the text is before it, or after it if it was looked for from the end.
        nowhere = rows[:-1] if from_end else rows[1:]
        cut = np.where(places < 0, nowhere, rows[:-1] + places)
        after = np.where(places < 0, nowhere, cut + width)
        return cut_out(data, rows[:-1], cut), cut_out(data, cut, after), cut_out(data, after, rows[1:])

    return Expr(TupleOf((str, str, str)), run)


def without_edge(text: Expr, edge: str, at_end: bool) -> Expr:
    """text.removeprefix(edge) or removesuffix"""
    width = len(edge.encode())

    def run(frame: Frame) -> Any:
        texts = _column(text, frame)
        data, rows = text_bytes(texts)
        less = _mask((pc.ends_with if at_end else pc.starts_with)(texts, edge)) * width
        return cut_out(data, rows[:-1], rows[1:] - less) if at_end else cut_out(data, rows[:-1] + less, rows[1:])

    return Expr(str, run)
