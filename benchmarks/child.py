"""A process that runs one program on commands from the measuring process.

`python -m benchmarks.child SPEC` opens the program and prints `{"ready": seconds}`. For each input line `run` it runs
the program and prints its seconds and the digest of its answer. At the end of input it closes the program.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from benchmarks.program import Case, Program, Workload

PR_SET_CHILD_SUBREAPER = 36


def workload(name: str) -> Workload:
    """Return the workload defined in `benchmarks/workloads/<name>.py`, or its part for a name `<name>.<part>`."""
    name, _, part = name.partition(".")
    module = importlib.import_module(f"benchmarks.workloads.{name}")
    found: Workload = module.PARTS[part] if part else module.WORKLOAD
    return found


def main() -> None:
    """Serve one program until the measuring process closes the input."""
    began = time.perf_counter()
    say = _own_output()
    spec = json.loads(sys.argv[1])
    _bound(spec["cores"])
    work = workload(spec["workload"])
    program = next(program for program in work.programs if program.name == spec["program"])
    inputs = {name: Path(path) for name, path in spec["inputs"].items()}
    case = Case(spec["size"], inputs, Path(spec["out"]), spec["cores"], spec["engine"])
    try:
        _serve(work, program, case, say, began)
    except Exception:
        say({"error": traceback.format_exc()})


def _serve(work: Workload, program: Program, case: Case, say: Any, began: float) -> None:
    with program.open(case) as job:
        say({"ready": time.perf_counter() - began})
        for line in sys.stdin:
            if line.strip() != "run":
                return
            start = time.perf_counter()
            result = job()
            seconds = time.perf_counter() - start
            answer = repr(work.answer(result))
            say({"seconds": seconds, "answer": answer[:200], "digest": hashlib.sha256(answer.encode()).hexdigest()})


def _own_output() -> Any:
    """Return a function that writes JSON lines to the standard output. Prints of programs go to the standard error."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return lambda message: print(json.dumps(message), file=channel)


def _bound(cores: int) -> None:
    """Use the first `cores` cores only, and adopt descendants whose parent ended, so that they are measured too."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


if __name__ == "__main__":
    main()
