"""Some texts of a column, copied out of it only when a caller reads them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.rows.texts.texts import Bounds, Bytes, Texts

Rows = npt.NDArray[np.int64]


class TakenTexts(Texts):
    """The texts at the given rows of a large_string array without nulls.

    >>> texts = TakenTexts(pa.array(["a", "b", "c"], pa.large_string()), np.array([2, 0, 2]))
    >>> len(texts), texts.take(np.array([1, 2])).to_pylist()
    (3, ['a', 'c'])
    """

    def __init__(self, column: pa.Array, rows: Rows) -> None:
        self.column, self.rows = column, rows
        self.splits = {}

    @cached_property
    def array(self) -> pa.Array:
        return taken(self.column, self.rows)

    @cached_property
    def _own(self) -> Texts:
        return Texts.of(self.array)

    @property
    def data(self) -> Bytes:  # type: ignore[override]
        """Return the bytes of these texts alone."""
        return self._own.data

    @property
    def _bounds(self) -> tuple[Bounds, Bounds]:  # type: ignore[override]
        return self._own.starts, self._own.ends

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        return int(self.column.nbytes) * len(self) // max(len(self.column), 1)

    @property
    def estimated_bytes(self) -> int:
        return self.nbytes

    def slice(self, start: int, stop: int) -> Texts:
        return TakenTexts(self.column, self.rows[start:stop])

    @property
    def is_ascending(self) -> bool:
        """Return whether the rows ascend, so that each row of the column is here at most once."""
        return len(self.rows) <= len(self.column) and bool((np.diff(self.rows) > 0).all())

    def take(self, rows: Any) -> Texts:
        return TakenTexts(self.column, self.rows[np.asarray(rows)])


def taken(column: Any, rows: Rows) -> Any:
    """Return the values of an Arrow array at the given rows. Consecutive rows are sliced, not copied."""
    return column.slice(int(rows[0]), len(rows)) if stand_together(rows) else column.take(pa.array(rows))


def stand_together(rows: Rows) -> bool:
    """Return whether the rows are consecutive: `[3, 4, 5]`."""
    if not len(rows) or rows[0] < 0 or rows[-1] - rows[0] != len(rows) - 1:
        return False
    return bool((np.diff(rows) == 1).all())
