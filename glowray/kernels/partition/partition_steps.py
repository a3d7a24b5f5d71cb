"""Steps that see a whole partition as an iterator of rows."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from glowray.errors import InexactColumn
from glowray.functions import Cause, Function, spread_arguments
from glowray.functions.pairing import Pairing
from glowray.io.commit.commit import Misfits
from glowray.io.commit.place import Place
from glowray.io.hive import HiveFolders
from glowray.io.sink import BlockWriter, CallingSink, Part, PartsWriter
from glowray.kernels.base.context import TaskContext
from glowray.kernels.base.morsels import Morsel, Morsels, rows_of
from glowray.kernels.base.output_buffer import Kept
from glowray.kernels.base.steps import Step
from glowray.kernels.group.group import task_groups
from glowray.kernels.keys.keyed_step import Keyed, check_keys, check_pairs
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.loops.generated_loop import Loop
from glowray.rows import Block
from glowray.rows.types.kinds import Kind

ENCODED_ROWS = 16_384

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The error numbers of a full disk or quota."""


@dataclass(frozen=True, slots=True)
class PartitionStep(Step):
    """A step from the iterator of a partition's rows to another iterator, and the operator that runs it."""

    takes_blocks: ClassVar[bool] = False
    """Whether the step prefers blocks to Python's rows."""
    loops: ClassVar[tuple[Loop, ...]] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self,)

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        return iter([self.apply(rows_of(stream), task)])

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__} has no way to run")


@dataclass(frozen=True, slots=True)
class BlockStep(PartitionStep):
    """A partition step that also takes blocks. It defines `run` instead of `apply`."""

    takes_blocks: ClassVar[bool] = True

    def kind_after(self, kind: Kind) -> Kind | None:
        """Return the kind of the rows that come out for rows of a kind."""
        return kind


@dataclass(frozen=True, slots=True)
class MapPartitions(PartitionStep):
    """f(iterator) or f(index, iterator) → rows; `first` is the number of its first partition among the task's."""

    flows: ClassVar[bool] = True
    function: Function
    indexed: bool = False
    first: int = 0

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

    def counted_from(self, first: int) -> Self:
        return replace(self, first=self.first + first)

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        try:
            yield from self._items(rows, context)
        except BaseException as error:
            blame(error, self)
            raise

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(self.function)

    def _items(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        result = self.function.call(context.partition - self.first, rows) if self.indexed else self.function.call(rows)
        try:
            return iter(result)
        except TypeError:
            raise TypeError(
                f"{self.verb}() needs a function that returns an iterable of rows, "
                f"{self.function.label} returned {type(result).__name__}"
            ) from None


@dataclass(frozen=True, slots=True)
class PassOn(PartitionStep):
    """The rows as they come: a seam where one loop would be too deep."""

    flows: ClassVar[bool] = True
    keeps_keys: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True

    @property
    def may_grow(self) -> bool:
        return False

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return rows


@dataclass(frozen=True, slots=True)
class LimitStep(PartitionStep):
    """The first n rows; rows past them are never computed."""

    flows: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    may_stop: ClassVar[bool] = True
    n: int

    def details(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        return (str(self.n), *functions)

    @property
    def may_grow(self) -> bool:
        return False

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return itertools.islice(rows, self.n)


@dataclass(frozen=True, slots=True)
class ZipWithIndexStep(PartitionStep):
    """row → (row, position in the whole dataset)"""

    flows: ClassVar[bool] = True

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        return zip(rows, itertools.count(context.offset), strict=False)


@dataclass(frozen=True, slots=True)
class LocalGroupByKey(Keyed, BlockStep):
    """keyed rows → (key, values in input order), for the keys of the partition."""

    pairing: Pairing | None = None

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        yield from self._groups((block for morsel in stream for block in as_blocks(self, morsel)), task)

    def _groups(self, rows: Iterator[Block], context: TaskContext) -> Iterator[list[Any]]:
        kept = Kept(context.held_bytes)
        for block in rows:
            kept.add(0, block)
        context.spilled += kept.spilled
        blocks = kept.blocks(0)
        failed: TypeError | None = None
        try:
            for morsel in task_groups([blocks], self.verb, context):
                yield [(key, values) for key, (values,) in morsel]
        except TypeError as error:
            failed = error
        if failed is not None:
            check_keys(self, (row for block in blocks for row in block.rows()))
            raise failed

    def kind_after(self, kind: Kind) -> Kind | None:
        return None


def as_blocks(step: Step, morsel: Morsel) -> Iterator[Block]:
    """Keyed rows as blocks, however they come."""
    return iter([morsel]) if isinstance(morsel, Block) else encoded(step, iter(morsel))


def encoded(step: Step, rows: Iterator[Any]) -> Iterator[Block]:
    """Keyed rows as blocks: what is kept of them is small, and nobody else's to change."""
    while batch := list(itertools.islice(rows, ENCODED_ROWS)):
        check_pairs(step, batch)
        yield Block.from_rows(batch)


@dataclass(frozen=True, slots=True)
class Write(BlockStep):
    """Rows → temporary files; what describes them goes with the task's report, no row goes on.

    There is one file, or one or more for each of the `folders` that fields name.
    """

    sink: Any
    place: Place
    folders: HiveFolders

    @property
    def has_effects(self) -> bool:
        return self.place.location is None  # a file has a name of its own for each attempt

    @property
    def functions(self) -> tuple[Function, ...]:
        return self.sink.functions if isinstance(self.sink, CallingSink) else ()

    def run(self, stream: Morsels, task: TaskContext) -> Morsels:
        self._write(stream, task)
        return iter(())

    def kind_after(self, kind: Kind) -> Kind | None:
        return None

    def _write(self, stream: Morsels, context: TaskContext) -> None:
        with self.place.folder() as folder:
            context.parts += self.place.deliver(self._files(stream, context, folder))

    def _files(self, stream: Morsels, context: TaskContext, folder: str) -> list[Part]:
        writer = self.folders.open(self.sink, folder, context.partition)
        try:
            for morsel in stream:
                if not isinstance(morsel, Block):
                    writer.write(morsel)
                elif isinstance(writer, BlockWriter):
                    writer.write_block(morsel)
                else:
                    writer.write(itertools.chain.from_iterable(morsel.morsels()))
            parts = writer.parts() if isinstance(writer, PartsWriter) else [writer.close()]
        except BaseException as error:
            writer.abort()
            blame(error, self)
            if isinstance(error, OSError) and error.errno in FULL and str(error.filename).startswith(folder):
                error.add_note(self.place.full_disk(self.label))
            raise
        return [part for part in parts if part is not None]  # a format may have no file without rows


@dataclass(frozen=True, slots=True)
class Rewrite(PartitionStep):
    """Part files with another schema than the output's → the same rows in its schema. It yields no rows."""

    misfits: Misfits

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        for part in rows:
            try:
                context.parts.append(self.misfits.rewritten(part))
            except InexactColumn as error:  # a file that is there already has this type
                raise InexactColumn(f'{error}; "{self.label}" has files of that type already') from None
        return iter(())


def row_call(function: Function) -> Callable[[Any], Any]:
    """Return the function as one that takes a whole row, and spreads tuples and lists over its parameters."""
    count = function.spread
    call = function.call
    if count is None:
        return call
    return lambda row: call(*spread_arguments(row, count, function))
