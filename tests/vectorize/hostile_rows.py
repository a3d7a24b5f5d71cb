"""Random rows of a kind, many of them hostile, and the check that a program equals the calls on them."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable
from typing import Any

from glowray.rows.types.kinds import Kind, ListOf, RecordOf, TupleOf
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Refused
from tests.vectorize.agreement import check

INTS = [0, 1, -1, 2, 3, 7, 9, 10, 12, 59, 99, 100, 1000, 999_999, 2**31, 2**53, 2**53 + 1, 2**62, 2**63 - 1, -(2**63)]
FLOATS = [
    0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.125, 2.675, 1.005, 0.1, 1e-7, -1e-7, 99.995, 1e15, 1e16, 123456789.5, 5e-324,
    1e22, 1e300, 2.0**52 + 0.5, math.nan, math.inf, -math.inf, 0.045, 1e-5, 1e-4, 4503599627370497.5, 100.0, 3.0,
]  # fmt: skip
TEXTS = [
    "", " ", "a", "the", "a b", "a the b the", "x,y", "1,2,3", "3,-4", "12", "-7", " 7 ", "1_000", "x1", "0x1F", "٣",
    "9" * 19, "1.5", "nan", "inf", "1e5", "1e999", "é", "ß ΑΣ İ", "\u2028x", "a\nb", "end\n", "\x1ca\x1fb", "a=1 b=2",
    "k=v=w",
    "2024-02-29", "2023-02-29", "24-1-1", "2024-02-29 12:30:45", "1999-12-31T23:59:59", "2024-02-29 12:30:45.5",
    "2024-02-29T00:00:00Z", "0001-01-01",
    "9999-12-31", "0999-06-01", "2024-13-01", "2024-02-30", "2024-01-01 24:00:00", "2024-W05-1", "20240229",
    "10/10/2023", "1/2/2023", "a-b_c.d@e.org",
    "Dr. X", "<b>x</b>", "617-555-0101", "$1,200", "ma", "Boston, MA", "\t\r\n", "aa bb aa", "𝔘x", "e\u0301", "A" * 70,
    "GET /x 200", "200 OK", "it's", "K", "ſ", "٠١", "a b", "0", "00", "-0", "+5", ",", ",,", "a,,b", "12:30", "99:99",
]  # fmt: skip
LETTERS = "ab ,x1-2.é=ß\n@/:"


def value_of(kind: Kind, rng: random.Random) -> Any:
    """Return a random value of a kind."""
    if isinstance(kind, TupleOf):
        return tuple(value_of(each, rng) for each in kind.fields)
    if isinstance(kind, RecordOf):
        return {name: value_of(each, rng) for name, each in kind.fields}
    if isinstance(kind, ListOf):
        return [value_of(kind.element, rng) for _ in range(rng.choice([0, 1, 2, 3, 5]))]
    if kind is int:
        return rng.choice(INTS) if rng.random() < 0.4 else rng.randrange(-200, 2000)
    if kind is float:
        return rng.choice(FLOATS) if rng.random() < 0.4 else round(rng.uniform(-500, 5000), rng.randrange(6))
    if kind is bool:
        return rng.random() < 0.5
    if rng.random() < 0.5:
        return rng.choice(TEXTS)
    return "".join(rng.choices(LETTERS, k=rng.randrange(12)))


def agreed(function: Callable[..., Any], kinds: list[Kind], seed: int, rounds: int = 6, size: int = 25) -> int:
    """Check a function's program, after pickling, against the calls. Return how many rows the program claimed."""
    program = translate(know(function, len(kinds)), kinds)  # type: ignore[arg-type]
    assert not isinstance(program, Refused), program.reason
    program = pickle.loads(pickle.dumps(program))
    rng = random.Random(seed)
    claimed = 0
    for _ in range(rounds):
        columns = [[value_of(kind, rng) for _ in range(size)] for kind in kinds]
        claimed += check(function, program, columns)
    claimed += check(function, program, [[] for _ in kinds])
    return claimed
