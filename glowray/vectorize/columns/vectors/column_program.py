"""Column programs: a translated function that takes columns and returns a column and the rows that are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from glowray.rows.objects import pickling
from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Mask, Vector, spread_out


@dataclass(frozen=True)
class Computed:
    """The result of a program over a batch.

    `ok` is a mask of the rows that are right, or None if all are. In all other rows the value means nothing, and
    the caller must call the function itself. A right value may be None if the vector is Nullable.
    """

    kind: Kind
    vector: Vector
    ok: Mask | None


@dataclass(frozen=True)
class ArrowProgram:
    """A function as one column expression. `kinds` are those of its parameters.

    `constructs` names the operations in it, for the prices in costs.py.
    """

    parameters: tuple[str, ...]
    kinds: tuple[Kind, ...]
    expression: Expr
    constructs: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # A program has no state, so a process unpickles equal bytes once and shares the program among tasks.
        return _unpickled, (self._pickled,)

    @cached_property
    def _pickled(self) -> bytes:
        return pickling.dumps((self.parameters, self.kinds, self.expression, self.constructs))

    @property
    def result(self) -> Kind:
        """The kind of the result."""
        return self.expression.kind

    def run(self, columns: Sequence[Vector], length: int) -> Computed:
        """Compute the function over a batch of `length` rows, with one vector for each parameter."""
        frame = Frame(length, dict(zip(self.parameters, columns, strict=True)))
        with np.errstate(all="ignore"):
            vector = self.expression.carry(frame)
        return Computed(self.result, spread_out(self.result, vector, length), frame.ok)


@lru_cache(maxsize=256)
def _unpickled(data: bytes) -> ArrowProgram:
    return ArrowProgram(*pickling.loads(data))
