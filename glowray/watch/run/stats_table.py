"""flow.stats as a table: a line for each stage, and the summary below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from glowray.watch.run.units import in_units
from glowray.watch.table.table import Table, TableColumn, texts_column

LEAST_CHAIN = 20
"""Terminal cells that a stage's number and verbs take at least, if they are that long."""


class StageLine(Protocol):
    """The statistics of a stage that the table shows."""

    name: str
    tasks: int
    done: int
    rows_in: int
    rows_out: int
    bytes: int
    seconds: float
    retries: int
    restored: int
    pickled_values: int
    driver_bytes: int
    spill: int

    @property
    def skew(self) -> float: ...


class Summed(Protocol):
    """The statistics of an action: its stages, and as str a summary."""

    @property
    def stages(self) -> Sequence[StageLine]: ...


def stats_table(stats: Summed) -> Table:
    """Return a table with a row for each stage of an action, and the summary. Optional columns of zeros are left out.

    The columns of the middle are those that a narrow terminal can leave out.
    """
    stages = stats.stages

    def numbers(heading: str, text: Callable[[StageLine], str]) -> TableColumn:
        return texts_column(heading, map(text, stages), is_right=True)

    columns = [
        texts_column("stage", (f"{number} {stage.name}" for number, stage in enumerate(stages, 1)), least=LEAST_CHAIN),
        numbers("tasks", _tasks),
        numbers("rows in", lambda stage: f"{stage.rows_in:,}"),
        numbers("rows out", lambda stage: f"{stage.rows_out:,}"),
        numbers("skew", lambda stage: f"{stage.skew:.1f}"),
    ]
    if any(stage.retries for stage in stages):
        columns.append(numbers("retries", lambda stage: f"{stage.retries:,}"))
    if any(stage.restored for stage in stages):
        columns.append(numbers("restored", lambda stage: f"{stage.restored:,}"))
    if any(stage.pickled_values for stage in stages):
        columns.append(numbers("pickled", lambda stage: f"{stage.pickled_values:,}"))
    if any(stage.driver_bytes for stage in stages):
        columns.append(numbers("driver", lambda stage: in_units(stage.driver_bytes)))
    if any(stage.spill for stage in stages):
        columns.append(numbers("spill", lambda stage: in_units(stage.spill)))
    columns += [
        numbers("bytes", lambda stage: in_units(stage.bytes)),
        numbers("seconds", lambda stage: f"{stage.seconds:.2f}"),
    ]
    return Table(columns, [str(stats)], is_framed=False)


def _tasks(stage: StageLine) -> str:
    return f"{stage.done}" if stage.done == stage.tasks else f"{stage.done} of {stage.tasks}"
