"""Measure the table of costs.py on this machine: `python -m glowray.vectorize.cost_measurement` prints it.

With `--write` it replaces the table in costs.py. `make costs` does that.
"""

from __future__ import annotations

import ast
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from glowray.rows.types.kinds import Kind
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Lists, arrays_of
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.chain import row_loop
from glowray.vectorize.loops.step_code import Call, Link, StepCode

_ROWS = 16_384
_STOP = frozenset({"the", "of", "abc"})

_LINES = ("words", "comprehension", "join")
_FIELDS = ("split", "rsplit", "pick")
_DIGITS = ("int", "float", "zfill")

EXAMPLES: dict[str, tuple[Callable[..., Any], Kind]] = {
    "arithmetic": (lambda x: x + 3, int), "divide": (lambda x: x % 7, int), "compare": (lambda x: x < 500, int),
    "choose": (lambda x: x or 1, int), "str": (lambda x: str(x), int), "compare text": (lambda s: s == "abc", str),
    "in text": (lambda s: "ab" in s, str), "in set": (lambda s: s in _STOP, str),
    "concatenate": (lambda s: s + s, str), "slice": (lambda s: s[1:3], str), "len": (lambda s: len(s), str),
    "lower": (lambda s: s.lower(), str), "upper": (lambda s: s.upper(), str), "title": (lambda s: s.title(), str),
    "capitalize": (lambda s: s.capitalize(), str), "casefold": (lambda s: s.casefold(), str),
    "swapcase": (lambda s: s.swapcase(), str), "strip": (lambda s: s.strip(), str),
    "lstrip": (lambda s: s.lstrip(), str), "rstrip": (lambda s: s.rstrip(), str),
    "startswith": (lambda s: s.startswith("ab"), str), "endswith": (lambda s: s.endswith("ab"), str),
    "find": (lambda s: s.find("b"), str), "rfind": (lambda s: s.rfind("b"), str),
    "index": (lambda s: s.index("x"), str), "rindex": (lambda s: s.rindex("x"), str),
    "count": (lambda s: s.count("b"), str), "replace": (lambda s: s.replace("a", "b"), str),
    "removeprefix": (lambda s: s.removeprefix("a"), str), "removesuffix": (lambda s: s.removesuffix("a"), str),
    "partition": (lambda s: s.partition("c"), str), "rpartition": (lambda s: s.rpartition("c"), str),
    "ljust": (lambda s: s.ljust(8), str), "rjust": (lambda s: s.rjust(8), str), "zfill": (lambda s: s.zfill(8), str),
    "isdigit": (lambda s: s.isdigit(), str), "isalpha": (lambda s: s.isalpha(), str),
    "isalnum": (lambda s: s.isalnum(), str), "isdecimal": (lambda s: s.isdecimal(), str),
    "isascii": (lambda s: s.isascii(), str), "int": (lambda s: int(s), str), "float": (lambda s: float(s), str),
    "words": (lambda s: s.split(), str), "comprehension": (lambda s: [w for w in s.split() if w != "abc"], str),
    "join": (lambda s: "-".join(s.split()), str), "split": (lambda s: s.split(","), str),
    "math": (lambda x: math.sin(x), float),
    "rsplit": (lambda s: s.rsplit(","), str), "pick": (lambda s: s.split(",")[1], str),
}  # fmt: skip

WITHIN: dict[str, tuple[str, ...]] = {
    "comprehension": ("words",), "join": ("words",), "pick": ("split",),
}  # fmt: skip
"""Other constructs in an example. Their costs are subtracted from the example's."""


def measure() -> dict[str, tuple[int, int]]:
    """Return construct → (nanoseconds a row as a kernel, nanoseconds a row as inlined Python), each the best of ten."""
    generator = random.Random(1)
    words = ["".join(generator.choices("abcdefghij", k=generator.randint(2, 8))) + "x" for _ in range(_ROWS)]
    digits = [str(generator.randrange(10**6)) for _ in range(_ROWS)]
    lines = [" ".join(generator.choices(words, k=10)) for _ in range(_ROWS)]
    fields = [f"{number},{word},{number}" for number, word in zip(digits, words, strict=True)]
    rows: dict[str, list[Any]] = dict.fromkeys(EXAMPLES, words)
    rows["math"] = [number / 7 for number in range(_ROWS)]
    for names, texts in ((_LINES, lines), (_FIELDS, fields), (_DIGITS, digits)):
        rows.update((name, texts) for name in names)
    empty = _inlined(lambda x: x, words)
    table: dict[str, tuple[int, int]] = {}
    for name, (function, kind) in EXAMPLES.items():
        table[name] = _pair(function, kind, list(range(_ROWS)) if kind is int else rows[name], empty)
    for name, parts in WITHIN.items():
        kernel, inlined = (table[name][place] - sum(table[part][place] for part in parts) for place in (0, 1))
        table[name] = max(1, kernel), max(1, inlined)
    return table


def _pair(function: Callable[..., Any], kind: Kind, rows: list[Any], empty: float) -> tuple[int, int]:
    program = translate(_known(function), [kind])
    assert isinstance(program, ArrowProgram), program
    column = pa.array(rows, pa.large_string()) if kind is str else np.array(rows)

    def run() -> None:
        made = program.run([column], len(rows)).vector
        arrays_of(made.values if isinstance(made, Lists) else made)  # builds Arrow arrays of texts, which are lazy

    return max(1, round(_best(run))), max(1, round(_inlined(function, rows) - empty))


class _Mapping:
    """A step that only calls its function."""

    of_value: ClassVar[bool] = False
    hands_row_on: ClassVar[bool] = False
    verb = "map"

    def emit(self, code: StepCode) -> list[ast.stmt]:
        return code.pass_on(*code.apply(code.row))


def _inlined(function: Callable[..., Any], rows: list[Any]) -> float:
    link = Link(_Mapping(), (Call(function, _known(function)),))
    loop = row_loop([link], sink=lambda row: [])[0].function()
    return _best(lambda: loop(rows, None))


def _known(function: Callable[..., Any]) -> Known:
    known = know(function)
    assert isinstance(known, Known)
    return known


def _best(run: Callable[[], object]) -> float:
    times = []
    for _ in range(10):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times) / _ROWS * 1e9


def written(text: str, table: dict[str, tuple[int, int]]) -> str:
    """Return the text of costs.py with another table.

    >>> print(written("COSTS = {\\n    \\"old\\": (1, 2),\\n}\\n", {"str": (12, 39)}), end="")
    COSTS = {
        "str": (12, 39),
    }
    """
    head, _, rest = text.partition(" = {\n")
    _, brace, tail = rest.partition("}\n")
    lines = "".join(f'    "{construct}": {costs},\n' for construct, costs in table.items())
    return f"{head} = {{\n{lines}{brace}{tail}"


if __name__ == "__main__":
    measured = measure()
    for construct, costs in measured.items():
        print(f'    "{construct}": {costs},')
    if sys.argv[1:] == ["--write"]:
        path = Path(__file__).with_name("costs.py")
        path.write_text(written(path.read_text("utf-8"), measured), "utf-8")
