"""Verbs of order and number: sort, top, limit, positions, samples, partitions."""

from __future__ import annotations

import operator
import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from glowray.dataset.base import Base, Options, StepOptions, T_co, count_argument
from glowray.dataset.field_order import order_argument
from glowray.functions import Function
from glowray.kernels.operators.filter import Filter
from glowray.kernels.operators.keyed import Keys
from glowray.plan.nodes import Limit, Repartition, Sort, Top, ZipWithIndex

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

_MASK = (1 << 64) - 1


def in_sample(seed: int, threshold: int, row: tuple[Any, int]) -> bool:
    """Whether the row at a position is drawn: splitmix64 (Steele, Lea, Flood 2014) of seed and position."""
    mixed = (seed + (row[1] + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) < threshold


class OrderVerbs(Base[T_co]):
    """sort, top, limit, zip_with_index, sample, repartition."""

    def sort(
        self,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """All rows in global order, equal ones in input order, NaN last; a sample, then one shuffle.

        >>> import glowray as gr
        >>> gr.from_items(["pear", "fig", "apple"]).sort(key=len).collect()
        ['fig', 'pear', 'apple']
        >>> gr.from_items([{"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 0, "b": 4}]).sort("a", "-b").collect()
        [{'a': 0, 'b': 4}, {'a': 1, 'b': 3}, {'a': 1, 'b': 2}]

        Rows that are more than a task may hold (a quarter of its `memory=`) are sorted in runs in a temporary file.

        Args:
            key: of the row (spread as in map()), called once a row; None: the row itself. Field names stand for their
                values, `"-a"` for the field a in descending order. None and NaN come last in either direction.
            others: more field names; after a function, `reverse`.
            reverse: descending; equal rows still in input order.
            options: name=, on_error= (for rows on which key fails), num_cpus=, num_gpus=, memory=, as in map().

        Raises:
            TypeError: at the action, if two keys cannot be compared.
        """

        call, descending, label = order_argument("sort", key, others, reverse)

        def order(rows: Dataset[Any], function: Function | None) -> Dataset[Any]:
            return rows._with(Sort(rows._node, "sort", function, descending))

        return self._ordered("sort", call, Options.of("sort", options), order, label)

    def top(
        self,
        n: int,
        key: Callable[..., Any] | str | None = None,
        *others: str | bool,
        reverse: bool = False,
        **options: Unpack[StepOptions],
    ) -> Dataset[T_co]:
        """The n largest rows, largest first; n rows of each partition move.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 3), ("c", 2)]).top(2, key=lambda word, n: n).collect()
        [('b', 3), ('c', 2)]

        Args:
            n: how many, 0 or more.
            key: of the row (spread as in map()), or field names as in sort(); None: the row itself.
            others: more field names; after a function, `reverse`.
            reverse: the n smallest, smallest first.
            options: as for sort().

        Raises:
            ValueError: n is negative.
            TypeError: at the action, if two keys cannot be compared.
        """
        count = count_argument("top", n)

        call, descending, label = order_argument("top", key, others, reverse, largest_first=True)

        def order(rows: Dataset[Any], function: Function | None) -> Dataset[Any]:
            return rows._with(Top(rows._node, "top", count, function, not descending))

        return self._ordered("top", call, Options.of("top", options), order, label)

    def limit(self, n: int) -> Dataset[T_co]:
        """The first n rows in order, in one partition; partitions past them are not computed.

        >>> import glowray as gr
        >>> gr.from_range(1_000_000).limit(3).collect()
        [0, 1, 2]

        Raises:
            ValueError: n is negative.
        """
        return self._with(Limit(self._node, "limit", count_argument("limit", n)))

    def zip_with_index(self) -> Dataset[tuple[T_co, int]]:
        """(row, its position from 0); with several partitions their rows are counted first. No row moves.

        >>> import glowray as gr
        >>> gr.from_items("abc").zip_with_index().collect()
        [('a', 0), ('b', 1), ('c', 2)]
        """
        return self._with(ZipWithIndex(self._node, "zip_with_index"))

    def sample(self, fraction: float, seed: int | None = None) -> Dataset[T_co]:
        """Each row with the same chance, decided by its position: the same rows for any number of partitions.

        >>> import glowray as gr
        >>> gr.from_range(1000).sample(0.5, seed=7).count()
        525

        Args:
            fraction: the chance, 0.0 to 1.0.
            seed: None draws one now, so that repeated actions see the same rows.

        Raises:
            ValueError: fraction is outside 0 to 1.
            TypeError: it is no number, or the seed no int.
        """
        if not 0.0 <= float(fraction) <= 1.0:
            raise ValueError(f"sample() needs a fraction from 0 to 1, got {fraction}")
        drawn = random.SystemRandom().getrandbits(63) if seed is None else operator.index(seed) & _MASK
        chosen = partial(in_sample, drawn, round(fraction * 2**64))
        step = Filter("sample", f"{fraction:g}", Function.of(chosen, "sample", name="sample"))
        return self.zip_with_index()._step(step)._step(Keys("sample", "sample", is_part=True))

    def repartition(self, n: int) -> Dataset[T_co]:
        """The same rows in the same order in n partitions of even length; rows move.

        >>> import glowray as gr
        >>> gr.from_range(10).repartition(4).map_partitions(lambda rows: [len(list(rows))]).collect()
        [2, 3, 2, 3]

        Raises:
            ValueError: n is less than 1.
        """
        return self._with(Repartition(self._node, "repartition", count_argument("repartition", n, 1)))
