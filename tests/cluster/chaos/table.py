"""The page docs/chaos.md: the outcomes of rounds by job and fault."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.cluster.chaos.faults import KINDS
from tests.cluster.chaos.jobs import JOBS

OUTCOMES = ("exact", "error", "ended")

INTRODUCTION = """# Faults at random

`make chaos ROUNDS=n SEED=s` runs jobs on three hosts: namespaces of one machine, one CPU each, with a disk that they
share and an S3 server. A round has one job and one to three faults. Functions of the job fire them: a fuse is a file
that one function of the whole cluster can rename, so a task that is tried again does not fire twice.

After a round, a job that ended has the undisturbed rows, counters and skipped rows, or a clear error. Faults that a job
must survive allow no error: a killed worker process, a killed raylet, a late node, a disk that hangs. Outputs are whole
or absent. After the next job, no process, temporary file, claim, lease, upload, reference or stop flag is left. A stop
flag may stay where a raylet, a link or the head was lost: a stop an hour later removes it. A round that breaks a rule
prints its plan and the logs of all hosts. `make chaos SEED=s ROUND=n` runs it again.

A cell counts the rounds of a job with a fault: exact / clear error / driver ended by its signal. A round with three
faults counts in three rows. Rounds that broke a rule are counted in the last column, whatever their outcome.
`python -m tests.cluster.chaos --table RECORD …` writes this page from the records of runs (`--record RECORD`).
"""

FOUND = """
Rounds found these faults, which were mended afterwards:

- A worker ended with its Ray if its head was started again between two checks of the head's port. It comes back now.
- A task that could not be stopped made the folder of a job anew that had ended. No later job removed that folder.
- A node that could not start on a full disk did not say so.
- A stop flag stopped all tasks of a run, also those that Ray ran again to make lost blocks anew.
- A driver that lost its cluster while it stopped tasks started a Ray of its own.
- The wait for late tasks did not see the loss of the head.
"""


def describe(rounds: list[dict[str, Any]]) -> str:
    """Return the page. A round is its plan, its outcome and the rules that it broke."""
    lines = [INTRODUCTION, f"{len(rounds)} rounds ran, and {sum(map(is_broken, rounds))} broke a rule.", ""]
    lines += [f"| fault | {' | '.join(JOBS)} | broken |", f"|---|{'---|' * (len(JOBS) + 1)}"]
    for kind, properties in KINDS.items():
        own = [each for each in rounds if kind in {fault["kind"] for fault in each["plan"]["faults"]}]
        cells = [cell([each for each in own if each["plan"]["job"] == job]) for job in JOBS]
        lines.append(f"| {properties.title} | {' | '.join(cells)} | {sum(map(is_broken, own))} |")
    return "\n".join([*lines, FOUND])


def is_broken(ended: dict[str, Any]) -> bool:
    """Return whether a round broke a rule."""
    return bool(ended["broken"])


def cell(rounds: list[dict[str, Any]]) -> str:
    """Return the counts of outcomes of some rounds."""
    counts = Counter(each["outcome"] for each in rounds)
    return " / ".join(str(counts[outcome]) for outcome in OUTCOMES) if rounds else ""
