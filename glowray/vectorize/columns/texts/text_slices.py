"""Parts of texts by position: slices, characters, strip, removeprefix, removesuffix.

A part is new bounds over the same bytes. In ASCII a byte is a character. In other texts the characters are counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from glowray.native import chosen
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Mask, array_of, leaf, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


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


def characters_of(texts: Texts) -> Any:
    """Return the number of characters of each text."""
    if texts.is_ascii:
        return texts.lengths
    return chosen.loops.counts(texts.data, *texts.packed_bounds())


def bytes_before(texts: Texts, places: Any) -> Any:
    """Return the offset in each text of the byte at which a character begins: in "éa" the character 1 → 2.

    `places` are numbers of characters from 0 to the number of all, one for each text or one for all texts.
    """
    if texts.is_ascii or (isinstance(places, int) and not places):
        return places
    return chosen.loops.offsets(texts.data, *texts.packed_bounds(), np.broadcast_to(places, len(texts)))


def characters_before(texts: Texts, offsets: Any) -> Any:
    """Return the number of characters of each text that begin before a byte: the inverse of `bytes_before`."""
    if texts.is_ascii:
        return offsets
    before = Texts(texts.data, texts.starts, texts.starts + offsets)
    return chosen.loops.counts(before.data, *before.packed_bounds())


def bounds_of(texts: Texts, start: Expr | None, stop: Expr | None, frame: Frame) -> tuple[Any, Any]:
    """Return (first byte, byte after the last) of the slice [start:stop] of each text, as offsets in the text."""
    lengths = texts.lengths if start is None and stop is None else characters_of(texts)
    first = 0 if start is None else inside(start.run(frame), lengths)
    if stop is None:
        return bytes_before(texts, first), texts.lengths
    last = np.maximum(inside(stop.run(frame), lengths), first)
    return bytes_before(texts, first), bytes_before(texts, last)


def piece(text: Expr, start: Expr | None, stop: Expr | None) -> Expr:
    """Return `text[start:stop]`."""
    for each in (start, stop):
        if each is not None and each.kind is not int:
            raise Untranslatable("a slice whose bounds are not ints")

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        first, last = bounds_of(texts, start, stop, frame)
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

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        lengths, place = characters_of(texts), index.run(frame)
        good = (place < lengths) & (place >= -lengths)
        frame.fail(np.logical_not(good), IndexError)
        place = np.where(good, np.where(place < 0, place + lengths, place), 0)
        first, last = bytes_before(texts, place), bytes_before(texts, place + good)
        return Texts(texts.data, texts.starts + first, texts.starts + last)

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
    """Return texts without these characters at the start, the end or both, like str.strip."""
    cut = np.zeros(256, bool)
    cut[[ord(each) for each in characters if ord(each) < 128]] = True
    made = _trimmed_bytes(texts, cut, at_start, at_end)
    if characters.isascii() or texts.is_ascii:
        return made
    # A text may also begin or end with one of the characters that are not ASCII. Arrow's kernel knows all of them.
    edges = [made.starts] * at_start + [made.ends - 1] * at_end
    is_odd = np.logical_or.reduce([texts.data.take(edge, mode="clip") > 127 for edge in edges])
    rows = np.flatnonzero(is_odd & (made.lengths > 0))
    if not len(rows):
        return made
    kernel = pc.utf8_trim if at_start and at_end else pc.utf8_ltrim if at_start else pc.utf8_rtrim
    _, offsets, data = kernel(made.take(rows).array, characters).buffers()
    return made.patched(rows, np.frombuffer(offsets, np.int64)[: len(rows) + 1], data or b"")


def _trimmed_bytes(texts: Texts, cut: Mask, at_start: bool, at_end: bool) -> Texts:
    """Return the texts without bytes at the start and the end of which `cut` is true."""
    if not len(texts.data):
        return texts
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
