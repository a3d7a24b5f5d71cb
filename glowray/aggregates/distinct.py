"""An estimate of the number of different values: HyperLogLog.

Source: Flajolet, Fusy, Gandouet and Meunier 2007, with its linear counting for few values.
With 2^14 registers the standard error is 1.04 / 2^7 = 0.8 %.
"""

from __future__ import annotations

import math
from typing import Any

from glowray.rows.keys import key_hash

BITS = 14
REGISTERS = 1 << BITS
FEW = 1024
"""The most set registers that are kept as a dict. With more, all registers are kept as bytes."""

_MASK = (1 << 64) - 1
_ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)


class Sketch:
    """The registers, each with the highest rank so far: `few` is a dict of set registers until `ranks` holds all."""

    __slots__ = ("few", "ranks")

    def __init__(self, few: dict[int, int] | None = None, ranks: bytearray | None = None) -> None:
        self.few: dict[int, int] = {} if few is None else few
        self.ranks = ranks

    def __reduce__(self) -> tuple[Any, ...]:
        return Sketch, (self.few, self.ranks)

    def see(self, place: int, rank: int) -> None:
        """Raise the register `place` to a rank, unless it is higher already."""
        if self.ranks is not None:
            if rank > self.ranks[place]:
                self.ranks[place] = rank
            return
        if rank > self.few.get(place, 0):
            self.few[place] = rank
            if len(self.few) > FEW:
                self.ranks = bytearray(REGISTERS)
                for each, height in self.few.items():
                    self.ranks[each] = height
                self.few = {}

    def count(self) -> int:
        """Return the estimated number of different values.

        >>> sketch = Sketch()
        >>> for n in range(1000): _ = with_seen(sketch, n % 10)
        >>> sketch.count()
        10
        """
        ranks = self.few.values() if self.ranks is None else [rank for rank in self.ranks if rank]
        empty = REGISTERS - len(ranks)
        estimate = _ALPHA * REGISTERS * REGISTERS / (empty + math.fsum(2.0**-rank for rank in ranks))
        if estimate <= 2.5 * REGISTERS and empty:
            estimate = REGISTERS * math.log(REGISTERS / empty)
        return round(estimate)


def with_seen(sketch: Sketch, value: Any) -> Sketch:
    """Add a value unless it is None. Return the sketch."""
    if value is not None:
        mixed = _mixed(_hash_of(value))
        rest = mixed >> BITS
        sketch.see(mixed & (REGISTERS - 1), 64 - BITS - rest.bit_length() + 1)
    return sketch


def with_sketch(sketch: Sketch, other: Sketch) -> Sketch:
    """Merge another sketch into the first, and return the first."""
    ranks = other.few.items() if other.ranks is None else enumerate(other.ranks)
    for place, rank in ranks:
        sketch.see(place, rank)
    return sketch


def _hash_of(value: Any) -> int:
    """Return a hash that is equal for equal values. Numbers hash as in Python, which takes -1 and -2 for one.

    >>> _hash_of(-1) == _hash_of(-1.0), _hash_of(-1) == _hash_of(-2)
    (True, False)
    """
    return int(key_hash(value)) ^ int(bool(value == -1))


def _mixed(value: int) -> int:
    """Return a hash whose bits are all equally random, by the last steps of splitmix64 (Steele, Lea, Flood 2014)."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
