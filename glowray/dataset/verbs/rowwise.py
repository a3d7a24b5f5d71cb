"""Verbs that take one row at a time, or a partition as an iterator. No data moves."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Unpack, overload

from glowray.arguments import Bytes
from glowray.dataset.core.base import A, B, Base, C, D, K, Options, P, StepOptions, T_co, U
from glowray.dataset.core.fields import key_argument
from glowray.functions import Function
from glowray.kernels.operators.filter import Filter
from glowray.kernels.operators.flat_map import FlatMap
from glowray.kernels.operators.keyed import KeyBy
from glowray.kernels.operators.map import Map
from glowray.kernels.partition.partition_steps import MapPartitions

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset

Policy = str | pathlib.Path | None


class RowVerbs(Base[T_co]):
    """The verbs map, flat_map, filter, key_by and map_partitions."""

    @overload
    def map(self, f: Callable[[T_co], U], **options: Unpack[StepOptions]) -> Dataset[U]: ...
    @overload
    def map(self: Base[tuple[A, B]], f: Callable[[A, B], U], **options: Unpack[StepOptions]) -> Dataset[U]: ...
    @overload
    def map(self: Base[tuple[A, B, C]], f: Callable[[A, B, C], U], **options: Unpack[StepOptions]) -> Dataset[U]: ...
    @overload
    def map(
        self: Base[tuple[A, B, C, D]], f: Callable[[A, B, C, D], U], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def map(self: Base[list[A]], f: Callable[[A, A], U], **options: Unpack[StepOptions]) -> Dataset[U]: ...
    @overload
    def map(self: Base[list[A]], f: Callable[[A, A, A], U], **options: Unpack[StepOptions]) -> Dataset[U]: ...
    @overload
    def map(
        self: Base[tuple[K, tuple[A, B]]], f: Callable[[K, A, B], U], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def map(
        self: Base[tuple[K, tuple[A, B, C]]], f: Callable[[K, A, B, C], U], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def map(
        self, f: Callable[Concatenate[Any, Any, Any, Any, Any, P], U], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    def map(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[Any]:
        """Apply f to every row, in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([("a", 1), ("b", 2)]).map(lambda word, n: word * n).collect()
        ['a', 'bb']

        A function of a script, a notebook or a module that is not installed travels with the globals that its code
        names. `eval()`, `exec()` and `globals()` inside it see no other globals, so the code must name what they need.

        Args:
            f: function of a row; returns the new row. If it has n ≥ 2 required parameters, a tuple or list row of n
                items is spread over them.
            name: the step's name in plans, statistics and errors.
            on_error: "raise", "skip", "collect" or a path, for rows on which f fails; None: the flow's setting.
            num_cpus: CPUs that each task of this step needs.
            num_gpus: GPUs that each task of this step needs.
            memory: bytes that each task of this step needs.

        Raises:
            TypeError: f is not callable, is async, or captures an object that cannot be pickled.
            ValueError: there is no such on_error, or a number is negative.
        """
        return self._rowwise(Map, "map", f, Options(name, on_error, num_cpus, num_gpus, memory))

    @overload
    def flat_map(self, f: Callable[[T_co], Iterable[U]], **options: Unpack[StepOptions]) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[tuple[A, B]], f: Callable[[A, B], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[tuple[A, B, C]], f: Callable[[A, B, C], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[tuple[A, B, C, D]], f: Callable[[A, B, C, D], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[list[A]], f: Callable[[A, A], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[list[A]], f: Callable[[A, A, A], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[tuple[K, tuple[A, B]]], f: Callable[[K, A, B], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self: Base[tuple[K, tuple[A, B, C]]], f: Callable[[K, A, B, C], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    @overload
    def flat_map(
        self, f: Callable[Concatenate[Any, Any, Any, Any, Any, P], Iterable[U]], **options: Unpack[StepOptions]
    ) -> Dataset[U]: ...
    def flat_map(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[Any]:
        """Apply f to every row and chain the items that it returns, in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items(["to be", "or not"]).flat_map(lambda line: line.split()).collect()
        ['to', 'be', 'or', 'not']

        f returns an iterable, or is a generator function. Other arguments and errors are as for map().
        """
        return self._rowwise(FlatMap, "flat_map", f, Options(name, on_error, num_cpus, num_gpus, memory))

    def filter(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[T_co]:
        """Keep the rows for which f(row) is true, in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_range(6).filter(lambda n: n % 2).collect()
        [1, 3, 5]

        Arguments and errors are as for map().
        """
        return self._rowwise(Filter, "filter", f, Options(name, on_error, num_cpus, num_gpus, memory))

    @overload
    def key_by(self, f: str, *others: str, **options: Unpack[StepOptions]) -> Dataset[tuple[Any, T_co]]: ...
    @overload
    def key_by(self, f: Callable[[T_co], U], **options: Unpack[StepOptions]) -> Dataset[tuple[U, T_co]]: ...
    @overload
    def key_by(
        self: Base[tuple[A, B]], f: Callable[[A, B], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, tuple[A, B]]]: ...
    @overload
    def key_by(
        self: Base[tuple[A, B, C]], f: Callable[[A, B, C], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, tuple[A, B, C]]]: ...
    @overload
    def key_by(
        self: Base[tuple[A, B, C, D]], f: Callable[[A, B, C, D], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, tuple[A, B, C, D]]]: ...
    @overload
    def key_by(
        self: Base[list[A]], f: Callable[[A, A], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, list[A]]]: ...
    @overload
    def key_by(
        self: Base[list[A]], f: Callable[[A, A, A], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, list[A]]]: ...
    @overload
    def key_by(
        self: Base[tuple[K, tuple[A, B]]], f: Callable[[K, A, B], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, tuple[K, tuple[A, B]]]]: ...
    @overload
    def key_by(
        self: Base[tuple[K, tuple[A, B, C]]], f: Callable[[K, A, B, C], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, tuple[K, tuple[A, B, C]]]]: ...
    @overload
    def key_by(
        self, f: Callable[Concatenate[Any, Any, Any, Any, Any, P], U], **options: Unpack[StepOptions]
    ) -> Dataset[tuple[U, T_co]]: ...
    def key_by(
        self,
        f: Callable[..., Any] | str,
        *others: str,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[Any]:
        """Make keyed rows (f(row), row), in order. No data moves.

        >>> import glowray as gr
        >>> gr.from_items(["apple", "fig"]).key_by(len).collect()
        [(5, 'apple'), (3, 'fig')]
        >>> gr.from_items([{"a": 1, "b": 2}]).key_by("b").collect()
        [(2, {'a': 1, 'b': 2})]

        Args:
            f: function of a row (spread as for map()), or a field name of records.
            others: more field names; the key is then a tuple of the fields' values.
            name: as for map(), like on_error, num_cpus, num_gpus and memory.

        Raises:
            TypeError: as for map(), or a function beside field names.
            KeyError: at the action, a record lacks a field.
        """
        key, label = key_argument("key_by", f, others)
        return self._rowwise(KeyBy, "key_by", key, Options(name, on_error, num_cpus, num_gpus, memory), label)

    def map_partitions(
        self,
        f: Callable[[Iterator[T_co]], Iterable[U]] | Callable[[int, Iterator[T_co]], Iterable[U]],
        *,
        name: str | None = None,
        on_error: Policy = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: Bytes | None = None,
    ) -> Dataset[U]:
        """Call f once for each partition, with an iterator of its rows, and chain the items. No data moves.

        >>> import glowray as gr
        >>> gr.from_range(5, partitions=2).map_partitions(lambda rows: [sum(rows)]).collect()
        [1, 9]

        Args:
            f: f(iterator), or with two required parameters f(index, iterator); returns an iterable of new rows.
            name: the step's name in plans, statistics and errors.
            on_error: checked as by map(), without effect: an exception in f always fails the job.
            num_cpus: as for map(), like num_gpus and memory.

        Raises:
            TypeError: as for map(). At the action, f does not return an iterable.
        """
        options = Options(name, on_error, num_cpus, num_gpus, memory).checked()
        function = Function.of(f, "map_partitions", name=name, spreads=False, arguments=(1, 2))
        step = MapPartitions("map_partitions", function.label, function, indexed=function.required == 2)
        return self._step(step, options.resources)
