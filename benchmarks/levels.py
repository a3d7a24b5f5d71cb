"""Measure reference functions at both levels, so that a test can compare the planner's choice with what is faster.

    python -m benchmarks.levels                 # all functions; writes benchmarks/levels.json
    python -m benchmarks.levels lower zfill     # some, printed only

A function of `benchmarks.cliffs` runs over its usual lines as columns and as a generated loop, in turns. Costs decide
between the two, so each run has costs that leave no choice. Figures are nanoseconds of CPU time a row. A run of each
machine is kept under the name of its processor.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import glowray as gr
from benchmarks.cliffs import CASES, lines_of
from benchmarks.report import machine
from glowray.vectorize.costs import COSTS

STORED = Path(__file__).with_name("levels.json")
LEVELS = {"arrow": (1, 100_000), "fused": (100_000, 1)}
"""Level → the costs of every construct (as a column kernel, in a loop) that choose it."""

ENDINGS: dict[str, Callable[[Any], Any]] = {"count": lambda rows: rows.count(), "collect": lambda rows: rows.collect()}
TURNS = 5


@contextmanager
def choosing(level: str) -> Iterator[None]:
    """Give every construct the costs that choose a level."""
    known = dict(COSTS)
    COSTS.update(dict.fromkeys(COSTS, LEVELS[level]))
    try:
        yield
    finally:
        COSTS.update(known)


def measure(name: str, ending: str, rows: int, path: Path) -> dict[str, float]:
    """Return level → nanoseconds a row, the least of some turns."""
    path.write_text("".join(f"{line}\n" for line in lines_of(CASES[name], 0.0, rows)))
    best = dict.fromkeys(LEVELS, float("inf"))
    for _ in range(TURNS):
        for level in LEVELS:
            with choosing(level):
                flow = gr.Flow(name, engine="inline")
                start = time.process_time()
                ENDINGS[ending](flow.read_text(path).map(CASES[name].function))
                best[level] = min(best[level], (time.process_time() - start) / rows * 1e9)
    return {level: round(each) for level, each in best.items()}


def main() -> None:
    """Measure the named functions and print them, or measure all and store them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"any of {', '.join(CASES)}")
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases or CASES:
            for ending in ENDINGS:
                found[f"{name}, {ending}"] = measure(name, ending, options.rows, Path(folder) / "lines.txt")
                print(f"{name}, {ending}: {found[f'{name}, {ending}']}", flush=True)
    if not options.cases:
        known = json.loads(STORED.read_text()) if STORED.exists() else {}
        known[machine()["processor"]] = found
        STORED.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
