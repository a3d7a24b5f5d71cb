"""Python's own methods on the texts that a kernel cannot do: values go to Python, not rows.

A text on which the method raises makes its row a row of Python, which raises again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.native import chosen
from glowray.native.interface import OnText
from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.vectors.frame import Frame, Mask, Places


def texts_called(made: Texts, texts: Texts, rows: Places, method: OnText, frame: Frame) -> Texts:
    """Return `made` with `method(text)` in the given rows.

    Args:
        made: the results of the kernel, which mean nothing in these rows.
        texts: the texts that the method is called on.
        rows: the numbers of the rows.
        method: gives a str.
        frame: gets a guard if the method fails.
    """
    if not len(rows):
        return made
    some = texts.take(rows)
    cut, good = chosen.loops.called_texts(some.data, *some.packed_bounds(), method)
    _require(rows, good, frame)
    return made.patched(rows, *cut)


def numbers_called(made: npt.NDArray[Any], texts: Texts, rows: Places, method: OnText, frame: Frame) -> Any:
    """Return an array of ints or bools with `method(text)` in the given rows, as `texts_called` does."""
    if not len(rows):
        return made
    some = texts.take(rows)
    numbers, good = chosen.loops.called_integers(some.data, *some.packed_bounds(), method)
    _require(rows, good, frame)
    made = made.copy()
    made[rows] = numbers
    return made


def _require(rows: Places, good: Mask, frame: Frame) -> None:
    if not good.all():
        passed = np.ones(frame.length, bool)
        passed[rows[~good]] = False
        frame.require(passed)
