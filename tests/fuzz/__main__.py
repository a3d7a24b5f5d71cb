"""`python -m tests.fuzz --rounds 1000 --seed 1`: random programs at all levels, beside plain Python.

Programs run in batches, each batch in two processes with different hash seeds. A program that differs is printed and
kept. After the rounds come as many random pipelines of verbs as a tenth of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.fuzz.comparison import difference, digest
from tests.fuzz.programs import program

BATCH = 100
ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run the rounds. Return the number of programs that differ, at most 100."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--start", type=int, default=0, help="the first round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kept", type=Path, default=Path("build/fuzz"), help="folder of the programs that differ")
    parser.add_argument("--file", type=Path, help="compare the program of one file")
    parser.add_argument("--only", choices=("difference", "digest"), help="what a process of a batch does")
    options = parser.parse_args()
    stop = options.start + options.rounds
    if options.file:
        print(difference(options.file) or "all levels give the rows of plain Python")
        return 0
    if options.only:
        for line in _batch(options.only, options.seed, range(options.start, stop)):
            print(json.dumps(line), flush=True)
        return 0
    found = 0
    for start in range(options.start, stop, BATCH):
        rounds = range(start, min(start + BATCH, stop))
        for round_, text in _differing(options.seed, rounds):
            found += 1
            options.kept.mkdir(parents=True, exist_ok=True)
            kept = options.kept / f"seed{options.seed}_round{round_}.py"
            kept.write_text(program(options.seed, round_), encoding="utf-8")
            print(f"{kept} differs: {text}\n\n{kept.read_text(encoding='utf-8')}", flush=True)
        print(f"rounds {rounds.start} to {rounds.stop - 1} of seed {options.seed}: {found} differ so far", flush=True)
    return min(found, 100)


def _differing(seed: int, rounds: range) -> Iterator[tuple[int, str]]:
    """Yield (round, text) of the programs of a batch that differ, between levels or between hash seeds."""
    first = _process("difference", seed, rounds, hash_seed=rounds.start % 1000)
    second = _process("digest", seed, rounds, hash_seed=4294967295)
    for round_ in rounds:
        found, one = first.get(round_, ["the process ended in this round", ""])
        other = second.get(round_, ["", "the process ended in this round"])[1]
        if found:
            yield round_, found
        elif one != other:
            yield round_, f"rows differ between hash seeds: {one[:300]} and {other[:300]}"


def _process(only: str, seed: int, rounds: range, hash_seed: int) -> dict[int, list[str]]:
    """Run a batch in a process of its own. Return round → [difference, digest of its rows]."""
    command = [sys.executable, "-m", "tests.fuzz", "--only", only, "--seed", str(seed)]
    command += ["--start", str(rounds.start), "--rounds", str(len(rounds))]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return {round_: [text, made] for round_, text, made in map(json.loads, done.stdout.splitlines())}


def _batch(only: str, seed: int, rounds: Iterable[int]) -> Iterator[list[object]]:
    with tempfile.TemporaryDirectory() as folder:
        for round_ in rounds:
            path = Path(folder) / f"round_{round_}.py"
            path.write_text(program(seed, round_), encoding="utf-8")
            yield [round_, (difference(path) or "") if only == "difference" else "", digest(path)]


if __name__ == "__main__":
    sys.exit(main())
