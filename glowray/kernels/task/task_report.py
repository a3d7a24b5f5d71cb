"""The report of a task to the driver."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from glowray.functions import Failure
from glowray.kernels.base.row_levels import HandedRows
from glowray.kernels.task.operator_times import OperatorTime
from glowray.rows.types.kinds import Kind


@dataclass
class TaskReport:
    """A task's counts, sizes and failure for the driver. It never holds rows.

    `rows`, `sizes` in bytes and `kinds` of rows are those of the blocks. `attempt` counts the lost attempts before this
    one. `remote` tasks ran in another process. A task that gives its rows in pieces reports each piece; only the last
    report is `final`. `cuts`: the blocks are these rows of the first block that the task read. `bucket_bytes` are the
    bytes for each reader of a shuffle, if several share an object. `printed` is the output that a remote task printed.
    `ended`: no later task of the stage is needed. `began` is in seconds since 1970. `worker` is the process.
    `times` are those of the source and of each operator. `failed_rows` is the number of rows that failed a guard, and
    were computed by Python. `handed` tells by which step, by number, -1 for the source.
    `restored`: the report and the blocks were saved by an earlier task. `unsaved` is why they could not be saved.
    """

    partition: int
    attempt: int = 0
    remote: bool = False
    final: bool = True
    unread: bool = False
    rows_in: int = 0
    rows_out: int = 0
    rows: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    kinds: list[tuple[Kind | None, ...]] = field(default_factory=list)
    cuts: list[tuple[int, int]] | None = None
    bucket_bytes: npt.NDArray[np.int64] | None = None
    pickled_values: int = 0
    spilled: int = 0
    seconds: float = 0.0
    failure: Failure | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, Failure]] = field(default_factory=list)
    first_errors: list[Failure] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    parts: list[Any] = field(default_factory=list)
    printed: Any = b""
    ended: bool = False
    began: float = 0.0
    worker: str = ""
    times: list[OperatorTime] = field(default_factory=list)
    failed_rows: int = 0
    handed: dict[int, HandedRows] = field(default_factory=dict)
    restored: bool = False
    unsaved: str = ""

    @property
    def bytes_out(self) -> int:
        """Return the bytes of the blocks that the task passed on, and of the files that it wrote."""
        return sum(self.sizes) + sum(int(part.bytes) for part in self.parts)

    @property
    def rows_made(self) -> int:
        """Return the rows that the task passed on, and those that it wrote to files."""
        return self.rows_out + sum(int(part.rows) for part in self.parts)
