"""Verbs that look at rows in their order across partitions: reverse, take_while, drop_while and sliding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from glowray.dataset.core.base import Base, Options, StepOptions, T_co, count_argument
from glowray.functions import Function
from glowray.plan.positional import Bounded, DropWhile, Reverse, Sliding, TakeWhile

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class NeighbourVerbs(Base[T_co]):
    """The verbs reverse, take_while, drop_while and sliding."""

    def reverse(self) -> Dataset[T_co]:
        """Turn the order of all rows around. Rows move as whole partitions: the last one becomes the first.

        >>> import glowray as gr
        >>> gr.from_items("abc").reverse().collect()
        ['c', 'b', 'a']

        All rows are computed before the first one is given, as for sort().
        """
        return self._with(Reverse(self._node, "reverse"))

    def take_while(self, f: Callable[..., Any], **options: Unpack[StepOptions]) -> Dataset[T_co]:
        """Take the rows before the first one for which f(row) is false. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([1, 2, 5, 3]).take_while(lambda n: n < 4).collect()
        [1, 2]

        f is called on no row after that one, and later partitions are not computed. To find it, partitions run from the
        first on, twice as many at each try.

        Args:
            f: function of a row (spread as for map()); returns something true or false.
            options: name=, on_error= (for rows on which f fails: a row that is dropped ends nothing), num_cpus=,
                num_gpus=, memory=, as for map().

        Raises:
            TypeError: as for map().
        """
        return self._bounded(TakeWhile, "take_while", f, options)

    def drop_while(self, f: Callable[..., Any], **options: Unpack[StepOptions]) -> Dataset[T_co]:
        """Drop the rows before the first one for which f(row) is false. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([1, 2, 5, 3]).drop_while(lambda n: n < 4).collect()
        [5, 3]

        f is called on no row after that one. All rows are computed once, before f is called.

        Args:
            f: function of a row (spread as for map()); returns something true or false.
            options: as for take_while(). Rows before the first one for which f is false are dropped, also if f fails on
                them.

        Raises:
            TypeError: as for map().
        """
        return self._bounded(DropWhile, "drop_while", f, options)

    def sliding(self, n: int, step: int = 1) -> Dataset[list[T_co]]:
        """Make lists of n neighbours, across partitions. Up to n - 1 rows a partition move, all rows are counted first.

        >>> import glowray as gr
        >>> gr.from_range(5, partitions=2).sliding(3).collect()
        [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
        >>> gr.from_range(5, partitions=2).sliding(2, step=2).collect()
        [[0, 1], [2, 3]]
        >>> gr.from_items([1, 4, 9]).sliding(2).map(lambda left, right: right - left).collect()
        [3, 5]

        The first rows of two consecutive lists are `step` rows apart. There is no list of fewer than n rows, so there
        is none at all if there are fewer than n rows. A list is in the partition of its first row.

        Args:
            n: number of rows in a list, 1 or more.
            step: number of rows between the beginnings of two lists, 1 or more.

        Raises:
            ValueError: n or step is less than 1.
            TypeError: n or step is not an int.
        """
        size, stride = count_argument("sliding", n, 1), count_argument("sliding", step, 1)
        return self._with(Sliding(self._node, "sliding", size, stride))

    def _bounded(
        self, kind: type[Bounded], verb: str, f: Callable[..., Any], options: StepOptions
    ) -> Dataset[Any]:  # fmt: skip
        chosen = Options.of(verb, options)
        function = Function.of(f, verb, name=chosen.name)
        return self._with(kind(self._node, verb, function, self._policy(chosen), chosen.resources))
