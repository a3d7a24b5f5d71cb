"""try and except over columns: find the rows that raise, and compute the handler's results for them.

    try: n = int(s)
    except ValueError: n = 0      over ["1", "x"] → caught [-1, 0], n [1, 0]

A kernel tells the frame which rows raise which exception. A row goes to Python if nobody knows what it raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glowray.rows.types.kinds import NOTHING
from glowray.vectorize.columns.operations.none_values import blank
from glowray.vectorize.columns.vectors.frame import Expr, Frame, leaf

Classes = tuple[type[BaseException], ...]
Choose = Callable[[Expr, Expr, Expr], Expr]


def attempted(
    key: str, body: Expr, classes: list[Classes], make_rest: Callable[[Expr], Expr], handlers: list[Expr],
    choose: Choose,
) -> Expr:  # fmt: skip
    """Return the value of `try: body`, its handlers, and the statements after it.

    Args:
        key: the variable of a frame that holds the value of the body. "caught" is added for the handlers' numbers.
        body: the value that the rest needs.
        classes: the exception classes of each handler.
        make_rest: returns the value of a row without an exception, from the expression of the body's value.
        handlers: the value of a row with an exception, one a handler.
        choose: returns the expression for (test, value where true, value where false).
    """
    made = make_rest(leaf(body.kind, lambda frame: frame.variables[key]))
    for place, handler in enumerate(handlers):
        made = choose(_is_caught(f"{key} caught", place), handler, made)

    def run(frame: Frame) -> Any:
        trial = frame.branch()
        trial.handlers = tuple(classes)
        value = body.carry(trial)
        if value is None and body.kind is not NOTHING:
            value = blank(body.kind)
        frame.require(np.True_ if trial.ok is None else trial.ok)
        caught = np.full(frame.length, -1) if trial.caught is None else trial.caught
        inner = frame.branch(**{key: value, f"{key} caught": caught})
        result = made.carry(inner)
        frame.join(True, inner)
        return result

    return leaf(made.kind, run)


def _is_caught(key: str, place: int) -> Expr:
    return Expr(bool, lambda frame: frame.variables[key] == place)
