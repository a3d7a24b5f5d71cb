"""The characters of texts as lists, as a loop over a str gives them.

"éa" → bytes c3 a9 61 → starts [0, 2], ends [2, 3]
"""

from __future__ import annotations

import numpy as np

from glowray.rows.types.kinds import ListOf
from glowray.vectorize.columns.texts.text_pieces import Pieces
from glowray.vectorize.columns.texts.text_slices import texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame, ranges

_CONTINUES, _TOP_BITS = 0x80, 0xC0
"""A byte within a character of UTF-8, and the bits that tell."""


def characters(text: Expr) -> Expr:
    """Return `list(text)`."""

    def run(frame: Frame) -> Pieces:
        texts = texts_of(text, frame)
        offsets, places = ranges(texts.starts, texts.lengths)
        if texts.is_ascii:
            return Pieces(texts.data, offsets, places, places + 1)
        begins = (texts.data[places] & _TOP_BITS) != _CONTINUES
        before = np.zeros(len(places) + 1, np.int64)
        np.cumsum(begins, out=before[1:])
        starts = places[begins]
        ends = np.append(np.flatnonzero(begins)[1:], len(places))
        ends = places[ends - 1] + 1 if len(ends) and len(places) else ends
        return Pieces(texts.data, before[offsets], starts, ends[: len(starts)])

    return Expr(ListOf(str), run)
