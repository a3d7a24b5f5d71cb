"""Test that stopping ends exactly the processes that were started, and leaves no files."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from glowray.cluster.host.processes import Process, wait
from tests.cluster.conftest import Pair
from tests.cluster.machine import DEADLINE, Machine, starting_alone, until

pytestmark = pytest.mark.cluster

SLOW_JOB = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"


def test_down_with_nothing_running(machine: Machine) -> None:
    assert machine.run("down").stdout == "Nothing was started here.\n"


def test_status_with_nothing_running(machine: Machine) -> None:
    done = machine.run("status", code=1)
    assert done.stderr.startswith("Error: no cluster is named, and none was started here\nHint:")
    assert done.stdout == "native: compiled\n"


def test_down_ends_only_what_was_started_here(new_machine: Callable[..., Machine]) -> None:
    mine, other = new_machine("mine"), new_machine("other")
    ours, theirs = mine.up(), other.up()
    mine.start("join", theirs.address, "--token-file", theirs.token_file, "--num-cpus", 1)
    ended, surviving = mine.processes(), other.processes()
    shown = mine.run("down").stdout
    assert f"The head at {ours.address} ended" in shown and f"The worker of {theirs.address} ended" in shown
    assert all(wait(process, DEADLINE) for process in ended)
    assert not mine.records() and not Path(ours.folder).exists()
    assert all(process.is_alive() for process in surviving)
    until(lambda: other.run("status").stdout.count("gone") == 1, "the head to miss the worker")
    assert other.run("status").stdout.count("alive") == 1


def test_nothing_stays_in_the_temporary_folder(new_machine: Callable[..., Machine]) -> None:
    """Check three cases: nodes that `down` ended, a node whose supervisor was killed, a job that wrote to the folder
    itself.
    """
    heads, workers = new_machine("head"), new_machine("worker")
    temporary = heads.folder / "tmp"
    temporary.mkdir()

    def run(machine: Machine, *words: object) -> str:
        return machine.run(*words, TMPDIR=str(temporary)).stdout

    heads.start("up", "--port", 0, "--dashboard-port", 0, "--num-cpus", 1, TMPDIR=str(temporary))
    head = heads.record("head")
    workers.start("join", head.address, "--token-file", head.token_file, "--num-cpus", 1, TMPDIR=str(temporary))
    worker = workers.record("worker")
    job = write(heads, "job.py", f"import tempfile\nprint(tempfile.gettempdir() == {str(temporary)!r})\n")
    assert "True" in run(heads, "run", "--address", head.address, job)
    os.kill(worker.processes[0].pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in worker.processes)
    run(workers, "down")
    run(heads, "down")
    folders = [temporary, Path(head.folder), Path(worker.folder)]
    assert [path for folder in folders if folder.exists() for path in folder.iterdir()] == []


def test_what_a_killed_supervisor_left_is_cleared_away(machine: Machine) -> None:
    record = machine.up()
    job = machine.spawn("run", "--address", record.address, write(machine, "slow.py", SLOW_JOB))
    read_until(job, "begun")
    everything = machine.processes()
    assert any(b"slow.py" in Path(f"/proc/{process.pid}/cmdline").read_bytes() for process in everything)
    os.kill(record.processes[0].pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in record.processes), "the kernel ends Ray with its supervisor"
    assert "ended (killed)" in machine.run("status", code=1).stdout
    assert "had ended already" in machine.run("down").stdout
    assert not machine.records() and not Path(record.folder).exists()
    # Workers end by themselves when they lose their node. All other processes have ended by now.
    assert all(wait(process, DEADLINE) for process in everything)
    job.communicate(timeout=DEADLINE)


def test_a_stale_record_does_not_hinder_the_next_head(machine: Machine) -> None:
    first = machine.up()
    os.kill(first.processes[0].pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in first.processes)
    second = machine.up()
    assert second.name != first.name and machine.records() == [second]


def test_a_recorded_pid_that_another_program_has_now_is_left_alone(machine: Machine) -> None:
    record = machine.up()
    stranger = machine.spawn("run", write(machine, "waits.py", "import time\ntime.sleep(600)\n"))
    try:
        now = Process.of(stranger.pid)
        assert now is not None
        reused = Process(stranger.pid, now.started - 1, now.boot)
        path = machine.glowray_home / "nodes" / f"{record.name}.json"
        text = path.read_text().replace(f'"pid": {record.processes[-1].pid},', f'"pid": {reused.pid},')
        path.write_text(text.replace(f'"started": {record.processes[-1].started},', f'"started": {reused.started},'))
        assert machine.records()[0].processes[-1] == reused
        machine.run("down")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.communicate()


def test_a_node_that_loses_its_raylet_ends_and_says_so(machine: Machine) -> None:
    record = machine.up()
    raylet = next(p for p in record.processes if b"/raylet\0" in Path(f"/proc/{p.pid}/cmdline").read_bytes())
    everything = machine.processes()
    os.kill(raylet.pid, signal.SIGKILL)
    assert all(wait(process, DEADLINE) for process in everything)
    assert "ended (raylet ended by itself)" in machine.run("status", code=1).stdout
    assert machine.run("down").stdout == f"The head at {record.address} had ended already\n"


def test_a_node_whose_agents_are_slow_once_is_started_again(machine: Machine) -> None:
    """The raylet stops because its agents are slow. Its message must have the words that glowray looks for."""
    (machine.folder / "slow").mkdir()
    (machine.folder / "slow" / "sitecustomize.py").write_text(
        "import os, sys, time\n"
        "if any(word.endswith('dashboard/agent.py') for word in sys.orig_argv):\n"
        "    try:\n"
        f"        os.mkdir({str(machine.folder / 'was slow')!r})\n"
        "        time.sleep(600)\n"
        "    except FileExistsError:\n"
        "        pass\n"
    )
    path = f"{machine.folder / 'slow'}:{machine.environment()['PYTHONPATH']}"
    machine.start("up", "--port", 0, "--dashboard-port", 0, "--num-cpus", 1, PYTHONPATH=path)
    assert (machine.folder / "was slow").exists()
    assert machine.run("status").stdout.count("alive") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_head_in_the_foreground_ends_with_its_command(machine: Machine, number: signal.Signals) -> None:
    with starting_alone():
        command = machine.spawn("up", "--block", "--port", 0, "--dashboard-port", 0, "--num-cpus", 1)
        read_until(command, "Only this machine reaches it")
    everything = machine.processes()
    command.send_signal(number)
    said, _ = command.communicate(timeout=DEADLINE)
    assert all(wait(process, DEADLINE) for process in everything)
    assert said == ""
    assert command.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_job_on_the_cluster(pair: Pair, number: signal.Signals, code: int) -> None:
    machine = pair.head_machine
    job = machine.spawn("run", "--address", pair.head.address, write(machine, "slow.py", SLOW_JOB))
    read_until(job, "begun")
    script = next(p for p in machine.processes() if b"slow.py" in Path(f"/proc/{p.pid}/cmdline").read_bytes())
    job.send_signal(number)
    said, _ = job.communicate(timeout=DEADLINE)
    assert job.returncode == code and "Traceback" not in said
    assert wait(script, DEADLINE)


def test_down_ends_a_running_job_too(machine: Machine) -> None:
    head = machine.up()
    job = machine.spawn("run", "--address", head.address, write(machine, "slow.py", SLOW_JOB))
    read_until(job, "begun")
    everything = machine.processes()
    machine.run("down")
    assert all(wait(process, DEADLINE) for process in everything)
    said, _ = job.communicate(timeout=DEADLINE)
    assert job.returncode == 1 and "Error: the connection to the job" in said and "Traceback" not in said


def read_until(command: subprocess.Popen[str], text: str) -> None:
    """Read a command's output up to the line that holds `text`."""
    assert command.stdout is not None
    while text not in (line := command.stdout.readline()):
        assert line, f"the command ended before it said {text!r}"


def write(machine: Machine, name: str, text: str) -> Path:
    """Write a script into a folder of its own."""
    path = machine.folder / "scripts" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path
