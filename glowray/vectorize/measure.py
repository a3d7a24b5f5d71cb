"""Measures the table of costs.py on this machine: `python -m glowray.vectorize.measure` prints it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from glowray.vectorize.arrow.kinds import Kind
from glowray.vectorize.arrow.program import ArrowProgram
from glowray.vectorize.arrow.translate import translate
from glowray.vectorize.chain import Step, row_loop
from glowray.vectorize.know import know
from glowray.vectorize.known import Known

_ROWS = 16_384
_STOP = frozenset({"the", "of", "abc"})

EXAMPLES: dict[str, tuple[Callable[..., Any], Kind]] = {
    "arithmetic": (lambda x: x + 3, int), "divide": (lambda x: x % 7, int), "compare": (lambda x: x < 500, int),
    "choose": (lambda x: x or 1, int), "str": (lambda x: str(x), int), "compare text": (lambda s: s == "abc", str),
    "in text": (lambda s: "ab" in s, str), "in set": (lambda s: s in _STOP, str), "join": (lambda s: s + s, str),
    "slice": (lambda s: s[:3], str), "len": (lambda s: len(s), str), "lower": (lambda s: s.lower(), str),
    "upper": (lambda s: s.upper(), str), "strip": (lambda s: s.strip(), str), "lstrip": (lambda s: s.lstrip(), str),
    "rstrip": (lambda s: s.rstrip(), str), "startswith": (lambda s: s.startswith("ab"), str),
    "endswith": (lambda s: s.endswith("ab"), str), "find": (lambda s: s.find("b"), str),
    "count": (lambda s: s.count("b"), str), "replace": (lambda s: s.replace("a", "b"), str),
    "isdigit": (lambda s: s.isdigit(), str), "isalpha": (lambda s: s.isalpha(), str),
    "isalnum": (lambda s: s.isalnum(), str), "isdecimal": (lambda s: s.isdecimal(), str),
    "split": (lambda s: s.split(), str), "comprehension": (lambda s: [w for w in s.split() if w], str),
}  # fmt: skip


def measure() -> dict[str, tuple[int, int]]:
    """Construct → (ns a row as a kernel, ns a row as inlined Python), the best of ten."""
    generator = random.Random(1)
    words = ["".join(generator.choices("abcdefghij", k=generator.randint(2, 9))) for _ in range(_ROWS)]
    lines = [" ".join(generator.choices(words, k=10)) for _ in range(_ROWS)]
    digits = [str(generator.randrange(10**6)) for _ in range(_ROWS)]
    table: dict[str, tuple[int, int]] = {}
    empty = _inlined(lambda x: x, words)
    for name, (function, kind) in EXAMPLES.items():
        texts = lines if name in ("split", "comprehension") else words
        table[name] = _pair(function, kind, list(range(_ROWS)) if kind is int else texts, empty)
    table["int"] = _pair(lambda s: int(s), str, digits, empty)
    table["float"] = _pair(lambda s: float(s), str, digits, empty)
    return table


def _pair(function: Callable[..., Any], kind: Kind, rows: list[Any], empty: float) -> tuple[int, int]:
    program = translate(_known(function), [kind])
    assert isinstance(program, ArrowProgram), program
    column = np.array(rows) if kind is int else pa.array(rows, pa.large_string())
    kernel = _best(lambda: program.run([column], len(rows)))
    return max(1, round(kernel)), max(1, round(_inlined(function, rows) - empty))


def _inlined(function: Callable[..., Any], rows: list[Any]) -> float:
    loop = row_loop([Step("map", function, _known(function))], sink=lambda row: [])[0].function()
    return _best(lambda: loop(rows, None))


def _known(function: Callable[..., Any]) -> Known:
    known = know(function)
    assert isinstance(known, Known)
    return known


def _best(run: Callable[[], object]) -> float:
    times = []
    for _ in range(10):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) / _ROWS * 1e9


if __name__ == "__main__":
    for construct, (kernel, inlined) in measure().items():
        print(f'    "{construct}": ({kernel}, {inlined}),')
