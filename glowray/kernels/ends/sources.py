"""Sources: the rows of a task come from a reader, or from the blocks of earlier stages."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Protocol, Self, TypeVar

from glowray.functions import Cause, Function
from glowray.functions.pairing import Pairing
from glowray.io.reader import ColumnReader, PrunableReader, RowReader
from glowray.io.refusals import Refuse, RefusingReader, ignore_refusal
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.keyed import KeyTable
from glowray.kernels.base.morsels import Morsels, in_batches, pieces, rows_of
from glowray.kernels.base.steps import Step
from glowray.kernels.compiled.guarded_fold import GuardedFold
from glowray.kernels.group.group import task_groups
from glowray.kernels.join.join import keyed_join
from glowray.kernels.keys.combiners import CombineStep, RowMerge, reducer_cause
from glowray.kernels.keys.fold_table import FoldTable, keyed_kind
from glowray.kernels.keys.keyed_step import Keyed
from glowray.kernels.loops.failed_step import blamed_lazily
from glowray.kernels.loops.pruned_records import pruned_blocks
from glowray.kernels.sort.key_order import sort_rows
from glowray.kernels.sort.order_cause import order_cause
from glowray.kernels.sort.run_merge import WINDOW_BYTES, merged_blocks
from glowray.rows import Block
from glowray.rows.objects.value_copies import copier
from glowray.rows.types.kinds import Kind, TupleOf
from glowray.vectorize.columns.folds.accumulations import Accumulation
from glowray.vectorize.columns.folds.reducer_shapes import Fold

R = TypeVar("R", bound=RowReader)


@dataclass(frozen=True, slots=True)
class Source(Step):
    """Makes the morsels of a partition out of the task's input blocks, a list for each input."""

    gives_blocks: ClassVar[bool] = False
    """Whether rows come as columns also where nothing is known of their kind."""
    reads_again: ClassVar[bool] = True
    """Whether a task can read the same rows a second time."""

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        """Return the rows as Python's objects, or as blocks if the source has blocks."""
        raise TypeError(f"{type(self).__name__} has no way to read")

    def columns(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        """Return the same rows for steps that take columns: as blocks if possible."""
        return self.morsels(inputs, context)


@dataclass(frozen=True, slots=True)
class NoRows(Source):
    """No rows: the exchange reads the task's inputs itself."""

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        return iter(())


@dataclass(frozen=True, slots=True)
class ReadSource(Source):
    """The rows of one split of a reader; `first` is the number of its first partition among the task's.

    `whole` reads all columns of the same rows where `reader` reads only some, `columns_read`. `on_error` says what
    happens to a row that the reader cannot make.
    """

    keeps_rows: ClassVar[bool] = True

    reader: RowReader
    first: int = 0
    function: Function | None = None
    whole: RowReader | None = None
    columns_read: frozenset[str] | None = None

    @property
    def functions(self) -> tuple[Function, ...]:
        return () if self.function is None else (self.function,)

    def counted_from(self, first: int) -> Self:
        return replace(self, first=self.first + first)

    def narrowed(self, columns: frozenset[str]) -> ReadSource:
        """Return the same that reads only some columns, by a reader that can leave out the others."""
        assert isinstance(self.reader, PrunableReader)
        return replace(self, reader=self.reader.pruned(columns), whole=self.reader, columns_read=columns)

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        reader = self._refusing(self.whole or self.reader, context)
        for morsel in reader.read(context.partition - self.first):
            # Reading fails where a lazy morsel is looked at, perhaps in a later step: it is the source's fault.
            yield morsel if isinstance(morsel, (list, range)) else blamed_lazily(self, morsel)

    def columns(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        place = context.partition - self.first
        reader = self._refusing(self.reader, context)
        if not isinstance(reader, ColumnReader):
            yield from self.morsels(inputs, context)
        elif isinstance(self.whole, ColumnReader):
            whole = self._refusing(self.whole, context, ignore_refusal)
            are_whole = isinstance(reader, PrunableReader) and reader.lists_are_whole
            few, every = reader.read_blocks(place), whole.read_blocks(place)
            yield from pruned_blocks(few, every, lists_are_whole=are_whole)
        else:
            yield from reader.read_blocks(place)

    def _refusing(self, reader: R, context: TaskContext, refuse: Refuse | None = None) -> R:
        """Return a reader that drops the rows which it cannot make, if the source's on_error says so."""
        if self.on_error == "raise" or not isinstance(reader, RefusingReader):
            return reader
        refuse = refuse or partial(context.refuse, self.verb, self.on_error)
        return reader.refusing(refuse, ahead=not context.may_stop)

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(self.function, row)


@dataclass(frozen=True, slots=True)
class Blocks(Source):
    """The rows of all blocks of the first `sides` inputs (None: of all), one block after the other."""

    gives_blocks: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True

    sides: int | None = None

    def blocks(self, inputs: Sequence[Sequence[Block]]) -> Iterator[Block]:
        return itertools.chain.from_iterable(inputs[: self.sides])

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        for block in self.blocks(inputs):
            yield from block.morsels()

    def columns(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        return in_batches(self.blocks(inputs))


class Feed(Protocol):
    """Rows that arrive while the task runs."""

    def morsels(self) -> Iterator[Iterable[Any]]:
        """Again and again the rows that are there, each read when it is asked for; waits for those that are not."""
        ...


@dataclass(frozen=True, slots=True)
class ArrivingSource(Source):
    """The rows of the feed that is the task's one input."""

    reads_again: ClassVar[bool] = False
    keeps_rows: ClassVar[bool] = True

    def morsels(self, inputs: Sequence[Sequence[Any]], context: TaskContext) -> Morsels:
        ((feed,),) = inputs
        for morsel in feed.morsels():
            yield blamed_lazily(self, morsel)


@dataclass(frozen=True, slots=True)
class MergeByKey(Source):
    """Partial results (key, accumulator) of every upstream partition, merged by key.

    `fold` is what the function does to columns, where that is known and the rows are of a `kind` for it.
    """

    function: Function
    fold: Fold | None = None
    kind: Kind | None = None

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return reducer_cause(self.function, row, arguments)

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        blocks = itertools.chain.from_iterable(inputs)
        merge = RowMerge(self, self.function)
        kind = keyed_kind(self.kind, self.fold) if self.fold is not None else None
        if kind is None or self.fold is None:
            return merge.resumed((), rows_of(blocks), context)
        table = partial(FoldTable, kind, Accumulation(self.fold, kind.fields[1]))
        return GuardedFold(self, table, merge).run(blocks, context)


@dataclass(frozen=True, slots=True)
class CombineThenMerge(Source):
    """Keyed rows that were not combined before the shuffle: each upstream partition is folded, then the partials."""

    step: CombineStep

    @property
    def functions(self) -> tuple[Function, ...]:
        return self.step.functions

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return reducer_cause(self.step.combiner.merge, row, arguments)

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        folded = map(self._folded, itertools.chain.from_iterable(inputs))
        return RowMerge(self, self.step.combiner.merge).resumed((), rows_of(folded), context)

    def _folded(self, block: Block) -> Block:
        table = KeyTable()
        self.step.fold(itertools.chain.from_iterable(block.morsels()), table)
        return Block.from_rows(list(table.items()))


@dataclass(frozen=True, slots=True)
class GroupSource(Keyed, Source):
    """Gives one row `(key, values)` for each key, in order of first appearance.

    Values keep their input order. They are a list, or a Group if they are large.
    """

    pairing: Pairing | None = None

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        for morsel in task_groups([list(itertools.chain.from_iterable(inputs))], self.verb, context):
            yield [(key, values) for key, (values,) in morsel]


@dataclass(frozen=True, slots=True)
class CoGroupSource(Keyed, Source):
    """Gives one row `(key, (values of input 1, values of input 2, …))` for each key, in order of first appearance."""

    pairing: Pairing | None = None

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        return task_groups(inputs, self.verb, context)


@dataclass(frozen=True, slots=True)
class JoinSource(Keyed, Source):
    """(key, (value of the first input, of the second, …)), or the first input's rows, as `how` says.

    `last_alone`: of the first input only the last block is joined, those before it may have its keys' first equals.
    """

    gives_blocks: ClassVar[bool] = True

    how: str
    last_alone: bool = False
    pairing: Pairing | None = None

    def details(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        is_own = self.pairing is None or self.pairing.place != 0  # a verb whose rows are their own keys has no `how`
        return (self.how,) if is_own else ()

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        before = sum(map(len, inputs[0][:-1])) if self.last_alone else 0
        return keyed_join(self, inputs, self.how, before)


@dataclass(frozen=True, slots=True)
class MergeSortedSource(Source):
    """Runs that are each sorted → one sorted run. With a `key` function rows are (key, row) pairs, given as rows."""

    key: Function | None
    reverse: bool

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return order_cause(self.verb, self.key, row, arguments)

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        runs = list(itertools.chain.from_iterable(inputs))
        yield from merged_blocks(runs, self.key is not None, self.reverse, True, min(WINDOW_BYTES, context.run_bytes))

    def kind_after(self, kind: Kind | None) -> Kind | None:
        """Return the kind of the merged rows, given that of the runs."""
        if self.key is None:
            return kind
        return kind.fields[1] if isinstance(kind, TupleOf) and len(kind.fields) == 2 else None


@dataclass(frozen=True, slots=True)
class Bounds(Source):
    """Samples (key, weight) of every partition → the `count - 1` keys that cut the whole into even ranges.

    Keys that cannot be compared give no bounds: then all rows meet in one range, and the merge there fails on a row.
    """

    count: int
    reverse: bool

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        samples = [row for block in itertools.chain.from_iterable(inputs) for row in block.rows()]
        try:
            ordered = sort_rows(samples, lambda rows: [row[0] for row in rows], self.reverse)
        except Exception:  # not lost: all rows meet in one range, whose merge raises it with its row
            yield []
            return
        share = sum(weight for _, weight in samples) / self.count
        bounds: list[Any] = []
        seen = 0.0
        for key, weight in ordered:
            if len(bounds) < self.count - 1 and seen >= share * (len(bounds) + 1):
                bounds.append(key)
            seen += weight
        # Fewer samples than ranges: the last ranges stay empty.
        yield bounds


@dataclass(frozen=True, slots=True)
class CartesianSource(Source):
    """Every pair of a row of the first input and a row of the second."""

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        left, right = inputs
        for block in left:
            for morsel in block.morsels():
                for row in morsel:
                    own = copier(row)
                    # The others are decoded anew for each row: a function may change the rows that it gets.
                    for other in right:
                        for others in other.morsels():
                            yield [(own(), mate) for mate in others]


@dataclass(frozen=True, slots=True)
class ZipSource(Source):
    """Pairs of the rows at the same place of two inputs of equal length."""

    def morsels(self, inputs: Sequence[Sequence[Block]], context: TaskContext) -> Morsels:
        left, right = (itertools.chain.from_iterable(m for block in side for m in block.morsels()) for side in inputs)
        yield from pieces(zip(left, right, strict=False))
        lengths = [sum(map(len, side)) for side in inputs]
        if lengths[0] != lengths[1]:
            other = "longer" if lengths[1] > lengths[0] else "shorter"
            raise ValueError(
                f"zip() needs two datasets of one length, and the other one is {other}; limit() the longer"
            )
