"""`python -m benchmarks [WORKLOADS] …`: measure, compare the answers, print a table, write JSON."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.child import workload
from benchmarks.measure import measure
from benchmarks.program import Case, Program, Workload
from benchmarks.report import Report, machine, show, write

HERE = Path(__file__).resolve().parent
WORKLOADS = (
    "word_count", "arithmetic", "join", "tokenizer", "sort", "houses", "weblog", "flights", "delays", "delays_csv",
    "json_lines", "customers", "access_log", "reviews", "one_billion",
    *(f"db_benchmark.q{number}" for number in range(1, 11)),
)  # fmt: skip
DEFAULT = ("glowray", "glowray-variant", "hand", "hand-fused", "polars", "duckdb")
PROGRAMS = (*DEFAULT, "spark", "dask")
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def benchmark(
    workloads: Annotated[
        list[str] | None, typer.Argument(help=f"any of {', '.join(WORKLOADS)}; all by default")
    ] = None,
    size: Annotated[str | None, typer.Option(help="bytes or rows of input, as 200MB or 20M; several by commas")] = None,
    peers: Annotated[str, typer.Option(help="programs to run, by commas, or all")] = ",".join(DEFAULT),
    runs: Annotated[int, typer.Option(min=0, help="warm runs of each program")] = 5,
    cold: Annotated[int, typer.Option(min=0, help="runs from the start of a process")] = 0,
    cores: Annotated[int, typer.Option(min=1, help="cores that every program may use")] = 2,
    engine: Annotated[str, typer.Option(help="glowray's engine: ray or inline")] = "ray",
    data: Annotated[Path, typer.Option(help="folder of the inputs, made when missing")] = HERE / "data",
    json: Annotated[Path | None, typer.Option(help="file of the figures")] = None,
) -> None:
    """Measure glowray and its peers in turns on the same data, and compare their answers."""
    if not runs and not cold:
        raise typer.BadParameter("nothing to run: give --runs or --cold")
    console, reports = Console(), []
    if not console.is_terminal:
        console.width = 100
    for name in _named(workloads):
        work = workload(name)
        programs = _chosen(work, peers, console)
        for count in map(parse_size, size.split(",")) if size else [work.size]:
            with tempfile.TemporaryDirectory(prefix="out-", dir=_made(data)) as out:
                case = Case(count, work.inputs(data, count), Path(out), cores, engine)
                found = measure(work, programs, case, runs, cold)
            reports.append(Report(work.name, work.title, work.unit, count, cores, engine, machine(), found))
            show(reports[-1], console)
            if json:
                write(reports, json)
    if not all(report.agreed for report in reports):
        raise typer.Exit(1)


def parse_size(text: str) -> int:
    """Parse a number of bytes or rows.

    >>> parse_size("200MB"), parse_size("20M"), parse_size("1.5G"), parse_size("1000")
    (200000000, 20000000, 1500000000, 1000)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)b?", text.strip().lower())
    if not match:
        raise typer.BadParameter(f"{text!r} is no size; write 200MB, 20M or 1000")
    return int(float(match[1]) * UNITS[match[2]])


def _named(names: list[str] | None) -> list[str]:
    """Return the workloads of these names; `db_benchmark` has all its parts."""
    found: list[str] = []
    for name in names or WORKLOADS:
        parts = [known for known in WORKLOADS if known == name or known.startswith(f"{name}.")]
        if not parts:
            raise typer.BadParameter(f"no workload {name!r}; there are {', '.join(WORKLOADS)}")
        found += parts
    return found


def _chosen(work: Workload, names: str, console: Console) -> list[Program]:
    """Return the named programs. Print which are left out because a package is missing."""
    known = {program.name: program for program in work.programs}
    chosen = []
    for name in known if names == "all" else names.split(","):
        if name not in known and name in PROGRAMS:
            continue  # not every program does every workload
        if name not in known:
            raise typer.BadParameter(f"no program {name!r}; there are {', '.join(PROGRAMS)}")
        missing = [package for package in known[name].needs if importlib.util.find_spec(package) is None]
        if missing:
            console.print(f"{work.name}: {name} left out, {missing[0]} is not installed")
        else:
            chosen.append(known[name])
    return chosen


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
