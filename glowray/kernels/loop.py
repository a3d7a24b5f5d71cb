"""A segment's generated loop at work: made callable in a task, and marked so that an error's frames lead to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.kernels.steps import Step
from glowray.vectorize.weave import Woven

if TYPE_CHECKING:
    from glowray.kernels.column_chain import ColumnChain
    from glowray.kernels.record_rows import RecordLoop

MARK = "__glowray_loop__"
"""The global of a generated function that holds its Loop."""


@dataclass(frozen=True, eq=False)
class Loop:
    """The code of a segment's loop, as weaving made it in the driver.

    `steps` are the segment's row steps and, last, whatever takes their rows; `reasons` says for each why it is called
    and not inlined (None: inlined). `found` is the variable that holds a combiner's accumulator; `cells` the number of
    its fields where it is a tuple that the combiner's table has as a list. `columns` is the way
    of rows that are columns, None where every row is one of Python's; `column_reasons` says for each step why it is not
    part of that (empty: the rows never were columns). `records` does the same work over the fields of rows in blocks.
    """

    woven: Woven
    steps: tuple[Step, ...]
    reasons: tuple[str | None, ...]
    found: str | None = None
    cells: int | None = None
    columns: ColumnChain | None = None
    column_reasons: tuple[str | None, ...] = ()
    records: RecordLoop | None = None

    def function(self) -> Callable[..., Any]:
        """The loop as a function over the captured values of this task."""
        function = self.woven.function()
        function.__globals__[MARK] = self
        return function
