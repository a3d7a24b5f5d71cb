"""One round: prepare the outputs, run the job with its faults, heal the cluster, look what is left, and judge."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import glowray as gr
from glowray.cluster.host.processes import Process, children
from glowray.io.filesystem.chosen import chosen
from tests.cluster.chaos.driver import BEGUN, RESULT
from tests.cluster.chaos.faults import Fuses
from tests.cluster.chaos.firing import Firing
from tests.cluster.chaos.jobs import JOBS, Places, Result, digest, run
from tests.cluster.chaos.judge import Contents, Seen, Verdict, judge
from tests.cluster.chaos.lab import Lab, command_of
from tests.cluster.chaos.plan import Plan
from tests.cluster.chaos.probe import SUM
from tests.cluster.machine import DEADLINE, Machine

BEYOND_SECONDS = 240.0
"""The seconds that a job may take beyond its faults."""

STAYS = re.compile(
    rb"^(sh\0|sleep\0infinity|.*glowray\.cluster\.nodes\.supervisor|.*/gcs_server|.*/raylet|.*dashboard\.py|"
    rb".*/log_monitor\.py|.*default_worker\.py|ray::IDLE|ray::DashboardAgent|ray::RuntimeEnvAgent|"
    rb"ray-dashboard-|.* multiprocessing\.|.*from multiprocessing\.|"
    rb".*runtime_env.agent.main\.py|.*dashboard.agent\.py|.*process_watcher|.*reaper)",
    re.DOTALL,
)
"""The processes of a cluster on which no job runs."""

PART = re.compile(r"part-\d{5}(-[0-9a-f]{32})?\.txt")
NODE_FOLDER = re.compile(r"glowray-(?!scratch)")
GONE_SECONDS = 60.0

HIDES_TASKS = {"raylet", "link", "head"}
"""The kinds of faults after which the driver may not learn that a task has ended."""


@dataclass
class Round:
    """A round that has ended."""

    plan: Plan
    verdict: Verdict
    seconds: float
    said: str
    result: Result | None


def run_round(lab: Lab, plan: Plan) -> Round:
    """Run a round on a cluster that was prepared for it. Afterwards the cluster is whole again."""
    places, words = new_places(lab, f"{plan.seed}-{plan.number}"), JOBS[plan.job].targets
    if plan.replaces:
        run(plan.job, "inline", places, Fuses("", ()), "old")
    before = {name: content(places, name) for name in words}
    fuses = Fuses(str(lab.folder / f"fuses-{plan.seed}-{plan.number}"), plan.faults)
    fuses.arm()
    flags = lab.flags()
    began = time.monotonic()
    code, said, firing = drive(lab, plan, places, fuses)
    seconds = time.monotonic() - began
    lab.heal(range(len(lab.hosts)))
    # The next job replaces the file of bad rows, and keeps the rows of folders.
    after = {name: content(places, name) for name in words if name == "letters"}
    next_sum = run_next(lab.machines[plan.driver], places, plan)
    expected, new = undisturbed(lab, plan.job)
    after |= {name: content(places, name) for name in words if name != "letters"}
    contents = {name: Contents(before[name], after[name], new[name]) for name in words}
    left = [*firing.errors, *traces(lab, places, None if plan.kinds & HIDES_TASKS else flags)]
    result = result_of(said)
    verdict = judge(plan, Seen(code, result, expected, contents, left, next_sum))
    shutil.rmtree(lab.disk / places_name(plan), ignore_errors=True)
    shutil.rmtree(fuses.folder)
    return Round(plan, verdict, seconds, said, result)


def places_name(plan: Plan) -> str:
    """Return the name of a round's folder."""
    return f"{plan.seed}-{plan.number}"


def new_places(lab: Lab, name: str) -> Places:
    """Make a round's folder on the disk, and return the places of its job."""
    folder = lab.disk / name
    folder.mkdir()
    words = lab.folder / "words.txt"
    if not words.exists():
        words.write_text("".join(f"word{n % 97} word{n % 89} and {n % 13}\n" for n in range(12_000)))
    texts = [str(folder / part) for part in ("out", "other")]
    return Places(str(words), *texts, f"{lab.bucket.url}/{name}", str(folder / "bad.jsonl"), lab.bucket.options)


_undisturbed: dict[str, tuple[Result, dict[str, str | None]]] = {}


def undisturbed(lab: Lab, job: str) -> tuple[Result, dict[str, str | None]]:
    """Return the result of a job without faults, and the contents of its targets. It runs in this process, once."""
    if job not in _undisturbed:
        places = new_places(lab, f"undisturbed-{job.replace(' ', '-')}")
        result = run(job, "inline", places, Fuses("", ()), "new")
        assert not result.error, result
        _undisturbed[job] = result, {name: content(places, name) for name in JOBS[job].targets}
    return _undisturbed[job]


def drive(lab: Lab, plan: Plan, places: Places, fuses: Fuses) -> tuple[int | None, str, Firing]:
    """Run the driver with the faults. Return its exit code (None if it hung), its words, and what was fired."""
    order = asdict(fuses) | {"fuses": fuses.folder, "job": plan.job, "places": asdict(places)}
    process = start(lab.machines[plan.driver], "driver", order)
    assert process.stdout is not None
    before = []
    while BEGUN not in (line := process.stdout.readline()):
        before.append(line)
        assert line, f"the job ended before it began: {''.join(before)}"
    (pid,) = children(process.pid)  # below nsenter
    driver = Process.of(pid)
    assert driver is not None
    firing = Firing(lab, fuses, driver)
    try:
        said, _ = process.communicate(timeout=BEYOND_SECONDS + sum(fault.seconds for fault in plan.faults))
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        os.kill(driver.pid, 9)
        said, _ = process.communicate()
        code = None
    finally:
        firing.stop()
    return code, said, firing


def start(machine: Machine, module: str, order: dict[str, Any]) -> subprocess.Popen[str]:
    """Start a module of this folder on a machine."""
    command = [*machine.prefix, sys.executable, "-m", f"tests.cluster.chaos.{module}", json.dumps(order)]
    return machine.spawn_command(command)


def run_next(machine: Machine, places: Places, plan: Plan) -> int | None:
    """Run the next jobs on the driver's host, and return the result. If they fail, print why and return None."""
    process = start(machine, "probe", {"places": asdict(places), "targets": JOBS[plan.job].targets})
    try:
        said, _ = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
    lines = [line for line in said.splitlines() if line.startswith(SUM)]
    if not lines:
        print(said, flush=True)
        return None
    return int(lines[0].split()[1])


def result_of(said: str) -> Result | None:
    """Return the result that a driver printed, None if it printed none."""
    lines = [line for line in said.splitlines() if line.startswith(RESULT)]
    return Result(**json.loads(lines[0].removeprefix(RESULT))) if lines else None


def content(places: Places, name: str) -> str | None:
    """Return a digest of a target's rows, in order; None if it is absent or has no rows."""
    flow = gr.Flow("content", engine="inline", progress=False)
    try:
        match name:
            case "store":
                rows = flow.read_text(places.store, storage_options=places.options).collect()
            case "letters":
                rows = flow.read_text(places.letters).collect()
            case _:
                rows = flow.read_text({"folder": places.folder, "other": places.other}[name]).collect()
    except FileNotFoundError:
        return None
    return digest(rows) if rows else None


def traces(lab: Lab, places: Places, flags: list[str] | None) -> list[str]:
    """Return what a round left behind: files, objects, processes, references, stop flags.

    `flags` are those from before the round. With None no flag counts: a task that could not be reached may still look
    for its flag, which a later stop removes.
    """
    left = [*files_beside(places), *temporary_files(lab), *objects_beside(lab, places)]

    def new_flags() -> list[str]:
        return [] if flags is None else [flag for flag in lab.flags() if flag not in flags]

    return left + wait_until_gone(lambda: [*processes(lab), *lab.taken(), *new_flags()])


def files_beside(places: Places) -> list[str]:
    """Return the files of a round's folder that belong to no output."""
    folder = Path(places.folder).parent
    outputs = {Path(places.folder), Path(places.other)}
    found = [path for path in folder.rglob("*") if path not in outputs and path != Path(places.letters)]
    return [str(path) for path in found if not (path.parent in outputs and is_of_output(path.name))]


def is_of_output(name: str) -> bool:
    """Return whether a file of an output may have this name."""
    return name == "_SUCCESS" or PART.fullmatch(name) is not None


def objects_beside(lab: Lab, places: Places) -> list[str]:
    """Return the objects of the output in the store that no reader reads, and its open uploads."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    where = chosen(places.store, places.options)
    names = [info.path.removeprefix(f"{where.path}/") for info in where.files.list(where.path)]
    success = json.loads(chosen(f"{places.store}/_SUCCESS", places.options).read()) if "_SUCCESS" in names else {}
    listed = set(success.get("files", ()))
    uploads = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_bucket(lab.bucket.name).multiparts
    open_uploads = [f"an open upload of {upload.key_name}" for upload in uploads.values()]
    return [name for name in names if name != "_SUCCESS" and name not in listed] + open_uploads


def temporary_files(lab: Lab) -> list[str]:
    """Return the temporary files on all hosts, beside the folders of running nodes."""
    found = []
    for number, folder in enumerate(lab.temporary):
        nodes = {Path(record.folder).name for record in lab.machines[number].records()}
        scratch = [path for path in folder.iterdir() if path.name.startswith("glowray-scratch-")]
        if scratch:
            sweep_scratch(lab.machines[number])
        found += [str(path) for path in folder.iterdir() if path.name not in nodes]
    return found


def sweep_scratch(machine: Machine) -> None:
    """Do on a host what the next task that writes to a store does first."""
    machine.python("from glowray.io.files.scratch import scratch_folder as f\nwith f(): pass")


def processes(lab: Lab) -> list[str]:
    """Return the processes of all hosts that belong to no idle cluster."""
    found = []
    for number, host in enumerate(lab.hosts):
        commands = [command_of(process) for process in host.processes()]
        found += [
            f"process on host {number}: {words[:200]!r}" for words in commands if words and not STAYS.match(words)
        ]
    return found


def wait_until_gone(traces: Callable[[], list[str]]) -> list[str]:
    """Return the traces that do not go away by themselves."""
    deadline = time.monotonic() + GONE_SECONDS
    while (found := traces()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
