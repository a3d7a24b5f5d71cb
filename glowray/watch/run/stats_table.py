"""Print flow.stats as a table in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

HEADINGS = ("stage", "", "tasks", "rows in", "rows out", "bytes", "skew", "seconds")


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
    pickled_values: int
    driver_bytes: int
    spill: int

    @property
    def skew(self) -> float: ...


class Summed(Protocol):
    """The statistics of an action: its stages, and as str a summary."""

    @property
    def stages(self) -> Sequence[StageLine]: ...


def show_stats(stats: Summed) -> None:
    """Print a line for each stage of an action, and the summary. Optional columns of zeros are left out."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    extra = [
        name
        for name in ("retries", "pickled_values", "driver_bytes", "spill")
        if any(getattr(s, name) for s in stats.stages)
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (*HEADINGS, *(name.partition("_")[0] for name in extra)):
        is_chain = heading == ""
        table.add_column(heading, justify="left" if is_chain else "right", no_wrap=not is_chain, overflow="fold")
    for number, stage in enumerate(stats.stages, 1):
        cells = [str(number), *_cells(stage), *(_extra(stage, name) for name in extra)]
        table.add_row(*map(Text, cells))
    console = Console(file=sys.stdout, highlight=False)
    console.print(table)
    console.print(str(stats), markup=False, soft_wrap=True)


def _cells(stage: StageLine) -> list[str]:
    tasks = f"{stage.done}" if stage.done == stage.tasks else f"{stage.done} of {stage.tasks}"
    rows = [f"{stage.rows_in:,}", f"{stage.rows_out:,}"]
    return [stage.name, tasks, *rows, in_units(stage.bytes), f"{stage.skew:.1f}", f"{stage.seconds:.2f}"]


def _extra(stage: StageLine, name: str) -> str:
    value: int = getattr(stage, name)
    return in_units(value) if name == "driver_bytes" else f"{value:,}"


def in_units(size: int) -> str:
    """Return a number of bytes in the largest unit that gives at least 1.

    >>> in_units(999), in_units(20_480), in_units(5 * 2**30)
    ('999 B', '20.0 KiB', '5.0 GiB')
    """
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"
