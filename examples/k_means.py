"""k-means: points find the centres of their three clouds.

$ glowray examples k_means
 0.01 -0.01
 1.98  6.98
 6.01  1.03
"""

import math
import random
from functools import partial

import glowray as gr

Point = tuple[float, float]
CLOUDS = [(0.0, 0.0), (6.0, 1.0), (2.0, 7.0)]


def cloud(index: int) -> list[Point]:
    """Return 1,000 points around the centre of cloud `index`."""
    dice, (x, y) = random.Random(index), CLOUDS[index]
    return [(dice.gauss(x), dice.gauss(y)) for _ in range(1000)]


def nearest(centres: list[Point], point: Point) -> Point:
    return min(centres, key=lambda centre: math.dist(centre, point))


def main() -> None:
    points = gr.Flow("k-means").from_source(cloud, partitions=len(CLOUDS)).cache()
    old, centres = list[Point](), points.take(3)
    while centres != old:
        near = points.key_by(partial(nearest, centres)).map_values(lambda x, y: (x, y, 1))
        sums = near.reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2])).values()
        old, centres = centres, sums.map(lambda x, y, n: (x / n, y / n)).sort().collect()
    print(*(f"{x:5.2f} {y:5.2f}" for x, y in centres), sep="\n")


if __name__ == "__main__":
    main()
