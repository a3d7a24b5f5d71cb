"""Measure how fast values are that a column kernel may not know: columns beside `vectorize=False`.

    python -m benchmarks.cliffs                          # every case, 500,000 rows, five turns
    python -m benchmarks.cliffs lower int --rows 100000 --json cliffs.json

A case is one function over the lines of a text file, as `read_text(path).map(f).count()`. A share of the lines, 0, 5,
30 or 100 %, holds a value that needs more than ASCII or plain digits. The table shows the ratio of the medians, in CPU
time, and the share of the rows that columns computed.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import glowray as gr

SHARES = (0.0, 0.05, 0.3, 1.0)
WORDS = "Lorem Ipsum dolor SIT amet Consectetur ADIPISCING elit Sed".split()


def _plain(made: random.Random) -> str:
    return " ".join(made.choices(WORDS, k=3))


def _accented(made: random.Random) -> str:
    return f"{_plain(made)} Élan"


def _special(made: random.Random) -> str:
    """Return a text with a letter whose upper case is two letters, and one whose lower case depends on its place."""
    return f"{_plain(made)} Straße ΟΔΟΣ"


def _digits(made: random.Random) -> str:
    return str(made.randrange(10**6))


def _decimals(made: random.Random) -> str:
    return f"{made.uniform(0, 1000):.2f}"


def _edged(made: random.Random) -> str:
    return f"  {_plain(made)} "


def _empty(made: random.Random) -> str:
    return ""


Line = Callable[[random.Random], str]


@dataclass(frozen=True)
class Case:
    """A function, and how its lines are made: the usual ones, and those that a kernel may not know."""

    function: Callable[[str], Any]
    odd: Line = _accented
    usual: Line = _plain


def _cleaned(text: str) -> str:
    """Clean a title in ten steps."""
    text = text.lower()
    text = text.strip()
    text = text.replace("dolor", "d.")
    text = text.replace("  ", " ")
    text = text.removeprefix("the ")
    text = text.removesuffix(".")
    first, _, rest = text.partition(" ")
    text = rest + " " + first
    text = text[:20]
    return text.title()


CASES: dict[str, Case] = {
    "lower": Case(lambda s: s.lower()), "upper": Case(lambda s: s.upper()), "casefold": Case(lambda s: s.casefold()),
    "swapcase": Case(lambda s: s.swapcase()), "title": Case(lambda s: s.title()),
    "capitalize": Case(lambda s: s.capitalize()), "upper of ß": Case(lambda s: s.upper(), _special),
    "lower of Σ": Case(lambda s: s.lower(), _special), "find": Case(lambda s: s.find("amet")),
    "rfind": Case(lambda s: s.rfind("amet")), "count": Case(lambda s: s.count("o")),
    "replace": Case(lambda s: s.replace("o", "0")), "strip": Case(lambda s: s.strip()),
    "strip of edges": Case(lambda s: s.strip(), lambda made: f"\u3000{_plain(made)}é\u00a0", _edged),
    "lstrip": Case(lambda s: s.lstrip()), "rstrip": Case(lambda s: s.rstrip()),
    "startswith": Case(lambda s: s.startswith("Lorem")), "endswith": Case(lambda s: s.endswith("elit")),
    "split": Case(lambda s: s.split(" ")[1]), "split words": Case(lambda s: len(s.split())),
    "partition": Case(lambda s: s.partition(" ")[2]), "removeprefix": Case(lambda s: s.removeprefix("Lorem")),
    "isalpha": Case(lambda s: s.isalpha()), "isalnum": Case(lambda s: s.isalnum()),
    "isdigit": Case(lambda s: s.isdigit(), lambda made: "٣", _digits), "ljust": Case(lambda s: s.ljust(30)),
    "zfill": Case(lambda s: s.zfill(9), lambda made: f"-{_digits(made)}", _digits), "len": Case(lambda s: len(s)),
    "slice": Case(lambda s: s[2:9]), "slice from the end": Case(lambda s: s[:-3]),
    "slice at a place": Case(lambda s: s[: s.find(" ")]), "character": Case(lambda s: s[0]),
    "int of spaces": Case(lambda s: int(s), lambda made: f" {_digits(made)} ", _digits),
    "int of underscores": Case(lambda s: int(s), lambda made: f"1_{_digits(made)}", _digits),
    "int of other digits": Case(lambda s: int(s), lambda made: f"٣{_digits(made)}", _digits),
    "float of exponents": Case(lambda s: float(s), lambda made: f"{_decimals(made)}e-5", _decimals),
    "float of long digits": Case(lambda s: float(s), lambda made: repr(made.random()), _decimals),
    "lower or None": Case(lambda s: s.lower() if s else None, _empty),
    "lower of é or None": Case(lambda s: s.lower() if s else None),
    "s and upper": Case(lambda s: s and s.upper(), _empty), "ten steps": Case(_cleaned),
}  # fmt: skip


@dataclass
class Measured:
    """A case at one share of odd lines: the CPU seconds of both ways, and the rows by level of the columns' way."""

    case: str
    share: float
    columns: float
    rows: float
    rows_by_level: dict[str, int]

    @property
    def ratio(self) -> float:
        return self.rows / self.columns

    @property
    def in_columns(self) -> float:
        """The share of the rows that columns computed."""
        return self.rows_by_level["arrow"] / max(1, sum(self.rows_by_level.values()))


def lines_of(case: Case, share: float, rows: int) -> list[str]:
    """Return the lines of a case, from a seed."""
    made = random.Random(7)
    return [(case.odd if made.random() < share else case.usual)(made) for _ in range(rows)]


def measure(name: str, share: float, rows: int, turns: int, folder: Path) -> Measured:
    """Run a case with columns and without in turns."""
    case, path = CASES[name], folder / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in lines_of(case, share, rows)))
    taken: dict[bool, list[float]] = {True: [], False: []}
    levels: dict[str, int] = {}
    for turn in range(turns + 1):
        for vectorize, times in taken.items():
            flow = gr.Flow(name, engine="inline", vectorize=vectorize)
            start = time.process_time()
            flow.read_text(path).map(case.function).count()
            if turn:  # the first run of each warms it up
                times.append(time.process_time() - start)
            if vectorize:
                levels = flow.stats.to_dict()["stages"][0]["rows_by_level"]
    return Measured(name, share, statistics.median(taken[True]), statistics.median(taken[False]), levels)


def table(found: Sequence[Measured]) -> str:
    """Return the ratios as a Markdown table: a line a case, a column a share."""
    head = ["function", *(f"{share:.0%}" for share in SHARES), "rows in columns"]
    lines = [head, ["---"] * len(head)]
    for name in dict.fromkeys(each.case for each in found):
        own = [each for each in found if each.case == name]
        is_all = all(each.in_columns == 1 for each in own)
        shares = "all" if is_all else ", ".join(f"{each.in_columns:.0%}" for each in own)
        lines.append([name, *(f"{each.ratio:.1f}" for each in own), shares])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Measure the named cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE", help=f"any of {', '.join(CASES)}")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file of the figures")
    options = parser.parse_args()
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases or CASES:
            found += [measure(name, share, options.rows, options.turns, Path(folder)) for share in SHARES]
            print(table(found[-len(SHARES) :]).splitlines()[-1], flush=True)
    print(f"\n{table(found)}")
    if options.json:
        options.json.write_text(json.dumps([vars(each) for each in found], indent=1))


if __name__ == "__main__":
    main()
