"""Lists whose elements are parts of texts, kept as positions in the bytes of all rows and copied only on demand.

rows "a b" and "c", split by " " → data b"a bc", starts [0, 2, 3], ends [1, 3, 4], offsets [0, 2, 3]
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from glowray.rows.texts.texts import Bounds, Bytes, Texts
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.vectors.frame import Lists, Mask, Places, Vector, gathered, offsets_of_kept, ranges


def text_bytes(column: Any) -> tuple[Bytes, Places]:
    """Return (the bytes of all rows, the start of each row in them and the end of the last)."""
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    if data is None:
        return np.empty(0, dtype=np.uint8), places - places[0]
    return np.frombuffer(data, dtype=np.uint8)[places[0] : places[-1]], places - places[0]


class Pieces(Lists):
    """Lists of pieces: piece j is `data[starts[j]:ends[j]]`. `offsets` tells which pieces belong to a row."""

    def __init__(self, data: Bytes, offsets: Places, starts: Bounds, ends: Bounds) -> None:
        super().__init__(offsets, None)
        self._data, self._starts, self._ends = data, starts, ends

    @cached_property
    def values(self) -> Texts:
        return Texts(self._data, self._starts, self._ends)

    @property
    def count(self) -> int:
        return len(self._starts)

    def take(self, element: Kind, rows: Places) -> Lists:
        offsets, places = gathered(self.offsets, rows)
        return Pieces(self._data, offsets, self._starts[places], self._ends[places])

    def filled(self) -> Lists:
        keep = self._ends > self._starts
        return self if keep.all() else self.only(str, keep)

    def limited(self, count: int, from_end: bool) -> Lists:
        """Return the pieces of at most `count` cuts of each text, the first or the last cuts: `split(",", 1)`."""
        kept = np.minimum(self.lengths(), count + 1)
        offsets, places = ranges(self.offsets[1:] - kept if from_end else self.offsets[:-1], kept)
        starts, ends = self._starts[places], self._ends[places]
        if from_end:
            starts[offsets[:-1]] = self._starts[self.offsets[:-1]]
        else:
            ends[offsets[1:] - 1] = self._ends[self.offsets[1:] - 1]
        return Pieces(self._data, offsets, starts, ends)

    def only(self, element: Kind, keep: Mask) -> Lists:
        return Pieces(self._data, offsets_of_kept(self.offsets, keep), self._starts[keep], self._ends[keep])


class Words(Pieces):
    """Pieces that lie within one text each, in the order of the data. `offsets` are found at first use."""

    def __init__(self, texts: Texts, starts: Bounds, ends: Bounds) -> None:
        super().__init__(texts.data, np.empty(0, np.int64), starts, ends)
        self._texts = texts

    @cached_property
    def offsets(self) -> Places:
        return np.append(np.searchsorted(self._starts, self._texts.starts), len(self._starts))

    def __len__(self) -> int:
        return len(self._texts)

    def only(self, element: Kind, keep: Mask) -> Lists:
        return Words(self._texts, self._starts[keep], self._ends[keep])


class PieceTable(Lists):
    """The same number of pieces in every row: `cuts[i, j]` is the place of the separator byte after piece j of row i.

    Taking one column of pieces, such as `row.split(",")[2]`, needs two columns of `cuts` and no search.
    """

    def __init__(self, data: Bytes, starts: Bounds, cuts: Bounds, ends: Bounds) -> None:
        super().__init__(np.empty(0, np.int64), None)
        self._data, self._starts, self._cuts, self._ends = data, starts, cuts, ends
        self.width = cuts.shape[1] + 1

    @cached_property
    def offsets(self) -> Places:
        made: Places = np.arange(len(self._starts) + 1) * self.width
        return made

    @cached_property
    def values(self) -> Texts:
        return Texts(self._data, *self._bounds())

    def _bounds(self) -> tuple[Bounds, Bounds]:
        starts, ends = np.empty((2, len(self._starts), self.width), np.int64)
        starts[:, 0], ends[:, -1] = self._starts, self._ends
        np.add(self._cuts, 1, out=starts[:, 1:])
        ends[:, :-1] = self._cuts
        return starts.ravel(), ends.ravel()

    def __len__(self) -> int:
        return len(self._starts)

    def item(self, element: Kind, index: int) -> tuple[Vector, Any]:
        place = index + self.width if index < 0 else index
        if not 0 <= place < self.width:
            return Texts(self._data, self._starts, self._starts), np.False_
        starts = self._cuts[:, place - 1] + 1 if place else self._starts
        ends = self._cuts[:, place] if place < self.width - 1 else self._ends
        return Texts(self._data, starts, ends), np.True_

    def take(self, element: Kind, rows: Places) -> Lists:
        return PieceTable(self._data, self._starts[rows], self._cuts[rows], self._ends[rows])

    def limited(self, count: int, from_end: bool) -> Lists:
        """Return the pieces of at most `count` cuts of each text, the first or the last cuts."""
        count = min(count, self.width - 1)
        cuts = self._cuts[:, self.width - 1 - count :] if from_end else self._cuts[:, :count]
        return PieceTable(self._data, self._starts, cuts, self._ends)

    def filled(self) -> Lists:
        return Pieces(self._data, self.offsets, *self._bounds()).filled()

    def only(self, element: Kind, keep: Mask) -> Lists:
        return Pieces(self._data, self.offsets, *self._bounds()).only(element, keep)
