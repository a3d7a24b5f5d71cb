"""One program in a process of its own, obeying the measuring process line by line.

Started as `python -m benchmarks.child SPEC`, it says `{"ready": seconds}` when its program is open, answers each line
`run` with seconds and the answer's digest, and closes its program at end of input.
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
    """The workload defined in `benchmarks/workloads/<name>.py`."""
    found: Workload = importlib.import_module(f"benchmarks.workloads.{name}").WORKLOAD
    return found


def main() -> None:
    """Serve one program until the measuring process closes our input."""
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
    """A function that writes JSON lines to our output, which is then out of reach of what programs print."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return lambda message: print(json.dumps(message), file=channel)


def _bound(cores: int) -> None:
    """Use the first `cores` cores only, and keep processes whose parent ended in this process's tree."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


if __name__ == "__main__":
    main()
