"""Search texts for a pattern: find, rfind, index, rindex, partition.

The search runs over the bytes of the texts. In ASCII a byte is a character. In other texts the characters before the
pattern are counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from glowray.native import chosen
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import TupleOf
from glowray.vectorize.columns.texts.text_slices import bounds_of, characters_before, texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Places
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


def find(
    text: Expr, pattern: str, start: Expr | None, stop: Expr | None, from_end: bool, must: bool
) -> Expr:  # fmt: skip
    """Return `text.find(pattern, start, stop)`.

    `from_end` makes it rfind. `must` makes it index or rindex: rows without the pattern raise ValueError.
    """
    if any(each is not None and each.kind is not int for each in (start, stop)):
        raise Untranslatable("places that are not ints")

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        places = first_or_last(texts, pattern.encode(), *bounds_of(texts, start, stop, frame), from_end)
        if must:
            frame.fail(places < 0, ValueError)
        return places if texts.is_ascii else np.where(places < 0, -1, characters_before(texts, np.maximum(places, 0)))

    return Expr(int, run)


def partition(text: Expr, separator: str, from_end: bool) -> Expr:
    """Return `text.partition(separator)`, or rpartition if `from_end`."""
    spelled = separator.encode()

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        starts, ends = texts.starts, texts.ends
        places = first_or_last(texts, spelled, 0, texts.lengths, from_end)
        # A text without the separator is all before it; for rpartition, all after it.
        nowhere = starts if from_end else ends
        cut = np.where(places < 0, nowhere, starts + places)
        after = np.where(places < 0, nowhere, cut + len(spelled))
        return tuple(Texts(texts.data, first, last) for first, last in ((starts, cut), (cut, after), (after, ends)))

    return Expr(TupleOf((str, str, str)), run)


def first_or_last(texts: Texts, pattern: bytes, first: Any, last: Any, from_end: bool) -> Places:
    """Return the byte position in each text of the first or last pattern between two bounds, or -1."""
    within = Texts(texts.data, texts.starts + first, texts.starts + last)
    found = chosen.loops.find(within.data, *within.packed_bounds(), pattern, from_end)
    return found if isinstance(first, int) and not first else np.where(found < 0, -1, found + first)
