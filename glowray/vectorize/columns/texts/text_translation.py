"""str.translate with a constant table of ASCII characters."""

from __future__ import annotations

from typing import Any

import numpy as np

from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.texts.text_slices import texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame, leaf, ranges
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


def translated(text: Expr, table: object) -> Expr:
    """Return `text.translate(table)` for a table that deletes ASCII characters or replaces them by others."""
    if type(table) is not dict or not all(type(key) is int and 0 <= key < 128 for key in table):
        raise Untranslatable("translate() by what is not a constant table of ASCII characters")
    made, keep = np.arange(256, dtype=np.uint8), np.ones(256, bool)
    for key, value in table.items():
        code = ord(value) if type(value) is str and len(value) == 1 else value
        if code is None or value == "":
            keep[key] = False
        elif type(code) is int and 0 <= code < 128:
            made[key] = code
        else:
            raise Untranslatable("translate() by a table of what are not ASCII characters")

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        offsets, places = ranges(texts.starts, texts.lengths)
        data = texts.data[places]
        stays = keep[data]
        before = np.zeros(len(data) + 1, np.int64)
        np.cumsum(stays, out=before[1:])
        bounds = before[offsets]
        return Texts(made[data[stays]], bounds[:-1], bounds[1:])

    return leaf(str, run)
