"""How a task hands its rows on: one block, or one for each partition of the next stage."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glowray.kernels.base.output_buffer import Kept
from glowray.kernels.base.steps import Step
from glowray.kernels.keys.keyed_step import check_keys
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.sort.key_order import bucket_edges, failing_comparison, total
from glowray.kernels.sort.order_cause import Bound
from glowray.kernels.sort.run_keys import RunKeys, sample_keys
from glowray.rows import Block


@dataclass(frozen=True, slots=True)
class Exchange:
    """What becomes of a task's output; `outputs` is the number of blocks that every task gives."""

    @property
    def outputs(self) -> int:
        return 1

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return ExchangeOutput(limit)


class ExchangeOutput:
    """Collects what a task gives, at most `limit` bytes in memory; this one keeps everything as one block."""

    cuts: list[tuple[int, int]] | None = None
    """Which rows `finish` gave of `given`, or of the task's first block, where those are to be read from it."""

    given: Block | None = None
    """The one block that the task gives, if what `finish` gave are parts of it."""

    def __init__(self, limit: int) -> None:
        self.kept = Kept(limit)

    def add(self, block: Block) -> None:
        self.kept.add(0, block)

    def keep(self, chosen: Callable[[list[Block]], Iterable[Block]]) -> None:
        """Keeps of the blocks in memory what `chosen` gives of them."""
        self.kept.keep(chosen)

    def finish(self) -> list[Block]:
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

    def finish(self) -> list[Block]:
        return []


@dataclass(frozen=True, slots=True)
class ByKey(Exchange):
    """Keyed rows to `count` partitions by the hash of the key, so that equal keys meet; `step` asked for it.

    Up to so many bytes go `together`, in one block of which each partition reads its part: fewer blocks are made.
    """

    count: int
    step: Step
    together: int = 0

    @property
    def outputs(self) -> int:
        return self.count

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return _KeyBuckets(self, limit)


class _KeyBuckets(ExchangeOutput):
    def __init__(self, exchange: ByKey, limit: int) -> None:
        super().__init__(limit)
        self.count, self.together = exchange.count, exchange.together
        self.step = exchange.step

    def add(self, block: Block) -> None:
        count = self.count
        failed: TypeError | None = None
        try:
            hashes = block.key_hashes()
        except TypeError as error:
            failed = error
        if failed is not None:
            check_keys(self.step, block.rows())
            raise failed
        if count == 1:
            self.kept.add(0, block)
            return
        for bucket, part in block.split(hashes % np.uint64(count), count).items():
            self.kept.put(bucket, part)
        self.kept.grow(block)

    def finish(self) -> list[Block]:
        return self._together() or list(map(self.kept.block, range(self.count)))

    def _together(self) -> list[Block] | None:
        """The partitions as parts of one block; None where that is too large, or has to be unpickled for each part."""
        if not self.together or self.kept.spilled:
            return None
        parts = list(map(self.kept.blocks, range(self.count)))
        blocks = list(itertools.chain.from_iterable(parts))
        if any(block.pickled_values for block in blocks) or sum(block.nbytes for block in blocks) > self.together:
            return None
        self.given = Block.concat(blocks)
        edges = [0, *itertools.accumulate(sum(map(len, part)) for part in parts)]
        self.cuts = list(itertools.pairwise(edges))
        return [self.given.slice(start, stop) for start, stop in self.cuts]


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
class ByRange(Exchange):
    """A sorted run cut at bounds (the block of the last input) into `count` ranges of keys.

    `in_place`: the ranges are left where they are, in the run, unless they would have to be unpickled with all of it.
    """

    count: int
    keyed: bool
    reverse: bool
    step: Step
    in_place: bool = False

    @property
    def outputs(self) -> int:
        return self.count

    def output(self, inputs: Sequence[Sequence[Block]], limit: int) -> ExchangeOutput:
        return _Ranges(self, inputs[-1][0].rows(), limit)


class _Ranges(ExchangeOutput):
    def __init__(self, exchange: ByRange, bounds: list[Any], limit: int) -> None:
        super().__init__(limit)
        self.exchange = exchange
        self.bounds = [total(bound, exchange.reverse) for bound in bounds]

    def finish(self) -> list[Block]:
        run = self.kept.block(0)
        keys = RunKeys(run, self.exchange.keyed, self.exchange.reverse)
        try:
            edges = bucket_edges(keys, self.bounds, self.exchange.reverse)
        except BaseException as error:
            self._blame_row(error, run, keys)
            raise
        edges += [edges[-1]] * (self.exchange.count + 1 - len(edges))
        cuts = list(itertools.pairwise(edges))
        if self.exchange.in_place and not run.pickled_values:
            self.cuts = cuts
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
