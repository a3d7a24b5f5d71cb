"""Combiners: reduce_by_key and aggregate_by_key within a partition, and the merge of partial results.

Each partition is folded from left to right, and then the partial results in partition order. The association is the
same whether the fold runs before the shuffle or after it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.functions import Cause, Function
from glowray.functions.combiner import Combiner
from glowray.functions.pairing import Pairing
from glowray.functions.replay import NO_ROW, Attempt, call_with
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.keyed import MISSING, PLAIN, KeyTable, keyed_row
from glowray.kernels.base.morsels import Morsels, pieces
from glowray.kernels.base.steps import Step
from glowray.kernels.keys.keyed_step import Keyed, key_cause
from glowray.kernels.keys.reducer_call import blame_reducer, reducer_call
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.loops.generated_loop import Loop


@dataclass(frozen=True, slots=True)
class CombineStep(Keyed, Step):
    """Keyed rows → one (key, accumulator) for each key of the partition, in order of first appearance.

    `phase` is its name within a stage.
    """

    combiner: Combiner
    phase: str
    pairing: Pairing | None = None

    @property
    def word(self) -> str:
        return self.phase

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.combiner.add, self.combiner.merge)

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        if arguments is None:
            return key_cause(self.verb, row, self.pairing, self.combiner.add)
        own = row if self.pairing is None or row is NO_ROW else self.pairing.own_row(row)
        return reducer_cause(self.combiner.add, own, arguments)

    def missing(self, table: KeyTable, cells: bool = False) -> Callable[[Any, Any], None]:
        """Return the function that a loop calls for a key that is not in `table.entries` as it is written.

        `cells`: accumulators are tuples, and the table holds them as lists.
        """
        entries, combiner, add = table.entries, self.combiner, reducer_call(self.combiner.add)
        kept: Callable[[Any], Any] = list if cells else _itself
        shown: Callable[[Any], Any] = tuple if cells else _itself
        fresh = None if combiner.zero is None else combiner.zero.copier()

        def miss(key: Any, value: Any) -> None:
            known = MISSING
            try:
                if type(key) in PLAIN:  # not in the table as it is written: then not at all
                    name = key
                else:
                    name = table.admit(key)
                    known = entries.get(name, MISSING)
                if known is not MISSING:
                    known = shown(known)
                elif fresh is not None:
                    known = fresh()
                else:
                    entries[name] = kept(value)
                    return
                entries[name] = kept(add(known, value))
            except BaseException as error:
                blame_reducer(error, self, known, value, key)
                raise

        return miss

    def fold(self, rows: Iterable[Any], table: KeyTable) -> None:
        """Fold keyed rows into `table`."""
        verb, entries, get, miss = self.verb, table.entries, table.get, self.missing(table)
        add = reducer_call(self.combiner.add)
        for row in rows:
            try:
                key, value = keyed_row(row, verb)
            except TypeError as error:
                blame(error, self, row)
                raise
            try:
                known = get(key, MISSING)
            except TypeError:
                known = MISSING
            if known is MISSING:
                miss(key, value)
                continue
            try:
                entries[key] = add(known, value)
            except BaseException as error:
                blame_reducer(error, self, known, value, key)
                raise


def _itself(accumulator: Any) -> Any:
    return accumulator


def reducer_cause(function: Function, row: Any, arguments: tuple[Any, ...] | None) -> Cause:
    """Return the cause of an error of a reducer, called with (accumulator, value)."""
    return Cause(function, row, None if arguments is None else Attempt(call_with, function, arguments))


@dataclass(frozen=True, eq=False)
class RowMerge:
    """Merges keyed partial results of partitions, in partition order, by a reducer. Errors name `step`."""

    step: Step
    function: Function

    loops: ClassVar[tuple[Loop, ...]] = ()

    def resumed(self, started: Iterable[Any], rows: Iterator[Any], context: TaskContext) -> Morsels:
        """Return one row (key, accumulator) for each key of `started` and `rows`, in order of first appearance."""
        return pieces(self._merged(itertools.chain(started, rows)))

    def _merged(self, rows: Iterable[Any]) -> Iterator[Any]:
        merge, table = reducer_call(self.function), KeyTable()
        entries, get = table.entries, table.get
        for key, value in rows:
            try:
                known = get(key, MISSING)
            except TypeError:
                known = MISSING
            try:
                if known is not MISSING:
                    entries[key] = merge(known, value)
                elif type(key) in PLAIN:
                    entries[key] = value
                else:
                    name = table.admit(key)
                    known = entries.get(name, MISSING)
                    entries[name] = value if known is MISSING else merge(known, value)
            except BaseException as error:
                blame_reducer(error, self.step, known, value, key)
                raise
        return table.items()
