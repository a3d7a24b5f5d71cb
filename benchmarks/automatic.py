"""Compare the engine automatic with inline: the same jobs in turns, each in its own process, from start to exit.

    python -m benchmarks.automatic                       # every job, three turns
    python -m benchmarks.automatic sleeps text --turns 5

Automatic may take a tenth longer than inline, plus one task. The table shows medians in seconds, the seconds allowed,
and how many tasks ran in the process itself.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import glowray as gr
from examples import word_count as words

TEXT_BYTES = 1_000_000_000
LINE = b"the quick brown fox jumps over the lazy dog and runs away from the hound\n"
SHARE = 0.1


def sleep(n: int) -> int:
    """Wait and compute nothing, as one task. Return the process id."""
    time.sleep(1.25)
    return os.getpid()


def count_up(seconds: float) -> Callable[[int], int]:
    """Return a task that computes for `seconds` of CPU time and returns its process id."""

    def count(n: int) -> int:
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            n += sum(range(1000))
        return os.getpid()

    return count


def text_file() -> Path:
    """Return the path of a text file of TEXT_BYTES, made at the first use."""
    path = Path(tempfile.gettempdir(), "glowray-automatic.txt")
    if not path.exists() or path.stat().st_size < TEXT_BYTES:
        with path.open("wb") as file:
            piece = LINE * 10_000
            for _ in range(TEXT_BYTES // len(piece) + 1):
                file.write(piece)
    return path


@dataclass(frozen=True)
class Job:
    """A job and the approximate seconds of one task. `run` returns the process id of each task, or [] if unknown."""

    title: str
    run: Callable[[gr.Flow], list[int]]
    task_seconds: float


def tasks(count: int, function: Callable[[int], int]) -> Callable[[gr.Flow], list[int]]:
    """Return a job of `count` tasks that all call one function."""
    return lambda flow: flow.from_range(count, partitions=count).map(function).collect()


def count_lines(flow: gr.Flow) -> list[int]:
    """Count the lines of a large file, which takes about a second."""
    flow.read_text(str(text_file())).count()
    return []


def count_words(flow: gr.Flow) -> list[int]:
    """Run the job of `make demo`."""
    words.count(flow, [words.LIBRARY])
    return []


JOBS = {
    "sleeps": Job("10 sleeps of 1.25 s", tasks(10, sleep), 1.25),
    "text": Job("lines of 1 GB of text", count_lines, 0.1),
    "demo": Job("words of Python's library", count_words, 0.5),
    "short": Job("4 s of CPU in 8 tasks", tasks(8, count_up(0.5)), 0.5),
    "long": Job("60 s of CPU in 40 tasks", tasks(40, count_up(1.5)), 1.5),
    "small": Job("20 s of CPU in 4,000 tasks", tasks(4000, count_up(0.005)), 0.005),
}


def run(name: str, engine: str) -> None:
    """Run one job in this process. Print its seconds, and how many tasks ran in this process, as JSON."""
    flow = gr.Flow(name, engine=None if engine == "automatic" else engine, progress=False)
    began, cpu = time.perf_counter(), time.process_time()
    here = JOBS[name].run(flow).count(os.getpid())
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"job": seconds, "cpu s": cpu, "engine": flow.stats.engine, "here": here}))


def measured(name: str, engine: str) -> dict[str, object]:
    """Run one job in a new process and return its figures."""
    began = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.automatic", "--run", name, engine],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return {"process": time.perf_counter() - began, **json.loads(process.stdout)}


def turns(name: str, count: int) -> Iterator[str]:
    """Measure a job with both engines in turns, and yield the lines of its table."""
    found: dict[str, list[dict[str, object]]] = {"inline": [], "automatic": []}
    for _ in range(count):
        for engine, runs in found.items():
            runs.append(measured(name, engine))
    for key in ("job", "process", "cpu s"):
        inline, automatic = (statistics.median(float(str(each[key])) for each in runs) for runs in found.values())
        allowed = inline * (1 + SHARE) + JOBS[name].task_seconds
        verdict = "ok" if automatic <= allowed else "slower"
        yield f"{JOBS[name].title:28} {key:8} {inline:8.2f} {automatic:10.2f} {allowed:8.2f}  {verdict}"
    yield "".join(f"{'':37} {each['engine']}, {each['here']} tasks here\n" for each in found["automatic"]).rstrip("\n")


def main() -> None:
    """Measure the jobs named on the command line, or all jobs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"any of {', '.join(JOBS)}; all by default")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--run", nargs=2, metavar=("JOB", "ENGINE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(*options.run)
        return
    print(f"{'job':28} {'of':8} {'inline':>8} {'automatic':>10} {'allowed':>8}")
    for name in options.jobs or JOBS:
        for line in turns(name, options.turns):
            print(line, flush=True)


if __name__ == "__main__":
    main()
