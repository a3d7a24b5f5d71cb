"""Functions as users write them. Each is analysed, compiled into a loop, and compared with its calls.

It runs as a script on any interpreter. It prints the names of functions that could not be analysed, and fails if a
loop differs from the calls.
"""

from __future__ import annotations

import ast
import functools
import operator
import random
import time
from typing import Any, ClassVar

from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.chain import row_loop
from glowray.vectorize.loops.step_code import Call, Link, StepCode

LIMIT = 10
PAIRS = ("a", "b")


class Chain:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def map(self, call: Any) -> Chain:
        self.calls.append(call)
        return self


class Scaled:
    def __init__(self, by: int) -> None:
        self.by = by

    def times(self, x: int) -> int:
        return self.__kept(x) * self.by

    def __kept(self, x: int) -> int:
        return min(LIMIT, x)

    @staticmethod
    def plus(x: int, by: int = 2) -> int:
        return x + by

    @classmethod
    def named(cls, x: int) -> str:
        return f"{cls.__name__}{x!r:>3}"

    def __call__(self, x: int) -> int:
        return -x


def helper(x: int) -> int:
    """Return early, loop, and assign with a walrus."""
    if x < 0:
        return -1
    for i in range(x):
        if (square := i * i) > x:
            return square
    return max(x, 3)


def outer(x: int) -> tuple[int, int]:
    def inner(y: int) -> int:
        return y + x

    return inner(1), helper(x)


def made(k: int) -> Any:
    return lambda x: [i + k for i in range(x) if i % 2 == 0]


def tried(x: Any) -> Any:
    try:
        return LIMIT // x
    except ZeroDivisionError as error:
        return str(error)
    finally:
        x = None


def matched(x: Any) -> Any:
    match x:
        case 0 | 1:
            return "few"
        case int(n) if n > 5:
            return {"n": n}
    return [*range(x)], {"x": x}


one_line = [lambda x: x + 1, lambda x: x + 2, lambda x: (lambda y: y + x)(3), lambda x: x + 1.0, lambda x: x == True]  # noqa: E712
chained = Chain().map(lambda x: x * 2).map(lambda x: x * 3).map(
    lambda x: dict.fromkeys(PAIRS, x)
).map(lambda x: (x, LIMIT) if x > 3 else None).map(lambda x, k=5: x - k)  # fmt: skip
CALLS: dict[str, Any] = {
    **{f"one line {i}": call for i, call in enumerate(one_line)},
    **{f"chain {i}": call for i, call in enumerate(chained.calls)},
    "def": helper, "nested def": outer, "closure": made(3), "try": tried, "match": matched,
    "method": Scaled(3).times, "static": Scaled.plus, "class method": Scaled.named, "instance": Scaled(1),
    "partial": functools.partial(Scaled.plus, by=7), "partial method": functools.partial(Scaled(2).times),
    "operator": operator.neg, "builtin": abs, "type": str,
    "comprehension": lambda x: {i: [j + i for j in (i, x)] for i in range(x)},
    "f-string": lambda x: f"{x:>{LIMIT}}{'a' if x else 'b'}", "generator": lambda x: sum(i for i in range(x)),
}  # fmt: skip
IMPURE: dict[str, Any] = {
    "random": lambda x: random.random() + x,
    "time": lambda x: time.perf_counter_ns() + x,
    "state": lambda x, seen=[]: len(seen.append(x) or seen),
}
ROWS = [0, 1, 4, 7, 12]


class Mapping:
    """A step that only calls its function. The package's operators need NumPy, which other interpreters may lack."""

    of_value: ClassVar[bool] = False
    hands_row_on: ClassVar[bool] = False
    verb = "map"

    def emit(self, code: StepCode) -> list[ast.stmt]:
        return code.pass_on(*code.apply(code.row))


def woven(call: Any) -> list[Any]:
    out: list[Any] = []
    loop, _ = row_loop([Link(Mapping(), (Call(call, know(call)),))])
    loop.function()(ROWS, out.append)
    return out


def main() -> None:
    for name, call in CALLS.items():
        known = know(call)
        if not isinstance(known, Known):
            print(f"{name}: {known.reason}")
        assert repr(woven(call)) == repr([call(row) for row in ROWS]), name
    for name, call in IMPURE.items():
        assert len(set(woven(call))) == len(ROWS), f"{name} was frozen"
    limit = 1
    keep = lambda x: x > limit
    limit = 5
    assert woven(keep) == [row > 5 for row in ROWS], "captured values are those of the action"


if __name__ == "__main__":
    main()
