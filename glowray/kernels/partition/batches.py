"""map_batches: a function of columns instead of rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.functions import Cause, Function
from glowray.kernels.base.context import TaskContext
from glowray.kernels.loops.failed_step import blame
from glowray.kernels.partition.partition_steps import PartitionStep


@dataclass(frozen=True, slots=True)
class MapBatches(PartitionStep):
    """f(columns of at most `size` rows) → rows; batches count from the partition's first row."""

    flows: ClassVar[bool] = True
    function: Function
    form: str
    size: int

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

    def apply(self, rows: Iterator[Any], context: TaskContext) -> Iterator[Any]:
        try:
            yield from self._made(rows)
        except BaseException as error:
            blame(error, self)
            raise

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(self.function)

    def _made(self, rows: Iterator[Any]) -> Iterator[Any]:
        from glowray.io.arrow.frames import FORMATS, rows_of
        from glowray.rows.tables.arrow_table import rows_table

        shaped, call = FORMATS[self.form], self.function.call
        while batch := list(itertools.islice(rows, self.size)):
            table = rows_table(batch)
            batch.clear()
            result = call(shaped(table))
            made = rows_of(result)
            if made is None:
                raise TypeError(
                    f"{self.verb}() needs a function that returns a pyarrow.Table, a DataFrame or a dict of arrays,"
                    f" {self.function.described} returned {type(result).__qualname__}"
                )
            for morsel in made:
                yield from morsel
