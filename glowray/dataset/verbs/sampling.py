"""Random samples of rows. A row's position and the seed decide, so that the number of partitions does not matter."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from glowray.dataset.core.base import Base, K, T_co, V, count_argument
from glowray.dataset.core.drawing import (
    KeyChances,
    draw_of,
    is_drawn,
    is_drawn_by_key,
    poisson_edges,
    seed_argument,
    split_edges,
    threshold,
    times_drawn,
)
from glowray.functions import Function
from glowray.kernels.operators.filter import Filter
from glowray.kernels.operators.flat_map import FlatMap
from glowray.kernels.operators.keyed import Keys
from glowray.plan.nodes import Top, ZipWithIndex

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class SampleVerbs(Base[T_co]):
    """The verbs sample, sample_by_key and random_split, and the action take_sample."""

    def sample(self, fraction: float, seed: int | None = None, replace: bool = False) -> Dataset[T_co]:
        """Draw each row with the same chance, in order. No data moves; several partitions are counted first.

        >>> import glowray as gr
        >>> gr.from_range(1000).sample(0.5, seed=7).count()
        525
        >>> gr.from_items("abcd").sample(1.0, seed=5, replace=True).collect()
        ['a', 'b', 'b']

        A row's position decides, so that the number of partitions does not matter.

        Args:
            fraction: the chance, a number from 0.0 to 1.0. With `replace`, how often a row is drawn in the mean: any
                number from 0.0 on.
            seed: an int. None draws one at the call, so that all actions see the same rows.
            replace: draw with replacement. Each row is drawn any number of times, by the Poisson distribution.

        Raises:
            ValueError: fraction is negative, not finite, or without `replace` greater than 1.
            TypeError: fraction is not a number, or the seed is not an int.
        """
        chance = _fraction("sample", fraction, math.inf if replace else 1.0)
        drawn, label = seed_argument(seed), f"{fraction:g}"
        if not replace:
            return self._drawn("sample", label, partial(is_drawn, drawn, 0, threshold(chance)))
        times = Function.of(partial(times_drawn, drawn, poisson_edges(chance)), "sample", name="sample")
        return self._numbered()._step(FlatMap("sample", f"{label}, replace", times))

    def sample_by_key(
        self: SampleVerbs[tuple[K, V]], fractions: Mapping[K, float], seed: int | None = None
    ) -> Dataset[tuple[K, V]]:
        """Draw each keyed row with the chance of its key. No data moves; several partitions are counted first.

        >>> import glowray as gr
        >>> rows = gr.from_items([("a", n) for n in range(8)] + [("b", n) for n in range(2)])
        >>> rows.sample_by_key({"a": 0.25, "b": 1.0}, seed=5).collect()
        [('a', 2), ('a', 3), ('a', 4), ('b', 0), ('b', 1)]

        Rows keep their order.

        Args:
            fractions: the chance of each key, a number from 0.0 to 1.0. Each key of the rows needs one.
            seed: as for sample().

        Raises:
            ValueError: a fraction is outside 0 to 1.
            TypeError: a fraction is not a number, or the seed is not an int. At the action, a row is not a 2-tuple.
            KeyError: at the action, a key has no fraction.
        """
        chances = KeyChances(
            (key, threshold(_fraction("sample_by_key", fraction, 1.0))) for key, fraction in fractions.items()
        )
        return self._drawn("sample_by_key", "", partial(is_drawn_by_key, seed_argument(seed), chances))

    def random_split(self, weights: Sequence[float], seed: int | None = None) -> list[Dataset[T_co]]:
        """Deal the rows at random to several datasets. No data moves; several partitions are counted first.

        >>> import glowray as gr
        >>> train, test = gr.from_range(10).random_split([0.8, 0.2], seed=3)
        >>> train.collect(), test.collect()
        ([0, 1, 2, 3, 4, 5, 6, 8], [7, 9])

        Every row is in exactly one of the datasets, and rows keep their order. Actions on several of them compute the
        rows once each, unless cache() was called before.

        Args:
            weights: a number for each dataset. A row goes to a dataset with the chance weight / sum of the weights.
            seed: as for sample().

        Raises:
            ValueError: there is no weight, one is negative or not finite, or all are 0.
            TypeError: a weight is not a number, or the seed is not an int.
        """
        parts = [_fraction("random_split", weight, math.inf, "weight") for weight in weights]
        if not any(parts):
            raise ValueError(f"random_split() needs a weight greater than 0, got {parts}")
        drawn, edges, numbered = seed_argument(seed), split_edges(parts), self._numbered()
        return [
            _chosen(numbered, "random_split", f"{weight:g}", partial(is_drawn, drawn, low, high))
            for weight, low, high in zip(parts, edges, edges[1:], strict=False)
        ]

    def take_sample(self, n: int, seed: int | None = None) -> list[T_co]:
        """Return n rows drawn at random, in random order; all rows if there are no more. They come to the driver.

        >>> import glowray as gr
        >>> gr.from_range(100).take_sample(3, seed=1)
        [98, 67, 66]

        All samples of n rows have the same chance, and no row is drawn twice. At most n rows of each partition move.

        Args:
            n: number of rows, 0 or more.
            seed: as for sample().

        Raises:
            ValueError: n is negative.
            TypeError: n or the seed is not an int.
        """
        count = count_argument("take_sample", n)
        order = Function.of(partial(draw_of, seed_argument(seed)), "take_sample", name="take_sample")
        best = Top(self._numbered()._node, "take_sample", count, order, True)
        rows = self._with(best)._step(Keys("take_sample", "take_sample", is_part=True))
        return rows.collect()

    def _numbered(self) -> Dataset[tuple[T_co, int]]:
        return self._with(ZipWithIndex(self._node, "zip_with_index"))

    def _drawn(self, verb: str, label: str, test: Callable[[Any], bool]) -> Dataset[Any]:
        return _chosen(self._numbered(), verb, label, test)


def _chosen(numbered: Base[Any], verb: str, label: str, test: Callable[[Any], bool]) -> Dataset[Any]:
    """Return the rows of (row, position) for which a test of the two is true."""
    step = Filter(verb, label or verb, Function.of(test, verb, name=verb))
    return numbered._step(step)._step(Keys(verb, verb, is_part=True))


def _fraction(verb: str, value: float, most: float, what: str = "fraction") -> float:
    """Return a number from 0 to `most` as a float.

    Raises:
        ValueError: it is negative, greater than `most`, or not finite.
    """
    number = float(value)
    if not 0.0 <= number <= most or math.isinf(number):
        limit = "from 0 on that is finite" if math.isinf(most) else f"from 0 to {most:g}"
        raise ValueError(f"{verb}() needs a {what} {limit}, got {value}")
    return number
