"""k-means: 3,000 points find the centres of their three clouds.

    $ glowray examples k_means
"""

import random
from collections.abc import Iterator

import glowray as gr

Point = tuple[float, float]
CLOUDS = [(0.0, 0.0), (6.0, 1.0), (2.0, 7.0)]


def cloud(index: int) -> Iterator[Point]:
    """1,000 points around the centre of that number."""
    dice = random.Random(index)
    x, y = CLOUDS[index]
    return ((dice.gauss(x), dice.gauss(y)) for _ in range(1000))


def main() -> None:
    points = gr.Flow("k-means").from_source(cloud, partitions=len(CLOUDS)).cache()
    old: list[Point] = []
    centres: list[Point] = points.take(3)
    while centres != old:
        old = centres
        near = points.key_by(gr.whole(lambda p: min(old, key=lambda c: (c[0] - p[0]) ** 2 + (c[1] - p[1]) ** 2)))
        sums = near.map_values(lambda x, y: (x, y, 1)).reduce_by_key(lambda a, b: tuple(map(sum, zip(a, b))))
        centres = sums.map(lambda centre, total: (total[0] / total[2], total[1] / total[2])).sort().collect()
    for x, y in centres:
        print(f"{x:5.2f} {y:5.2f}")


if __name__ == "__main__":
    main()
