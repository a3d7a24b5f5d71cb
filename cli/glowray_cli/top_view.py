"""The tables of `glowray top`, as lines no wider than the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from glowray.cluster import ClusterStatus
from glowray.watch.run.units import clock, counted, in_units, short_count
from glowray.watch.table.cell_text import Signs, cut_end, printable
from glowray.watch.table.table import Cell, Table, TableColumn, texts_column
from glowray.watch.table.terminal import table_lines
from glowray_cli.views import nodes_table

if TYPE_CHECKING:
    from glowray.watch.journal.status import RunStatus  # It imports NumPy, which other commands do not need.

SILENT_SECONDS = 10.0
"""A driver that was not heard of for this long is shown as silent."""


@dataclass(frozen=True)
class View:
    """The cluster, None if there is none, and the running jobs. `trouble` says why a cluster does not answer."""

    cluster: ClusterStatus | None
    runs: Sequence[RunStatus]
    trouble: str = ""


def top_lines(view: View, now: float, width: int, signs: Signs, hint: str = "") -> list[Text]:
    """Return the lines of a view: the head with a hint, the nodes, the jobs. `now` is in seconds since 1970."""
    lines = [_head(view, now, width, signs, hint)]
    if view.trouble:
        lines.append(Text(cut_end(view.trouble, width, signs.more), "red"))
    if view.cluster is not None:
        lines += [Text(), *table_lines(nodes_table(view.cluster.nodes), width, signs)]
    if not view.runs:
        return [*lines, Text(), Text("no job runs", "dim")]
    return [*lines, Text(), *table_lines(runs_table(view.runs, now, signs), width, signs)]


def _head(view: View, now: float, width: int, signs: Signs, hint: str) -> Text:
    where = f"cluster {view.cluster.address}" if view.cluster else "this machine, no cluster"
    when = time.strftime("%H:%M:%S", time.localtime(now))
    return Text(
        cut_end(f"{where}  {when}  {counted(len(view.runs), 'job')}  {hint}".rstrip(), width, signs.more), "bold"
    )


def runs_table(runs: Sequence[RunStatus], now: float, signs: Signs) -> Table:
    """Return a table of running jobs. A narrow terminal leaves out columns of the middle."""

    def texts(heading: str, text: Callable[[RunStatus], str], least: int = 0) -> TableColumn:
        """Return a column. A `least` width says that it has texts, which stand at the left, and no numbers."""
        cells = [printable(text(run), signs.encoding) for run in runs]
        return texts_column(heading, cells, is_right=not least, least=least or max(map(len, cells)))

    return Table(
        [
            texts("flow", lambda run: run.name, 12),
            texts("stage", _stage, 20),
            texts("tasks", lambda run: f"{run.done}/{run.tasks}"),
            texts("driver", lambda run: f"{run.script} {run.pid} {run.host}", 20),
            texts("engine", lambda run: run.engine, 6),
            texts("memory", lambda run: in_units(run.memory)),
            texts("spill", lambda run: in_units(run.spill)),
            texts("rows", lambda run: short_count(run.rows)),
            texts("rows/s", lambda run: short_count(round(run.rate))),
            TableColumn("time", [_time(run, now) for run in runs], is_right=True),
        ],
        is_framed=False,
    )


def _stage(run: RunStatus) -> str:
    if run.announced or not run.stage:
        return run.announced or "begins"
    number, _, verbs = run.stage.partition(" ")
    return f"{number} of {run.stages} {verbs}"


def _time(run: RunStatus, now: float) -> Cell:
    silent = now - run.time
    return Cell(f"silent {clock(silent)}", "bad") if silent > SILENT_SECONDS else Cell(clock(run.seconds))
