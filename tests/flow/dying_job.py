"""A driver script for test_resume: it counts words, joins and sorts them, and kills itself at a chosen call.

python dying_job.py FOLDER ENGINE. FOLDER/plan.json says {"run": 3, "kill_at": 17 or null, "driver": PID}, and each call
of a user function adds a line to FOLDER/calls-<run>.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import glowray as gr

FOLDER = Path(sys.argv[1]) if __name__ == "__main__" else Path()
LINE = 32
"""The bytes of a line of calls, so that its place tells how many there were."""


def note(what: str, row: object) -> None:
    """Write down a call, then kill the driver if it is the chosen one."""
    plan = json.loads((FOLDER / "plan.json").read_text())
    with open(FOLDER / f"calls-{plan['run']}", "ab") as file:
        file.write(f"{what} {row}".ljust(LINE - 1).encode() + b"\n")
        file.flush()
        calls = file.tell() // LINE
    if calls == plan["kill_at"]:
        os.kill(plan["driver"], signal.SIGKILL)


def words(n: int) -> list[tuple[str, int]]:
    note("words", n)
    if n % 10 == 3:
        raise ValueError(f"{n} is bad")
    gr.counter("lines").add(1)
    return [(f"w{n % 7}", n), (f"w{n % 5}", 1)]


def length(word: str) -> tuple[str, int]:
    note("length", word)
    return word, len(word)


def score(word: str, sides: tuple[int, int]) -> tuple[int, str]:
    note("score", word)
    return sides[0] * sides[1], word


def main() -> None:
    plan = json.loads((FOLDER / "plan.json").read_text())
    (FOLDER / "plan.json").write_text(json.dumps({**plan, "driver": os.getpid()}))
    flow = gr.Flow("dying", engine=sys.argv[2], resume=FOLDER / "saved", on_error="collect", progress=False)
    counts = flow.from_range(40, partitions=8).flat_map(words).reduce_by_key(lambda a, b: a + b)
    lengths = flow.from_items([f"w{n}" for n in range(7)], partitions=3).map(length)
    joined: Any = counts.join(lengths.repartition(2)).map(score).sort()
    rows = joined.collect()
    facts = {
        "rows": rows,
        "lines": flow.counters["lines"],
        "skipped": flow.skipped,
        "errors": [[each.step, each.row, str(each.error)] for each in flow.errors],
        "restored": flow.stats.restored,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
