"""`glowray report`: the report of a run that is over, or of one that died, from its journal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glowray.errors import GlowrayError
from glowray.watch.journal.folder import journals
from glowray.watch.picture.whole_file import write_whole
from glowray.watch.run.units import clock
from glowray.watch.table.table import Cell, Table, TableColumn, Tone, texts_column
from glowray.watch.table.terminal import print_table
from glowray_cli.options import Debug, example
from glowray_cli.views import out

if TYPE_CHECKING:
    from glowray.watch.journal.reading import PastRun, State  # It imports NumPy, which other commands do not need.

NO_RUN = "no run is known here; runs that took a second, failed or died are kept for a week"
TONES: dict[State, Tone] = {"done": "good", "failed": "bad", "died": "bad", "running": "plain"}


def _completed(begun: str) -> list[str]:
    """Return the ids of runs that begin with a text, for the shell."""
    return [file.run for file in journals() if file.run.startswith(begun)]


Run = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", help="The id of a run, or its journal's file; default: the newest.", autocompletion=_completed
    ),
]
Listed = Annotated[bool, typer.Option("--list", help="List the runs that are known here.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog=example("report -o run.html"))(report)


def report(run: Run = None, output: Output = Path("report.html"), listed: Listed = False, debug: Debug = False) -> None:
    """Write the report of a run of this machine as one HTML file, also of a run whose process was killed."""
    if listed:
        _list()
        return
    from glowray.watch.report.report import report as page_of

    past = _find(run)
    try:
        write_whole(output, page_of(past.record).encode("utf-8", "backslashreplace"), "report")
    except OSError as error:
        raise GlowrayError(str(error)) from error
    out.print(f"{past.record.stats.name} [bold]{past.state}[/]  [dim]{past.file.run}[/]", soft_wrap=True)
    if past.record.log.failure is not None:
        out.print(past.record.log.failure.error, soft_wrap=True, markup=False)
    out.print(str(output), soft_wrap=True, markup=False)


def _find(run: str | None) -> PastRun:
    """Return a run by its id or its journal's file, the newest without one."""
    from glowray.watch.journal.reading import read_run

    if run is not None and Path(run).is_file():
        try:
            return read_run(Path(run))
        except ValueError as error:
            raise GlowrayError(str(error)) from error
    found = [file for file in journals() if run in (None, file.run)]
    if not found:
        raise GlowrayError(NO_RUN if run is None else f"no run {run!r} is known here; see: glowray report --list")
    return read_run(found[0].path)


def _list() -> None:
    from glowray.watch.journal.reading import read_run

    runs = [read_run(file.path) for file in journals()]
    if not runs:
        raise GlowrayError(NO_RUN)
    begun = [time.localtime(each.record.log.events[0].time) for each in runs if each.record.log.events]
    print_table(
        Table(
            [
                texts_column("run", (each.file.run for each in runs), least=29),
                texts_column("flow", (each.record.stats.name for each in runs)),
                TableColumn("", [Cell(each.state, TONES[each.state]) for each in runs]),
                texts_column("began", (time.strftime("%b %d %H:%M", when) for when in begun), least=12),
                texts_column("script", (each.file.driver.script for each in runs), least=12),
                texts_column("time", (clock(each.record.stats.seconds) for each in runs), is_right=True),
            ],
            is_framed=False,
        )
    )
