"""The rows of a join as positions in its sides. It needs the groups of equal keys, but no values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from glowray.kernels.base.morsels import BATCH
from glowray.kernels.keys.rows_of_equal_keys import KeyGroups, Numbers, Rows

How = Literal["inner", "left", "right", "outer"]


class Picked(NamedTuple):
    """Rows of a join: the leading side, each row's group, and each side's positions, -1 for none."""

    lead: int
    groups: Numbers
    positions: tuple[Rows, ...]


def needed(how: str, sides: int) -> list[bool]:
    """Return for each side whether a key must be in it."""
    if how == "outer":
        return [False] * sides
    lone = {"left": 0, "right": sides - 1}.get(how)
    return [lone is None or side == lone for side in range(sides)]


def matched(groups: KeyGroups, every: bool) -> Rows:
    """Return the rows of the first side whose key is in every (semi) or in none (anti) of the others."""
    found = [groups.counts(side) > 0 for side in range(1, groups.sides)]
    keep = np.logical_and.reduce(found) if every else ~np.logical_or.reduce(found)
    return np.flatnonzero(keep[groups.numbers[: groups.bounds[1]]])


def product(groups: KeyGroups, how: str, before: int = 0) -> Iterator[Picked]:
    """Yield the product of the sides' rows of each key, in batches.

    The first side that has a key leads, and its rows give the order. Each of them is followed by the product of the
    later sides' rows, in which the last side varies fastest. The first `before` rows of the first side are not joined.
    """
    must = needed(how, groups.sides)
    for lead, (start, stop) in enumerate(pairwise(groups.bounds)):
        repeats = _repeats(lead, groups, must)
        for first in range(start if lead else before, stop, BATCH):
            numbers = groups.numbers[first : min(first + BATCH, stop)]
            for rows, turns in _turns(repeats[numbers]):
                yield _picked(lead, first - start + rows, numbers[rows], turns, groups)
        if must[lead]:
            return  # a key that this side lacks is in no row


def _repeats(lead: int, groups: KeyGroups, must: list[bool]) -> Rows:
    """Return for each group how many rows of the join a row of the leading side makes, 0 if another side leads."""
    repeats = np.ones(len(groups), np.int64)
    for side in range(lead):
        repeats[groups.counts(side) > 0] = 0
    for side in range(lead + 1, groups.sides):
        repeats *= groups.counts(side) if must[side] else np.maximum(groups.counts(side), 1)
    return repeats


def _turns(repeats: Rows) -> Iterator[tuple[Rows, Rows | None]]:
    """Yield batches of rows, each repeated, and the number of the repetition from 0 on. None: no row repeats."""
    if repeats.max(initial=0) <= 1:
        yield np.flatnonzero(repeats), None
        return
    ends = np.cumsum(repeats)
    begins = ends - repeats
    for start in range(0, int(ends[-1]), BATCH):
        stop = min(start + BATCH, int(ends[-1]))
        some = slice(int(np.searchsorted(ends, start, "right")), int(np.searchsorted(begins, stop, "left")))
        within = np.minimum(ends[some], stop) - np.maximum(begins[some], start)
        rows = np.repeat(np.arange(some.start, some.stop), within)
        yield rows, np.arange(start, stop) - begins[rows]


def _picked(lead: int, rows: Rows, numbers: Numbers, turns: Rows | None, groups: KeyGroups) -> Picked:
    absent = np.full(len(rows), -1)
    positions = [absent] * lead + [rows] + [absent] * (groups.sides - lead - 1)
    for side in range(len(positions) - 1, lead, -1):
        found = groups.firsts_in(side)[numbers]
        if turns is not None:
            sizes = np.maximum(groups.counts(side)[numbers], 1)
            places = groups.begins(side)[numbers] + turns % sizes
            found = np.where(found < 0, -1, groups.order.take(places, mode="clip") - groups.bounds[side])
            turns = turns // sizes
        positions[side] = found
    return Picked(lead, numbers, tuple(positions))
