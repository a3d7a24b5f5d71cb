"""`make chaos ROUNDS=n SEED=s`: run jobs on three hosts while faults hit them, and judge every round.

A round is drawn from the seed and its number: a job, the host of its driver, and one to three faults. Functions of the
job fire them. The cluster is used again in the next round. A round that breaks a rule shows its plan and all logs. SEED
and ROUND alone run it again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.cluster.chaos.lab import Lab, new_lab
from tests.cluster.chaos.plan import Plan
from tests.cluster.chaos.rounds import Round, run_round
from tests.cluster.chaos.table import describe
from tests.cluster.network import MISSING, can_make_hosts

INSIDE = "GLOWRAY_CHAOS_INSIDE"
"""In a process that has a cluster, the path of its tally: BROKEN or KEPT for each round that has ended."""

MODULE = ("unshare", "--mount", "--propagation", "private", sys.executable, "-m", "tests.cluster.chaos")
BROKEN, KEPT = "broken", "kept"

MOST_FAILURES = 3
"""How often a cluster may fail to start before the suite gives up."""

RESULTS = Path(__file__).parents[3] / "docs" / "chaos.md"


def main() -> int:
    """Run the rounds. Return 1 if one broke a rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    parser.add_argument("--round", type=int, help="run this round alone")
    parser.add_argument("--record", type=Path, help="append a line for each round to this file")
    parser.add_argument("--table", type=Path, nargs="*", help="write the table of these records to docs/chaos.md")
    options = parser.parse_args()
    if options.table is not None:
        RESULTS.write_text(describe([json.loads(line) for path in options.table for line in path.open()]))
        return 0
    if not can_make_hosts():
        print(f"NOT TESTED: {MISSING}")
        return 1
    first, count = (options.first, options.rounds) if options.round is None else (options.round, 1)
    if INSIDE in os.environ:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        run_on_one_cluster([Plan.draw(options.seed, first + number) for number in range(count)], options.record)
        return 0
    broken = run_all(options.seed, range(first, first + count), options.record)
    print(f"{count} rounds, {broken} of them broke a rule")
    return int(broken > 0)


def run_all(seed: int, numbers: range, record: Path | None) -> int:
    """Run rounds. A process of its own has each cluster, as threads stay in its network. Return how many broke a rule.

    The next cluster begins with the round after the one that broke the last cluster.
    """
    broken, failures = 0, 0
    while numbers:
        with tempfile.NamedTemporaryFile("r", prefix="gc-") as tally:
            rounds = ("--seed", seed, "--first", numbers[0], "--rounds", len(numbers))
            words = (*MODULE, *rounds, *(("--record", record) if record else ()))
            with subprocess.Popen([str(word) for word in words], env=os.environ | {INSIDE: tally.name}) as cluster:
                signal.signal(signal.SIGTERM, lambda number, frame, cluster=cluster: cluster.terminate())
                code = cluster.wait()
            outcomes = tally.read().split()
        failures = 0 if outcomes else failures + 1
        if failures == MOST_FAILURES:
            raise SystemExit("the cluster did not start")
        broken += outcomes.count(BROKEN)
        numbers = numbers[len(outcomes) :]
        if code:
            sys.exit(code)
    return broken


def run_on_one_cluster(plans: list[Plan], record: Path | None) -> None:
    """Run rounds on one cluster until one breaks it. Write a word to the tally for each."""
    with (
        tempfile.TemporaryDirectory(prefix="gc-", ignore_cleanup_errors=True) as folder,
        new_lab(Path(folder)) as lab,
        Path(os.environ[INSIDE]).open("w") as tally,
    ):
        for plan in plans:
            if not is_ready(lab, plan):
                return
            ended = try_round(lab, plan, record)
            print(BROKEN if ended is None or ended.verdict.broken else KEPT, file=tally, flush=True)
            if ended is None:
                return


def is_ready(lab: Lab, plan: Plan) -> bool:
    """Prepare the cluster for a round. Return False if that fails, as on a machine that is too busy for Ray's start."""
    try:
        lab.heal(plan.nodes_at_start)
    except AssertionError as error:
        print(f"round {plan.number} waits for a new cluster: {error}", flush=True)
        return False
    return True


def try_round(lab: Lab, plan: Plan, record: Path | None) -> Round | None:
    """Run a round and print its outcome. Return None if the cluster did not become whole again."""
    try:
        ended = run_round(lab, plan)
    except Exception:
        traceback.print_exc()
        show_broken(lab, plan, ["the round did not end"], "")
        note(record, plan, "broken", ["the round did not end"])
        return None
    kinds = ", ".join(fault.kind for fault in plan.faults)
    error = f"{ended.result.error}: {ended.result.message}" if ended.result and ended.result.error else ""
    outcome = f"{ended.verdict.outcome} after {ended.seconds:.0f} s"
    print(f"{plan.number} {plan.job} [{kinds}]: {outcome} {error}", flush=True)
    if ended.verdict.broken:
        show_broken(lab, plan, ended.verdict.broken, ended.said)
    note(record, plan, ended.verdict.outcome, ended.verdict.broken)
    return ended


def show_broken(lab: Lab, plan: Plan, broken: Sequence[str], said: str) -> None:
    """Print a round that broke a rule, with the words of its driver and the logs of all hosts."""
    print("\n".join(["BROKEN", *broken, f"SEED={plan.seed} ROUND={plan.number}", plan.to_json(), said]))
    print(lab.state(), "END", sep="\n", flush=True)


def note(record: Path | None, plan: Plan, outcome: str, broken: Sequence[str]) -> None:
    """Append a line for a round to the record."""
    if record is not None:
        with record.open("a") as file:
            file.write(json.dumps({"plan": asdict(plan), "outcome": outcome, "broken": list(broken)}) + "\n")


if __name__ == "__main__":
    sys.exit(main())
