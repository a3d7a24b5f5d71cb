"""Combiners: reduce_by_key and aggregate_by_key within a partition, and the merge of partial results.

Source of the association: each partition is folded from left to right, then the partials in partition order, whether
the fold runs before the shuffle or after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from glowray.functions import Function
from glowray.functions.combiner import Combiner
from glowray.kernels.keyed import MISSING, PLAIN, KeyTable, keyed_row
from glowray.kernels.reducer_call import reducer_call
from glowray.kernels.steps import Step
from glowray.rows import Block


@dataclass(frozen=True, slots=True)
class CombineByKey(Step):
    """keyed rows → one (key, accumulator) for each key of the partition, in order of first appearance.

    `phase` names it within a stage, where it is the first half of the verb only.
    """

    combiner: Combiner
    phase: str

    @property
    def word(self) -> str:
        return self.phase

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.combiner.add, self.combiner.merge)

    def missing(self, table: KeyTable, cells: bool = False) -> Callable[[Any, Any], None]:
        """What a loop calls for a key that `table` does not have as it is written.

        `cells`: accumulators are tuples, and the table has them as lists.
        """
        entries, combiner, add = table.entries, self.combiner, reducer_call(self, self.combiner.add)
        kept: Callable[[Any], Any] = list if cells else _itself
        shown: Callable[[Any], Any] = tuple if cells else _itself
        fresh = None if combiner.zero is None else combiner.zero.copier()

        def miss(key: Any, value: Any) -> None:
            step = self  # noqa: F841  (blame.py reads it, and finds the row in the loop's frame)
            if type(key) in PLAIN:  # not in the table as it is written: then not at all
                name, known = key, MISSING
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

        return miss

    def fold(self, block: Block, table: KeyTable) -> None:
        """Folds the keyed rows of a block into `table`."""
        step, entries, get, miss = self, table.entries, table.get, self.missing(table)
        add = reducer_call(self, self.combiner.add)
        for morsel in block.morsels():
            for row in morsel:
                key, value = keyed_row(row, step.verb)
                try:
                    known = get(key, MISSING)
                except TypeError:
                    known = MISSING
                if known is MISSING:
                    miss(key, value)
                else:
                    entries[key] = add(known, value)


def _itself(accumulator: Any) -> Any:
    return accumulator


def merged(blocks: Iterable[Block], step: Step, function: Function) -> Iterator[tuple[Any, Any]]:
    """Keyed partial results (block after block in partition order) merged by key with `function`, for `step`."""
    merge = reducer_call(step, function)
    table = KeyTable()
    entries, get = table.entries, table.get
    for block in blocks:
        for morsel in block.morsels():
            for row in morsel:
                key, value = row
                try:
                    known = get(key, MISSING)
                except TypeError:
                    known = MISSING
                if known is not MISSING:
                    entries[key] = merge(known, value)
                elif type(key) in PLAIN:
                    entries[key] = value
                else:
                    name = table.admit(key)
                    known = entries.get(name, MISSING)
                    entries[name] = value if known is MISSING else merge(known, value)
    return table.items()
