"""The rows of a join as positions: which rows of the sides stand together, without looking at any of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from glowray.kernels.base.morsels import BATCH
from glowray.kernels.keys.rows_of_equal_keys import KeyGroups, Numbers, Rows

How = Literal["inner", "left", "right", "outer"]


class Picked(NamedTuple):
    """Rows of a join: the side that leads, the group of every row, and for each side which of its rows, -1 for none."""

    lead: int
    groups: Numbers
    positions: tuple[Rows, ...]


def needed(how: str, sides: int) -> list[bool]:
    """Which sides a key must be in to be in the join."""
    if how == "outer":
        return [False] * sides
    lone = {"left": 0, "right": sides - 1}.get(how)
    return [lone is None or side == lone for side in range(sides)]


def matched(groups: KeyGroups, every: bool) -> Rows:
    """The rows of the first side whose key is in every (semi) or in none (anti) of the others."""
    found = [groups.counts(side) > 0 for side in range(1, groups.sides)]
    keep = np.logical_and.reduce(found) if every else ~np.logical_or.reduce(found)
    return np.flatnonzero(keep[groups.numbers[: groups.bounds[1]]])


def product(groups: KeyGroups, how: str, before: int = 0) -> Iterator[Picked]:
    """Batches of the product of the sides' rows of each key.

    A key's first side that has it leads: the rows come in its order, and for each of its rows the product of the later
    sides' rows, in which the last side turns fastest. So many rows `before` the others of the first side lead nothing.
    """
    must = needed(how, groups.sides)
    for lead, (start, stop) in enumerate(pairwise(groups.bounds)):
        repeats = _repeats(lead, groups, must)
        for first in range(start if lead else before, stop, BATCH):
            numbers = groups.numbers[first : min(first + BATCH, stop)]
            for rows, turns in _turns(repeats[numbers]):
                yield _picked(lead, first - start + rows, numbers[rows], turns, groups)
        if must[lead]:
            return  # whatever is not in this side is in no row


def _repeats(lead: int, groups: KeyGroups, must: list[bool]) -> Rows:
    """For each group in how many rows of the join one of its rows in the leading side stands; 0: another leads."""
    repeats = np.ones(len(groups), np.int64)
    for side in range(lead):
        repeats[groups.counts(side) > 0] = 0
    for side in range(lead + 1, groups.sides):
        repeats *= groups.counts(side) if must[side] else np.maximum(groups.counts(side), 1)
    return repeats


def _turns(repeats: Rows) -> Iterator[tuple[Rows, Rows | None]]:
    """Batches of rows, each as often as it repeats, and the how manieth time it is; None: none repeats."""
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
