"""The figures of a run as a table and as JSON."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Measured

PACKAGES = ("glowray", "ray", "pyarrow", "numpy", "polars", "duckdb", "pyspark", "dask")


@dataclass(frozen=True)
class Report:
    """One workload, measured."""

    workload: str
    title: str
    unit: str
    size: int
    cores: int
    engine: str
    machine: dict[str, Any]
    programs: Sequence[Measured]

    @property
    def expected(self) -> str:
        """The digest of the answer that most programs gave."""
        digests = Counter(one.digest for one in self.programs if one.error is None)
        return digests.most_common(1)[0][0] if digests else ""

    @property
    def agreed(self) -> bool:
        """Whether every program ended without an error, and all gave the same answer."""
        return all(one.error is None and one.digest == self.expected for one in self.programs)


def machine() -> dict[str, Any]:
    """Return the time, the processor and the versions of packages."""
    installed = {package: _version(package) for package in PACKAGES}
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processor": _processor(),
        "packages": {package: version for package, version in installed.items() if version},
    }


def show(report: Report, console: Console) -> None:
    """Print a table with a row for each program. The ratio is glowray's time divided by the program's."""
    table = Table(
        title=f"{report.title}: {report.size:,} {report.unit}, {report.cores} cores", title_justify="left", box=SIMPLE
    )
    table.add_column("program", no_wrap=True)
    for heading in ("warm s", "min–max", "cpu s", "cold s", "ratio", "peak MB", "idle MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("answer", no_wrap=True)
    base = next((one for one in report.programs if one.program == "glowray" and one.error is None), None)
    for one in report.programs:
        table.add_row(*_row(one, base, report.expected))
    console.print(table)
    for one in report.programs:
        if one.error:
            console.print(f"{one.program} failed: {one.error}", markup=False, highlight=False)
        elif one.digest != report.expected:
            console.print(f"{one.program} answered {one.answer}", markup=False, highlight=False)


def write(reports: Sequence[Report], path: Path) -> None:
    """Write all figures as JSON, including the time of each run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(report) for report in reports], indent=1) + "\n", encoding="utf-8")


def _row(one: Measured, base: Measured | None, expected: str) -> list[str]:
    if one.error:
        return [one.program, "failed", *[""] * 7]
    warm, spread = (f"{median(one.warm):.2f}", f"{min(one.warm):.2f}–{max(one.warm):.2f}") if one.warm else ("", "")
    ratio = f"{base.seconds / one.seconds:.2f}" if base and base is not one else ""
    cold = f"{median(one.cold):.2f}" if one.cold else ""
    answer = "same" if one.digest == expected else "DIFFERS"
    processor = f"{median(one.processor):.2f}" if one.processor else ""
    return [
        one.program,
        warm,
        spread,
        processor,
        cold,
        ratio,
        _megabytes(one.peak_bytes),
        _megabytes(one.idle_bytes),
        answer,
    ]


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.0f}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
