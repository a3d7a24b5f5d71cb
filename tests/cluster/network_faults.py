"""`make network-faults`: run jobs while a host loses its network in the middle of a shuffle, or the head dies.

Three hosts are made of namespaces: a head and two workers. In each round the cable of one host is unplugged for a time.
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

from glowray.cluster.host.processes import Process
from glowray.cluster.host.record import NodeRecord
from glowray.cluster.nodes.worker import REJOIN_SECONDS
from tests.cluster.machine import DEADLINE, Machine, until
from tests.cluster.network import MISSING, Host, can_make_hosts, new_hosts

ADDRESSES = ("198.18.7.1", "198.18.7.2", "198.18.7.3")
PARTITIONS, ROWS, KEYS = 24, 40_000, 500
BEYOND_SECONDS = 120.0
"""The seconds that a job with a fault may take beyond the job without one and the fault itself."""

LOG_BYTES = 3000
"""How much of the end of each log is shown if the cluster does not become whole again."""

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
    """A kind of fault: the host of the driver, the faulty host, and the seconds it lasts (None: the host is killed).

    In a `partial` fault only the driver's host cannot reach the faulty one.
    """

    title: str
    driver: int
    faulty: int
    seconds: float | None
    may_finish: bool = True
    partial: bool = False


SCENARIOS = {
    "worker-20": Scenario("a worker's network away for 20 s", 0, 1, 20.0),
    "worker-90": Scenario("a worker's network away for 90 s", 0, 1, 90.0),
    "driver-20": Scenario("the driver's network away for 20 s", 1, 1, 20.0),
    "driver-90": Scenario("the driver's network away for 90 s", 1, 1, 90.0, may_finish=False),
    "route-150": Scenario("a worker out of the driver's reach for 150 s", 1, 2, 150.0, partial=True),
    "head-dies": Scenario("the head is killed", 1, 0, None, may_finish=False),
}


@dataclass
class Outcome:
    """The outcome of a job: `kind` is "exact", "error", "wrong" or "hung"."""

    kind: str
    seconds: float
    said: str
    after_fault: float = 0.0


@contextmanager
def running_cluster(hosts: list[Host], folder: Path) -> Iterator[tuple[list[Machine], NodeRecord]]:
    """Run a head and two workers of one CPU each. The workers rejoin by themselves after a fault."""
    machines = [Machine(folder / f"host{number}", host.prefix) for number, host in enumerate(hosts)]
    try:
        head = machines[0].up("--host", hosts[0].address)
        for machine in machines[1:]:
            machine.join(head)
        yield machines, head
    finally:
        for machine in reversed(machines):
            machine.run("down")


def restore(hosts: list[Host], machines: list[Machine], head: NodeRecord, scenario: Scenario) -> None:
    """Wait until the cluster is complete again after a fault. Start the head again if it was killed.

    Workers try for REJOIN_SECONDS. On a busy machine they need several attempts.
    """
    if scenario.seconds is None:
        port = head.address.rpartition(":")[2]
        resources = ("--dashboard-port", 0, "--num-cpus", 1)
        machines[0].run("up", "--host", hosts[0].address, "--port", port, *resources)

    def is_complete() -> bool:
        return machines[0].run("status").stdout.count("alive") == len(hosts)

    try:
        until(is_complete, "the workers to come back", REJOIN_SECONDS + DEADLINE)
    except AssertionError as error:
        raise AssertionError("\n".join([str(error), *map(state_of, machines)])) from None


def state_of(machine: Machine) -> str:
    """Return what a machine knows of its nodes: their status, processes and the ends of all their logs."""
    texts = [f"=== {machine.folder.name}", machine.run("status", code=None).stdout]
    texts += [f"{process.pid} {name_of(process)}" for process in machine.processes()]
    for record in machine.records():
        logs = [Path(record.log), *Path(record.folder).glob("ray/session_2*/logs/*.out")]
        texts += [f"--- {path}\n{path.read_text(errors='replace')[-LOG_BYTES:]}" for path in logs if path.exists()]
    return "\n".join(texts)


def name_of(process: Process) -> str:
    """Return the program of a process, without its arguments."""
    try:
        # The kernel cuts the name after 15 bytes, even in the middle of a character.
        return Path(f"/proc/{process.pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return "has ended"


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
    kind = ""
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        kind = "hung"
        process.kill()
        said, _ = process.communicate()
    seconds = time.monotonic() - began
    thread.join()
    return Outcome(kind or _judge(said, process.returncode), seconds, said)


def _judge(said: str, code: int) -> str:
    lines = said.splitlines()
    if code or "survived 10" not in lines:
        return "wrong"
    if error := next((line for line in lines if line.startswith("error ")), ""):
        return "error" if any(address in error for address in ADDRESSES) else "wrong"
    return "exact" if f"rows {expected()}" in lines else "wrong"


def expected() -> list[tuple[int, int, int]]:
    """Return the rows of the job, computed in this process."""
    lengths = [0] * KEYS
    for part in range(PARTITIONS):
        for number in range(ROWS):
            lengths[number % KEYS] += 6 * (len(str(part)) + len(str(number)) + 2)
    return [(key, PARTITIONS * ROWS // KEYS, lengths[key]) for key in range(KEYS)]


def try_round(hosts: list[Host], machines: list[Machine], scenario: Scenario, quiet: float, seed: int) -> Outcome:
    """Run the job once with the fault of a scenario at a random moment of the first two thirds of its time."""
    moment = random.Random(seed).uniform(2.0, max(3.0, quiet * 2 / 3))

    def disturb() -> None:
        time.sleep(moment)  # the random moment is the experiment
        if scenario.seconds is None:
            supervisor = machines[0].record("head").processes[0]  # the kernel ends Ray's processes with it
            subprocess.run([*machines[0].prefix, "kill", "-KILL", str(supervisor.pid)], check=True)
            return
        driver, faulty = hosts[scenario.driver], hosts[scenario.faulty]
        if scenario.partial:
            driver.lose_route(faulty)
        else:
            faulty.cut()
        try:
            time.sleep(scenario.seconds)
        finally:
            if scenario.partial:
                driver.find_route(faulty)
            else:
                faulty.mend()

    outcome = run_job(machines[scenario.driver], disturb, quiet + (scenario.seconds or 0) + BEYOND_SECONDS)
    outcome.after_fault = outcome.seconds - moment
    return outcome


def main() -> int:
    """Run the rounds, and print and write their table. Return 1 if a job hung or gave wrong rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="only this; may be given again")
    options = parser.parse_args()
    if not can_make_hosts():
        print(f"NOT TESTED: {MISSING}")
        return 1
    found: dict[str, list[Outcome]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="gw-") as folder,
        new_hosts(f"gf{os.getpid() % 10**6}", ADDRESSES) as hosts,
        running_cluster(hosts, Path(folder)) as (machines, head),
    ):
        quiet = run_job(machines[0], lambda: None, BEYOND_SECONDS).seconds
        for name in options.scenario or SCENARIOS:
            for number in range(options.rounds):
                outcome = try_round(hosts, machines, SCENARIOS[name], quiet, number)
                found.setdefault(name, []).append(outcome)
                show(name, number, outcome)
                restore(hosts, machines, head, SCENARIOS[name])
    table = describe(found, quiet)
    print(table)
    if not options.scenario:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(table)
    return int(not all(was_right(name, outcome) for name, outcomes in found.items() for outcome in outcomes))


def was_right(name: str, outcome: Outcome) -> bool:
    """Return whether a job ended in time with an allowed outcome: an error, or the rows if they can be complete."""
    return outcome.kind == "error" or (outcome.kind == "exact" and SCENARIOS[name].may_finish)


def show(name: str, number: int, outcome: Outcome) -> None:
    """Print the outcome of a round."""
    error = next((line for line in outcome.said.splitlines() if line.startswith("error ")), "")
    times = f"after {outcome.seconds:.0f} s, {outcome.after_fault:.0f} s after the fault began"
    print(f"{name} {number}: {outcome.kind} {times} {error}", flush=True)
    if outcome.kind in ("wrong", "hung"):
        print(outcome.said[-3000:], flush=True)


def describe(found: dict[str, list[Outcome]], quiet: float) -> str:
    """Return the page with the table of outcomes."""
    lines = [
        "# When the network goes away",
        "",
        "`make network-faults` runs a job on three hosts (namespaces of one machine, one CPU each) and cuts a cable at",
        f"a random moment of a shuffle. Without a fault the job takes {quiet:.0f} s. Exact: all rows are right.",
        "Error: a GlowrayError that names the node or the head; the process goes on afterwards.",
        "",
        "| fault | rounds | exact | error | wrong | hung | end after the fault began, longest, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, outcomes in found.items():
        kinds = [outcome.kind for outcome in outcomes]
        counts = " | ".join(str(kinds.count(kind)) for kind in ("exact", "error", "wrong", "hung"))
        longest = max(outcome.after_fault for outcome in outcomes)
        lines.append(f"| {SCENARIOS[name].title} | {len(outcomes)} | {counts} | {longest:.0f} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
