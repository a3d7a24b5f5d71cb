"""Notes on errors: the failed step and its row. Kernels make them in their loops; generated loops have a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from glowray.functions import Failure
from glowray.functions.blame import Blame, FailingStep, note, noted
from glowray.functions.replay import NO_ROW
from glowray.kernels.base.steps import Step
from glowray.kernels.loops.loop_frames import came_through_loop, loop_place

FindRow = Callable[[FailingStep, BaseException], Any]
"""Returns the user's row at which a step raised the error; NO_ROW if it is not found."""


def blame(
    error: BaseException, step: Step | None = None, row: Any = NO_ROW, arguments: tuple[Any, ...] | None = None
) -> None:  # fmt: skip
    """Note that a step failed on a row, unless the error comes from a loop or step further in.

    Args:
        error: the exception, in the handler of the kernel's loop.
        step: the step; None if whoever called the kernel knows it.
        row: the row at hand; NO_ROW for none.
        arguments: those of the step's function, if that takes more than a row.
    """
    if not came_through_loop(error):
        note(error, Blame(step, row, arguments))


def blamed_lazily(step: Step, rows: Iterable[Any]) -> Iterator[Any]:
    """Yield rows or morsels that are made when they are asked for; an error in making them is the step's."""
    try:
        yield from rows
    except BaseException as error:
        blame(error, step)
        raise


def failure_of(error: BaseException, source: Step, partition: int, find: FindRow) -> Failure:
    """Take an exception of a task, with the step and row that it belongs to; of `source` if no step is to blame.

    `find` looks for the user's row of a step whose rows lack a part of it, unless the loop has that row at hand.
    """
    error = _of_user(error)
    found, place = noted(error), loop_place(error)
    if found is None and place is not None:
        found, error = place.blame, place.retrace(error)
    step = source if found is None or found.step is None else found.step
    found = found or Blame()
    if step.pairing is not None and step.pairing.steps and found.row is not NO_ROW:
        own = NO_ROW if place is None else place.row_before(step, step.pairing.steps)
        own = find(step, error) if own is NO_ROW else own
        found = replace(found, row=own if own is NO_ROW else step.pairing.pair_of(own))
    cause = step.cause(found.row, found.arguments) if found.cause is None else found.cause
    return Failure.capture(error, verb=step.verb, cause=cause, partition=partition)


def _of_user(error: BaseException) -> BaseException:
    """Return the StopIteration of which Python made a RuntimeError because a loop or step of ours is a generator."""
    cause = error.__cause__
    if isinstance(error, RuntimeError) and isinstance(cause, StopIteration):
        return cause if noted(cause) or came_through_loop(cause) else error
    return error
