"""Parts of texts by position: slices, characters, strip, removeprefix, removesuffix.

A part is new bounds over the same bytes. In ASCII a byte is a character. For other texts, a position that is constant
goes through Arrow's kernel, which counts characters. Rows of other texts with other positions go to Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.vectors.frame import Expr, Frame, array_of, leaf, spread_out
from glowray.vectorize.columns.vectors.kinds import Untranslatable


def texts_of(text: Expr, frame: Frame) -> Texts:
    """Return an expression's texts as parts of bytes."""
    vector = text.carry(frame)
    if isinstance(vector, Texts):
        return vector
    array = spread_out(str, frame.settled(vector), frame.length)
    return frame.once(array, "texts", lambda: Texts.of(array))  # type: ignore[no-any-return]


def uncut(text: Expr, frame: Frame) -> Texts | Any:
    """Return the texts as parts of bytes if they are not an Arrow array yet, else the array."""
    vector = text.carry(frame)
    if isinstance(vector, Texts) and "array" not in vars(vector):
        return vector
    return array_of(spread_out(str, frame.settled(vector), frame.length))


def is_ascii(texts: Texts) -> Any:
    """Return True if all texts are ASCII, else a mask of those that are."""
    return True if texts.is_ascii else as_numpy(pc.string_is_ascii(texts.array))


def piece(text: Expr, start: Expr | None, stop: Expr | None) -> Expr:
    """Return `text[start:stop]`."""
    for each in (start, stop):
        if each is not None and each.kind is not int:
            raise Untranslatable("a slice whose bounds are not ints")
    is_fixed = all(each is None or (each.is_constant and abs(each.constant) < 2**31) for each in (start, stop))  # type: ignore[arg-type]

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        good = is_ascii(texts)
        if good is not True and is_fixed:
            first = 0 if start is None else start.constant
            return pc.utf8_slice_codeunits(texts.array, first, None if stop is None else stop.constant)
        lengths = texts.lengths
        first = 0 if start is None else inside(start.run(frame), lengths)
        last = lengths if stop is None else np.maximum(inside(stop.run(frame), lengths), first)
        if good is not True:
            frame.require(good)
            first, last = np.where(good, first, 0), np.where(good, last, 0)
        return Texts(texts.data, texts.starts + first, texts.starts + last)

    return leaf(str, run)


def inside(bound: Any, lengths: Any) -> Any:
    """Return a slice bound clipped as Python does: -1 in a text of 3 bytes → 2, 9 → 3, -9 → 0."""
    if not np.ndim(bound):
        return np.maximum(lengths + bound, 0) if bound < 0 else np.minimum(lengths, bound)
    return np.where(bound < 0, np.maximum(bound + lengths, 0), np.minimum(bound, lengths))


def character(text: Expr, index: Expr) -> Expr:
    """Return `text[index]`. Rows whose text is too short raise IndexError."""
    if index.kind is not int:
        raise Untranslatable("an index that is not an int")
    fixed = index.constant if index.is_constant and abs(index.constant) < 2**31 else None  # type: ignore[arg-type]

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        good = is_ascii(texts)
        if good is not True and isinstance(fixed, int):
            lengths = as_numpy(pc.utf8_length(texts.array))
            frame.fail(lengths <= fixed if fixed >= 0 else lengths < -fixed, IndexError)
            return pc.utf8_slice_codeunits(texts.array, fixed, fixed + 1 if fixed != -1 else None)
        lengths = texts.lengths
        place = index.run(frame)
        is_inside = (place < lengths) & (place >= -lengths)
        if good is not True:  # a place in bytes is no place in characters
            frame.require(good)
        frame.fail(~is_inside & good, IndexError)
        good = is_inside & good
        first = texts.starts + np.where(good, np.where(place < 0, place + lengths, place), 0)
        return Texts(texts.data, first, first + good)

    return leaf(str, run)


def backwards(text: Expr) -> Expr:
    """Return `text[::-1]`."""
    return Expr(str, lambda frame: pc.utf8_reverse(texts_of(text, frame).array))


def without_edge(text: Expr, edge: str, at_end: bool) -> Expr:
    """Return `text.removeprefix(edge)`, or removesuffix if `at_end`."""
    width = len(edge.encode())

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        less = as_numpy((pc.ends_with if at_end else pc.starts_with)(texts.array, edge)) * width
        first, last = (0, less) if at_end else (less, 0)
        return Texts(texts.data, texts.starts + first, texts.ends - last)

    return leaf(str, run)


def trimmed(texts: Texts, characters: str, at_start: bool, at_end: bool) -> Texts:
    """Return ASCII texts without these characters at the start, the end or both, like str.strip."""
    if not len(texts.data):
        return texts
    cut = np.zeros(256, bool)
    cut[[ord(each) for each in characters if ord(each) < 128]] = True
    starts, ends = texts.starts.copy(), texts.ends.copy()
    for bounds, offset, step in ((starts, 0, 1), (ends, -1, -1)):
        if not (at_start if step > 0 else at_end):
            continue
        left = np.flatnonzero((starts < ends) & cut[texts.data.take(bounds + offset, mode="clip")])
        while len(left):
            bounds[left] += step
            left = left[starts[left] < ends[left]]
            left = left[cut[texts.data[bounds[left] + offset]]]
    return Texts(texts.data, starts, ends)


def has_edge(texts: Texts, edge: bytes, at_end: bool) -> Any:
    """Return a mask of the texts that start, or end, with these bytes."""
    found = texts.lengths >= len(edge)
    if not len(texts.data):
        return found
    first = texts.ends - len(edge) if at_end else texts.starts
    for offset, each in enumerate(edge):
        found &= texts.data.take(first + offset, mode="clip") == each
    return found
