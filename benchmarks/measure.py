"""Time and memory of programs, which run in turns, each in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import tree_bytes, tree_seconds
from benchmarks.program import Case, Program, Workload

PERIOD = 0.05  # seconds between two samples of memory
ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):  # noqa: N818  (a program's outcome, not an error of the measurement)
    """A program ended with an error."""


@dataclass
class Measured:
    """The result of one program: seconds of each run, bytes of memory, and its answer or error.

    `processor` is the processor time of all its processes in each warm run, in seconds of one core. Other work on the
    machine hardly changes it.
    """

    program: str
    warm: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    idle_bytes: int | None = None
    peak_bytes: int | None = None
    answer: str = ""
    digest: str = ""
    error: str | None = None

    @property
    def seconds(self) -> float:
        """The median seconds of the warm runs, or of the cold runs if there are no warm ones."""
        return median(self.warm or self.cold)


class Child:
    """The process of a program. It starts at once, runs the program on demand, and ends when its input is closed."""

    def __init__(self, work: Workload, program: Program, case: Case) -> None:
        spec = {
            "workload": work.name, "program": program.name, "size": case.size, "out": str(case.out),
            "inputs": {name: str(path) for name, path in case.inputs.items()},
            "cores": case.cores, "engine": case.engine,
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.child", json.dumps(spec)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=ROOT,
        )  # fmt: skip
        self.pid = self._process.pid

    def opened(self) -> None:
        """Wait until the program is ready to run."""
        self._heard()

    def run(self) -> dict[str, Any]:
        """Run the program once. Return its seconds and the digest of its answer."""
        assert self._process.stdin
        with suppress(BrokenPipeError):  # Its last message or its exit code says why.
            self._process.stdin.write("run\n")
        return self._heard()

    def close(self) -> None:
        """Let the program close itself, and wait for the end of the process."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"its process ended with exit code {self._process.wait()}")
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            raise Failed(message["error"])
        return message


def measure(work: Workload, programs: Sequence[Program], case: Case, runs: int, cold: int) -> list[Measured]:
    """Run every program `cold` times cold and `runs` times warm, in turns. After warm runs measure its memory."""
    found = [Measured(program.name) for program in programs]
    for _ in range(cold):
        for program, one in _sound(programs, found):
            with _noted(one):
                _cold_run(work, program, case, one)
    if runs:
        _warm_runs(work, _sound(programs, found), case, runs)
    return found


def _sound(programs: Sequence[Program], found: Sequence[Measured]) -> list[tuple[Program, Measured]]:
    """Return the programs that have not failed."""
    return [(program, one) for program, one in zip(programs, found, strict=True) if one.error is None]


def _cold_run(work: Workload, program: Program, case: Case, one: Measured) -> None:
    """Measure one run from the start of the process to the answer."""
    start = time.perf_counter()
    child = Child(work, program, case)
    try:
        child.opened()
        message = child.run()
        one.cold.append(time.perf_counter() - start)
        _compare(one, message)
    finally:
        child.close()


def _warm_runs(work: Workload, both: list[tuple[Program, Measured]], case: Case, runs: int) -> None:
    """Run programs that stay open. The first run of each is not counted; the last measures memory, not time."""
    with ExitStack() as stack:
        children: list[tuple[Child, Measured]] = []
        for program, one in both:
            with _noted(one):
                child = Child(work, program, case)
                stack.callback(child.close)
                child.opened()
                child.run()
                children.append((child, one))
        for turn in [_timed_run] * runs + [_watched_run]:
            for child, one in children:
                if one.error is None:
                    with _noted(one):
                        turn(child, one)


def _timed_run(child: Child, one: Measured) -> None:
    before = tree_seconds(child.pid)
    message = child.run()
    one.warm.append(message["seconds"])
    if before is not None and (after := tree_seconds(child.pid)) is not None:
        one.processor.append(after - before)
    _compare(one, message)


def _watched_run(child: Child, one: Measured) -> None:
    """Run once and sample the memory. The run is not timed, because sampling takes time of the same cores."""
    one.idle_bytes = tree_bytes(child.pid)
    peak, done = [one.idle_bytes], threading.Event()

    def watch() -> None:
        while not done.wait(PERIOD):
            peak.append(tree_bytes(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        child.run()
    finally:
        done.set()
        watcher.join()
    one.peak_bytes = max((seen for seen in peak if seen is not None), default=None)


@contextmanager
def _noted(one: Measured) -> Iterator[None]:
    """Note the error of a program that fails. It does not run again; the other programs do."""
    try:
        yield
    except Failed as failed:
        one.error = str(failed)


def _compare(one: Measured, message: dict[str, Any]) -> None:
    """Keep the answer. Raises Failed if it differs from the answer of an earlier run."""
    if one.digest and one.digest != message["digest"]:
        raise Failed(f"its answer changed between runs: {one.answer} and {message['answer']}")
    one.digest, one.answer = message["digest"], message["answer"]
