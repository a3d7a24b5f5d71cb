"""A machine for tests: it has its own GLOWRAY_HOME, runs the real `glowray` command, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import glowray
from glowray.cluster.host.processes import Process, descendants, wait
from glowray.cluster.host.record import NodeRecord, load

SOURCES = Path(glowray.__file__).parents[1]
DEADLINE = 300.0  # seconds; only a command that hangs takes this long
CLUSTER_VARIABLES = ("RAY_", "GLOWRAY_", "XDG_")


class Machine:
    """A machine whose commands run with one folder as home, and with the environment variables `more`.

    `prefix` may put them into a network namespace.
    """

    def __init__(self, folder: Path, prefix: list[str] | None = None, **more: str) -> None:
        self.folder = folder
        self.prefix = prefix or []
        self.more = more
        self.glowray_home = folder / "glowray"
        (folder / "home").mkdir(parents=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of commands, without the caller's clusters and without a terminal."""
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(CLUSTER_VARIABLES)}
        own = {
            "HOME": str(self.folder / "home"),
            "GLOWRAY_HOME": str(self.glowray_home),
            "PYTHONPATH": os.pathsep.join([str(SOURCES), str(SOURCES / "cli")]),
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
        return inherited | own | self.more | more

    def command(self, *arguments: object) -> list[str]:
        """Return the command line of `glowray ARGUMENTS`."""
        return [*self.prefix, sys.executable, "-m", "glowray_cli", *map(str, arguments)]

    def run(
        self, *arguments: object, code: int | None = 0, stdin: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and check its exit code. With None as `code` any is right."""
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=self.environment(**more),
            cwd=self.folder,
        )
        assert code in (None, done.returncode), (
            f"{arguments}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def start(self, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command that starts a node."""
        with starting_alone():
            return self.run(*arguments, **more)

    def spawn(self, *arguments: object, **more: str) -> subprocess.Popen[str]:
        """Start a command and return while it runs."""
        return self.spawn_command(self.command(*arguments), **more)

    def spawn_python(self, code: str, **more: str) -> subprocess.Popen[str]:
        """Start Python code on this machine and return while it runs."""
        return self.spawn_command([*self.prefix, sys.executable, "-c", code], **more)

    def spawn_command(self, command: list[str], **more: str) -> subprocess.Popen[str]:
        """Start a whole command line and return while it runs. Its output and errors go to one pipe."""
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment(**more),
            cwd=self.folder,
        )

    def python(self, code: str, *arguments: str, exit_code: int = 0, **more: str) -> str:
        """Run Python code on this machine and return its output."""
        done = subprocess.run(
            [*self.prefix, sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=self.environment(**more),
            cwd=self.folder,
        )
        assert done.returncode == exit_code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if exit_code == 0 else done.stdout + done.stderr

    def up(self, *options: object) -> NodeRecord:
        """Start a head with one CPU on free ports."""
        self.start("up", "--port", 0, "--dashboard-port", 0, "--num-cpus", 1, *options)
        return self.record("head")

    def join(self, head: NodeRecord, *options: object) -> NodeRecord:
        """Join a head as a worker with one CPU."""
        self.start("join", head.address, "--token-file", head.token_file, "--num-cpus", 1, *options)
        return self.record("worker")

    def records(self) -> list[NodeRecord]:
        """Return the records of this machine's nodes."""
        return [load(path) for path in sorted(self.glowray_home.glob("nodes/*.json"))]

    def record(self, kind: str) -> NodeRecord:
        """Return the record of the only node of a kind."""
        (found,) = [record for record in self.records() if record.kind == kind]
        return found

    def processes(self) -> list[Process]:
        """Return every living process of this machine's nodes."""
        return descendants(process for record in self.records() for process in record.processes)

    def token(self) -> str:
        """Return the token of clusters that this machine started."""
        return (self.glowray_home / "token").read_text().strip()

    def close(self) -> None:
        """Stop all nodes. Fail if a process outlives `down`."""
        before = self.processes()
        folders = [Path(record.folder) for record in self.records()]
        self.run("down")
        left = [process for process in before if not wait(process, DEADLINE)]
        assert not left, f"outlived glowray down: {left}"
        assert not [folder for folder in folders if folder.exists()]


@contextmanager
def starting_alone() -> Iterator[None]:
    """Let no other test process start a node meanwhile: Ray gives up on nodes that take long."""
    with open(__file__) as lock:  # a lock needs a file, and this one exists already
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def until(condition: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    """Wait for a condition that no event announces."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)
