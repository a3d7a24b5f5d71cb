"""A translated function: columns in, a column and the rows it is right for out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from glowray.rows import pickling
from glowray.vectorize.arrow.frame import Expr, Frame, Mask, Vector, spread_out
from glowray.vectorize.arrow.kinds import Kind


@dataclass(frozen=True)
class Computed:
    """What a program made of a batch.

    `ok` is None if every row is right; where it is false the value means nothing, and the function itself is to be
    called on that row. Where it is true, a scalar may yet be None (Nullable).
    """

    kind: Kind
    vector: Vector
    ok: Mask | None


@dataclass(frozen=True)
class ArrowProgram:
    """`kinds` of the arguments; `result` the kind of what comes out; `constructs` what it is made of, for costs.py."""

    parameters: tuple[str, ...]
    kinds: tuple[Kind, ...]
    expression: Expr
    constructs: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        # A program has no state: a process that has seen it unpickles it once, whatever task it comes with.
        return _unpickled, (self._pickled,)

    @cached_property
    def _pickled(self) -> bytes:
        return pickling.dumps((self.parameters, self.kinds, self.expression, self.constructs))

    @property
    def result(self) -> Kind:
        return self.expression.kind

    def run(self, columns: Sequence[Vector], length: int) -> Computed:
        """The function over a batch of `length` rows, one column an argument."""
        frame = Frame(length, dict(zip(self.parameters, columns, strict=True)))
        with np.errstate(all="ignore"):
            vector = self.expression.carry(frame)
        return Computed(self.result, spread_out(self.result, vector, length), frame.ok)


@lru_cache(maxsize=256)
def _unpickled(data: bytes) -> ArrowProgram:
    return ArrowProgram(*pickling.loads(data))
