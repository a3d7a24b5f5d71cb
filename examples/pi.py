"""Pi, from a million random points in a square.

$ glowray examples pi
785,097 of 1,000,000 points: pi is about 3.140388
"""

import random
from collections.abc import Iterable

import glowray as gr

POINTS = 1_000_000


def hits(index: int, points: Iterable[int]) -> Iterable[int]:
    """Yield how many random points of a partition are in the circle. Each partition has its own seed."""
    throw = random.Random(index).random
    yield sum(throw() ** 2 + throw() ** 2 < 1 for _ in points)


def main() -> None:
    inside = gr.Flow("pi").from_range(POINTS, partitions=8).map_partitions(hits).sum()
    print(f"{inside:,} of {POINTS:,} points: pi is about {4 * inside / POINTS}")


if __name__ == "__main__":
    main()
