"""`make network-faults`: what a job does when a host's network goes away in the middle of a shuffle, or the head dies.

Three hosts are made of namespaces: a head and two workers. In each round the cable of one host is out for a while.
A job may give the exact rows, or raise a GlowrayError that names the node or the head; anything else fails the round.
The table goes to docs/network-faults.md.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glowray.cluster.record import NodeRecord
from tests.cluster.machine import Machine
from tests.cluster.network import MISSING, Host, can_make_hosts, new_hosts

ADDRESSES = ("198.18.7.1", "198.18.7.2", "198.18.7.3")
PARTITIONS, ROWS, KEYS = 24, 40_000, 500
BEYOND_SECONDS = 120.0
"""How much longer than without a fault, and besides the fault itself, a job may take."""

HEAD_SECONDS = 30.0
"""How soon a job must have failed when its head is gone for good."""

RESULTS = Path(__file__).parents[2] / "docs" / "network-faults.md"

JOB = f"""
import sys, time
import glowray as gr
from glowray import cluster

def make(part):
    time.sleep(1.0)
    return [(number % {KEYS}, f"{{part}} {{number}} " * 6) for number in range({ROWS})]

def length(key, texts):
    return key, len(texts), sum(map(len, texts))

cluster.connect()
flow = gr.Flow("network faults", engine="ray", progress=False)
print("begun", flush=True)
try:
    rows = flow.from_range({PARTITIONS}, partitions={PARTITIONS}).flat_map(make).group_by_key().map(length).collect()
    print("rows", sorted(rows), flush=True)
except gr.GlowrayError as error:
    print("error", error, flush=True)
print("survived", gr.Flow(engine="inline").from_range(5).sum(), flush=True)
"""


@dataclass(frozen=True)
class Scenario:
    """One kind of fault: the host that has it, the host of the driver, and how long the cable is out (None: a kill)."""

    title: str
    driver: int
    faulty: int
    seconds: float | None
    may_finish: bool = True


SCENARIOS = {
    "worker-20": Scenario("a worker's network away for 20 s", 0, 1, 20.0),
    "worker-90": Scenario("a worker's network away for 90 s", 0, 1, 90.0),
    "driver-20": Scenario("the driver's network away for 20 s", 1, 1, 20.0),
    "driver-90": Scenario("the driver's network away for 90 s", 1, 1, 90.0, may_finish=False),
    "head-dies": Scenario("the head is killed", 1, 0, None, may_finish=False),
}


@dataclass
class Outcome:
    """How a job ended: `kind` is "exact", "error", "wrong" or "hung"."""

    kind: str
    seconds: float
    said: str


@contextmanager
def running_cluster(hosts: list[Host], folder: Path) -> Iterator[tuple[list[Machine], NodeRecord]]:
    """Run a head and two workers of one CPU each."""
    machines = [Machine(folder / f"host{number}", host.prefix) for number, host in enumerate(hosts)]
    try:
        head = machines[0].up("--host", hosts[0].address)
        for machine in machines[1:]:
            machine.join(head)
        yield machines, head
    finally:
        for machine in reversed(machines):
            machine.run("down")


def run_job(machine: Machine, disturb: Callable[[], object], limit: float) -> Outcome:
    """Run the job on a machine, call `disturb` in another thread after it has begun, and wait up to `limit` seconds."""
    process = subprocess.Popen(
        [*machine.prefix, sys.executable, "-c", JOB],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=machine.environment(),
        cwd=machine.folder,
    )
    assert process.stdout is not None
    before: list[str] = []
    while "begun" not in (line := process.stdout.readline()):
        before.append(line)
        assert line, f"the job ended before it began: {''.join(before)}"
    began = time.monotonic()
    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        return Outcome("hung", time.monotonic() - began, said)
    finally:
        thread.join()
    return Outcome(_judge(said, process.returncode), time.monotonic() - began, said)


def _judge(said: str, code: int) -> str:
    lines = said.splitlines()
    if code or "survived 10" not in lines:
        return "wrong"
    if any(line.startswith("error ") for line in lines):
        return "error" if any(address in said for address in ADDRESSES) else "wrong"
    return "exact" if f"rows {expected()}" in lines else "wrong"


def expected() -> list[tuple[int, int, int]]:
    """Return the rows of the job, reckoned here."""
    lengths = [0] * KEYS
    for part in range(PARTITIONS):
        for number in range(ROWS):
            lengths[number % KEYS] += 6 * (len(str(part)) + len(str(number)) + 2)
    return [(key, PARTITIONS * ROWS // KEYS, lengths[key]) for key in range(KEYS)]


def try_round(hosts: list[Host], machines: list[Machine], scenario: Scenario, quiet: float, seed: int) -> Outcome:
    """Run the job once with the fault of a scenario at a random moment of the first two thirds of its time."""
    moment = random.Random(seed).uniform(2.0, max(3.0, quiet * 2 / 3))

    def disturb() -> None:
        time.sleep(moment)  # the moment is the experiment
        if scenario.seconds is None:
            supervisor = machines[0].record("head").processes[0]  # the kernel ends Ray's processes with it
            subprocess.run([*machines[0].prefix, "kill", "-KILL", str(supervisor.pid)], check=True)
            return
        hosts[scenario.faulty].cut()
        try:
            time.sleep(scenario.seconds)
        finally:
            hosts[scenario.faulty].mend()

    limit = moment + HEAD_SECONDS if not scenario.may_finish else quiet + (scenario.seconds or 0) + BEYOND_SECONDS
    return run_job(machines[scenario.driver], disturb, limit + 20.0 if not scenario.may_finish else limit)


def main() -> int:
    """Run the rounds that are asked for, print and write their table; return 1 if a job hung or gave wrong rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="only this; may be given again")
    options = parser.parse_args()
    if not can_make_hosts():
        print(f"NOT TESTED: {MISSING}")
        return 1
    found: dict[str, list[Outcome]] = {}
    with tempfile.TemporaryDirectory(prefix="gw-") as folder, new_hosts(f"gf{os.getpid() % 10**6}", ADDRESSES) as hosts:
        quiet = 0.0
        for name in options.scenario or SCENARIOS:
            for number in range(options.rounds):
                with running_cluster(hosts, Path(folder) / f"{name}-{number}") as (machines, _):
                    quiet = quiet or run_job(machines[0], lambda: None, BEYOND_SECONDS).seconds
                    outcome = try_round(hosts, machines, SCENARIOS[name], quiet, number)
                    found.setdefault(name, []).append(outcome)
                    said = outcome.said.strip().splitlines()
                    error = next((line for line in said if line.startswith("error ")), "")
                    print(f"{name} {number}: {outcome.kind} after {outcome.seconds:.0f} s {error}", flush=True)
                    if outcome.kind in ("wrong", "hung"):
                        print(outcome.said[-3000:], flush=True)
    table = describe(found, quiet)
    print(table)
    if not options.scenario:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(table)
    return int(any(outcome.kind in ("wrong", "hung") for outcomes in found.values() for outcome in outcomes))


def describe(found: dict[str, list[Outcome]], quiet: float) -> str:
    """Return the page with the table of outcomes."""
    lines = [
        "# When the network goes away",
        "",
        "`make network-faults` runs a job on three hosts (namespaces of one machine, one CPU each) and cuts a cable at",
        f"a random moment of a shuffle. Without a fault the job takes {quiet:.0f} s. Exact: all rows are right.",
        "Error: a GlowrayError that names the node or the head; the process goes on afterwards.",
        "",
        "| fault | rounds | exact | error | wrong | hung | longest, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, outcomes in found.items():
        kinds = [outcome.kind for outcome in outcomes]
        counts = " | ".join(str(kinds.count(kind)) for kind in ("exact", "error", "wrong", "hung"))
        longest = max(outcome.seconds for outcome in outcomes)
        lines.append(f"| {SCENARIOS[name].title} | {len(outcomes)} | {counts} | {longest:.0f} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
