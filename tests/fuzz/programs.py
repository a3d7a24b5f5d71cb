"""Random programs as files of Python: functions, rows, a source, steps over the rows, and an ending.

A program's file is all that is needed to run it again: `python -m tests.fuzz --file program.py`.
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fuzz.expressions import Writer
from tests.vectorize.hostile_rows import FLOATS, INTS, LETTERS, TEXTS

HEAD = '''"""Round {round} of seed {seed}."""

import math
import re

NAMES = {{"a": "A", "the": "THE", "é": "e", "": "-"}}
STOP = {{"the", "a", "x1", "ß"}}
'''
ENDINGS = ("collect", "collect", "count", "skipped", "keyed", "distinct", "sort")
SOURCES = {"str": ("items", "text"), "record": ("items", "json", "arrow")}
FOLDS = (
    "lambda a, b: a + b", "lambda a, b: max(a, b)", "lambda a, b: min(a, b)", "lambda a, b: b",
    "lambda a, b: a if len(str(a)) >= len(str(b)) else b",
)  # fmt: skip


def program(seed: int, round_: int) -> str:
    """Return the text of a program. The same numbers give the same text in every process."""
    random = Random(f"{seed} {round_}")
    row_type = random.choice(("str", "str", "record"))
    writer = Writer(random, row_type)
    source = random.choice(SOURCES[row_type])
    functions, steps = [], []
    for place in range(random.randint(1, 3)):
        verb = random.choice(("map", "map", "filter", "filter", "flat_map"))
        if verb == "filter":
            made = "bool"
        elif verb == "flat_map":
            made = "words"
        else:
            made = random.choice(("str", "str", "record", "int", "float"))
        functions.append(writer.function(f"f{place}", made))
        steps.append(f'("{verb}", f{place})')
        if verb == "map" and made in ("int", "float"):
            break
        if verb == "map" and made == "record":
            break
        if verb != "filter":
            writer = Writer(random, "str")
    rows = [_row(random, row_type, source) for _ in range(random.choice((0, 1, 7, 40)))]
    ending = random.choice(ENDINGS)
    lines = [
        HEAD.format(round=round_, seed=seed), *functions, f"SOURCE = {source!r}", f"ROWS = {spelled(rows)}",
        f"STEPS = [{', '.join(steps)}]", f"ENDING = {ending!r}", f"FOLD = {random.choice(FOLDS)}",
    ]  # fmt: skip
    return "\n\n".join(lines) + "\n"


def spelled(rows: list[Any]) -> str:
    """Return source text of rows. NaN and infinity have no literal."""
    text = "[" + ",\n    ".join(map(repr, rows)) + "]"
    return text if "inf" not in text and "nan" not in text else f"eval({text!r}, {{'inf': math.inf, 'nan': math.nan}})"


def _row(random: Random, row_type: str, source: str) -> Any:
    if row_type == "str":
        text = _text(random)
        return text.replace("\n", "").replace("\r", "") if source == "text" else text
    row = {
        "s": _text(random), "t": random.choice((None, _text(random))),
        "n": random.choice(INTS) if random.random() < 0.3 else random.randrange(-9, 100),
        "f": random.choice(FLOATS) if random.random() < 0.3 else round(random.uniform(-9, 99), 3),
        "tags": [_text(random) for _ in range(random.randrange(3))],
    }  # fmt: skip
    if random.random() < 0.03:
        row = dict(reversed(row.items()))
    return row


def _text(random: Random) -> str:
    kind = random.random()
    if kind < 0.4:
        return random.choice(TEXTS)
    if kind < 0.7:
        return " ".join(
            random.choice(("the", "a", "x1", "Dog", "12", "été", "k=v")) for _ in range(random.randint(1, 5))
        )
    return "".join(random.choice(LETTERS) for _ in range(random.randint(0, 12)))
