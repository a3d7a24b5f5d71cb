"""How a task hands its rows on: one block, or one for each partition of the next stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import numpy as np

from glowray.kernels.base.output_buffer import Kept
from glowray.kernels.base.steps import Step
from glowray.kernels.ends.buckets import Buckets, Numbers, Places, Stored, one_object
from glowray.kernels.keys.keyed_step import check_keys
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.sort.key_order import bucket_edges, failing_comparison, total
from glowray.kernels.sort.order_cause import Bound
from glowray.kernels.sort.run_keys import RunKeys, sample_keys
from glowray.rows import Block

MANY_BUCKETS = 4096
"""The most buckets whose sizes a task reports one by one: 32 kB."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A way to hand on a task's rows. `outputs` is the number of blocks that every task gives."""

    @property
    def outputs(self) -> int:
        return 1

    @property
    def merges(self) -> bool:
        """Whether the objects of several tasks become those of one task. Else they keep a block for each task."""
        return False

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return ExchangeOutput(limit)

    def bucket_bytes(self, objects: Sequence[Stored]) -> Places | None:
        """Return the bytes for each reader, if several readers share an object."""
        return None

    def even(self, several: Sequence[Sequence[Stored]]) -> Sequence[Sequence[Stored]]:
        """Return the objects of several tasks, the same number of each task that gave some."""
        return several

    def together(self, several: Sequence[Sequence[Stored]], *, is_small: bool) -> Iterator[Stored]:
        """Yield the objects of several tasks, in order of task, as no more objects than one task gives.

        `is_small`: all rows fit into the memory of a task.
        """
        for column in zip(*several, strict=True):
            yield Buckets.holding(cast(list[Block], column), range(len(several)))


class ExchangeOutput:
    """Collects what a task gives, at most `limit` bytes in memory; this one keeps everything as one block."""

    cuts: list[tuple[int, int]] | None = None
    """The bounds of each output's rows in the task's first block. None if `finish` gives the rows themselves."""

    def __init__(self, limit: int) -> None:
        self.kept = Kept(limit)

    def add(self, block: Block) -> None:
        self.kept.add(0, block)

    def keep(self, chosen: Callable[[list[Block]], Iterable[Block]]) -> None:
        """Replace the blocks in memory by what `chosen` returns for them."""
        self.kept.keep(chosen)

    def finish(self) -> Sequence[Stored]:
        return [self.kept.block(0)]


@dataclass(frozen=True, slots=True)
class OneBlock(Exchange):
    """All rows of the task in one block."""


@dataclass(frozen=True, slots=True)
class InPieces(Exchange):
    """All rows of the task in one block; those that arrive while it runs, in a block for each piece that is there."""


@dataclass(frozen=True, slots=True)
class Count(Exchange):
    """No block: only the number of rows is wanted."""

    @property
    def outputs(self) -> int:
        return 0

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return _Counted(limit)


class _Counted(ExchangeOutput):
    """Forgets the rows; the report has counted them."""

    def add(self, block: Block) -> None:
        pass

    def finish(self) -> Sequence[Stored]:
        return []


@dataclass(frozen=True, slots=True)
class GatherSlices(Exchange):
    """The Buckets that a task reads, as one. `joins`: a bucket's rows become one block, whichever task gave them."""

    joins: bool

    def output(self, inputs: Sequence[Sequence[Any]], limit: int) -> ExchangeOutput:
        return _Gathered(inputs[0], self.joins, limit)


class _Gathered(ExchangeOutput):
    def __init__(self, several: Sequence[Buckets], joins: bool, limit: int) -> None:
        super().__init__(limit)
        self.several, self.joins = several, joins

    def finish(self) -> Sequence[Stored]:
        return [Buckets.merged(self.several, self.joins)]


@dataclass(frozen=True, slots=True)
class Shuffle(Exchange):
    """Rows to `count` buckets, a bucket for each task of the next stage.

    A task gives `slices` objects, and of n slices, slice `b % n` has bucket b. With as many slices as buckets, each is
    a Block; else they are Buckets. 0 slices: as many as buckets. `joins`: the reader need not see which rows of a
    bucket come from which task.
    """

    count: int
    slices: int = 0

    joins: bool = False

    @property
    def outputs(self) -> int:
        return self.slices or self.count

    @property
    def merges(self) -> bool:
        return True

    def bucket_bytes(self, objects: Sequence[Stored]) -> Places | None:
        if not self.slices or self.count > MANY_BUCKETS:
            return None
        found = np.zeros(self.count, np.int64)
        for place, each in enumerate(objects):
            own = found[place :: len(objects)]
            if isinstance(each, Buckets):
                np.add.at(own, each.owners, each.sizes)
            elif len(each):
                own += each.nbytes
        return found

    def even(self, several: Sequence[Sequence[Stored]]) -> Sequence[Sequence[Stored]]:
        """Return the slices of several tasks. If some tasks gave few slices and others many, all give many."""
        most = max(map(len, several))
        return [_recut(slices, most) if 0 < len(slices) < most else slices for slices in several]

    def together(self, several: Sequence[Sequence[Stored]], *, is_small: bool) -> Iterator[Stored]:
        for column in zip(*several, strict=True):
            yield one_object(column, self.joins and is_small)


def _recut(slices: Sequence[Stored], into: int) -> Sequence[Stored]:
    """Return the rows of a task's slices as more slices."""
    parts: dict[int, Stored] = {}
    for place, each in enumerate(slices):
        if isinstance(each, Buckets):
            parts |= each.recut(place, len(slices), into)
    return [parts.get(number, Block()) for number in range(into)]


@dataclass(frozen=True, slots=True)
class ByKey(Shuffle):
    """Keyed rows to buckets by the hash of the key, so that equal keys meet; `step` asked for it.

    A task that gives up to `share` bytes gives `fewer` slices (0: no task does).
    """

    step: Step = field(kw_only=True)
    fewer: int = 0
    share: int = 0
    joins: bool = True

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return _KeyBuckets(self, limit)


class _ShuffleOutput(ExchangeOutput):
    def _cut(self, block: Block, buckets: Numbers, slices: int) -> Sequence[Stored]:
        """Return the slices of a block. `buckets` has the bucket of each row."""
        if slices == 1 and len(block):
            return [self._as_buckets(block, buckets)]
        places = buckets % slices
        parts = block.split(places, slices)
        return [
            self._as_buckets(parts[place], buckets[places == place] // slices) if place in parts else Block()
            for place in range(slices)
        ]

    def _as_buckets(self, block: Block, buckets: Numbers) -> Buckets:
        """Return a slice. If the task's rows did not fit into its memory, no two slices are in memory."""
        found = Buckets.of(block, buckets)
        return found.in_file() if self.kept.spilled else found


class _KeyBuckets(_ShuffleOutput):
    """Keeps blocks and the bucket of each row. Cuts them into slices once they are too large for few slices."""

    def __init__(self, exchange: ByKey, limit: int) -> None:
        super().__init__(limit)
        self.exchange, self.slices = exchange, exchange.outputs
        self.uncut: list[tuple[Block, Numbers]] = []
        self.room = min(exchange.share, limit)
        self.is_cut = exchange.fewer == 0
        self.buckets: defaultdict[int, list[Numbers]] = defaultdict(list)

    def add(self, block: Block) -> None:
        count = self.exchange.count
        failed: TypeError | None = None
        try:
            hashes = block.key_hashes()
        except TypeError as error:
            failed = error
        if failed is not None:
            check_keys(self.exchange.step, block.rows())
            raise failed
        if count == 1:
            self.kept.add(0, block)
            return
        buckets = (hashes % np.uint64(count)).astype(np.int32)
        if self.is_cut:
            self._put(block, buckets)
            return
        self.uncut.append((block, buckets))
        try:
            self.room -= sum(chunk.estimated_bytes for chunk in block.chunks)
        except Exception:  # A row cannot be pickled. The end of the task says so, when all rows before it are there.
            self.room = -1
        if self.room < 0:
            self._cut_all()

    def keep(self, chosen: Callable[[list[Block]], Iterable[Block]]) -> None:
        self._cut_all()
        super().keep(chosen)

    def finish(self) -> Sequence[Stored]:
        if self.uncut:
            blocks, buckets = zip(*self.uncut, strict=True)
            return self._cut(Block.concat(blocks), np.concatenate(buckets), self.exchange.fewer)
        return list(map(self._slice, range(self.slices)))

    def _cut_all(self) -> None:
        """Cut all rows that come into many slices, from the first on."""
        self.is_cut = True
        for block, buckets in self.uncut:
            self._put(block, buckets)
        self.uncut.clear()

    def _put(self, block: Block, buckets: Numbers) -> None:
        places = buckets % self.slices
        for place, part in block.split(places, self.slices).items():
            self.kept.put(place, part)
            if self.slices < self.exchange.count:
                self.buckets[place].append(buckets[places == place] // self.slices)
        self.kept.grow(block)

    def _slice(self, place: int) -> Stored:
        block = self.kept.block(place)
        if self.slices == self.exchange.count or not len(block):
            return block
        return self._as_buckets(block, np.concatenate(self.buckets[place])[: len(block)])


@dataclass(frozen=True, slots=True)
class SortedWithSample(Exchange):
    """A sorted run in one block, and a sample of its keys in another."""

    keyed: bool
    reverse: bool

    @property
    def outputs(self) -> int:
        return 2

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return _Sampled(self.keyed, self.reverse, limit)


class _Sampled(ExchangeOutput):
    def __init__(self, keyed: bool, reverse: bool, limit: int) -> None:
        super().__init__(limit)
        self.keyed, self.reverse = keyed, reverse

    def finish(self) -> list[Block]:
        run = self.kept.block(0)
        return [run, Block.from_rows(sample_keys(run, self.keyed))]


@dataclass(frozen=True, slots=True)
class ByRange(Shuffle):
    """A sorted run cut at bounds (the block of the last input) into `count` ranges of keys.

    `in_place`: the ranges are left where they are, in the run, which has no pickled values.
    """

    keyed: bool = field(kw_only=True)
    reverse: bool = field(kw_only=True)
    step: Step = field(kw_only=True)
    in_place: bool = False

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return _Ranges(self, inputs[-1][0].rows(), limit)


class _Ranges(_ShuffleOutput):
    def __init__(self, exchange: ByRange, bounds: list[Any], limit: int) -> None:
        super().__init__(limit)
        self.exchange = exchange
        self.bounds = [total(bound, exchange.reverse) for bound in bounds]

    def finish(self) -> Sequence[Stored]:
        run = self.kept.block(0)
        keys = RunKeys(run, self.exchange.keyed, self.exchange.reverse)
        try:
            edges = bucket_edges(keys, self.bounds, self.exchange.reverse)
        except BaseException as error:
            self._blame_row(error, run, keys)
            raise
        edges += [edges[-1]] * (self.exchange.count + 1 - len(edges))
        cuts = list(pairwise(edges))
        if self.exchange.in_place:
            self.cuts = cuts
        elif self.exchange.outputs < self.exchange.count:
            return self._cut(run, np.repeat(np.arange(self.exchange.count), np.diff(edges)), self.exchange.outputs)
        return [run.slice(start, stop) for start, stop in cuts]

    def _blame_row(self, error: BaseException, run: Block, keys: RunKeys) -> None:
        """Note the first row of the run whose key cannot be compared with a bound."""
        step = self.exchange.step
        for row, key in zip(run.rows(), keys.at(range(len(keys))), strict=True):
            for bound in self.bounds:
                failed = failing_comparison(error, key, bound, row, Bound(bound))
                if failed is not None:
                    blame(error, step, row, failed)
                    return
        blame(error, step)
