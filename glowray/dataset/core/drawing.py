"""Random draws that depend on a seed and a row's position alone.

So a sample has the same rows on every engine, in any partitions and under any PYTHONHASHSEED. A draw is an int from 0
to 2**64 - 1. Chances are compared with it as ints, which the driver computes once.
"""

from __future__ import annotations

import math
import operator
import random
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from glowray.kernels.base.keyed import keyed_row
from glowray.rows.keys import canonical_key
from glowray.rows.objects.value_copies import copier

WHOLE = 1 << 64
"""The number of different draws."""

_MASK = WHOLE - 1


def seed_argument(seed: int | None) -> int:
    """Return the seed as an int of 64 bits. None draws one."""
    return random.SystemRandom().getrandbits(63) if seed is None else operator.index(seed) & _MASK


def draw(seed: int, position: int) -> int:
    """Return the draw for the row at a position: splitmix64 (Steele, Lea, Flood 2014). Positions never draw alike."""
    mixed = (seed + (position + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def draw_of(seed: int, row: tuple[Any, int]) -> int:
    """Return the draw for a row with its position."""
    return draw(seed, row[1])


def is_drawn(seed: int, low: int, high: int, row: tuple[Any, int]) -> bool:
    """Return whether the draw for a row with its position is at least `low` and less than `high`."""
    return low <= draw(seed, row[1]) < high


def threshold(chance: float) -> int:
    """Return the number of draws that are below a chance from 0.0 to 1.0.

    >>> threshold(0.5) == 1 << 63, threshold(1.0) == WHOLE
    (True, True)
    """
    return round(chance * WHOLE)


def split_edges(weights: Sequence[float]) -> list[int]:
    """Return the edges between ranges of draws whose lengths are in the ratio of weights.

    >>> [edge / WHOLE for edge in split_edges([1, 3])]
    [0.0, 0.25, 1.0]
    """
    total = math.fsum(weights)
    return [0, *(threshold(min(part / total, 1.0)) for part in accumulate(weights[:-1])), WHOLE]


class KeyChances:
    """For each key, the number of draws that choose a row of it."""

    __slots__ = ("_named", "pairs")

    def __init__(self, pairs: Iterable[tuple[Any, int]]) -> None:
        self.pairs = tuple(pairs)
        self._named = {canonical_key(key): chance for key, chance in self.pairs}

    def __reduce__(self) -> tuple[Any, ...]:
        return KeyChances, (self.pairs,)  # A canonical key may belong to one process.

    def __getitem__(self, key: Any) -> int:
        try:
            return self._named[canonical_key(key)]
        except KeyError:
            raise KeyError(f"sample_by_key() has no fraction for the key {key!r:.200}") from None


def is_drawn_by_key(seed: int, chances: KeyChances, row: tuple[Any, int]) -> bool:
    """Return whether to draw a keyed row with its position."""
    key, _ = keyed_row(row[0], "sample_by_key")
    return draw(seed, row[1]) < chances[key]


def poisson_edges(mean: float) -> list[int]:
    """Return the edges between the ranges of draws that mean 0, 1, 2, … in a Poisson distribution.

    >>> [round(edge / WHOLE, 3) for edge in poisson_edges(0.5)[:4]]
    [0.607, 0.91, 0.986, 0.998]
    """
    if not mean:
        return []
    edges, total, count = list[int](), 0.0, 0
    while not edges or edges[-1] < WHOLE:
        chance = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
        total += chance
        if count > mean and chance < 2**-65:
            break
        edges.append(threshold(min(total, 1.0)))
        count += 1
    return edges


def times_drawn(seed: int, edges: Sequence[int], row: tuple[Any, int]) -> Iterator[Any]:
    """Yield a row as often as its position draws it, each time as a copy."""
    times = bisect_right(edges, draw(seed, row[1]))
    copy = copier(row[0]) if times > 1 else lambda: row[0]
    return (copy() for _ in range(times))
