"""Find the user's row at which a keyed verb failed, if the verb had left out a part of the row by then.

agg("a", x=sum("n")) makes rows (key, n) of records before it folds them. If a key is bad, the task runs its rows once
more up to the record with that key. The good path keeps nothing for this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from glowray.functions.blame import FailingStep
from glowray.functions.replay import NO_ROW
from glowray.kernels.base.context import TaskContext, running
from glowray.kernels.base.keyed import KeyTable
from glowray.kernels.base.morsels import rows_of
from glowray.kernels.base.steps import Step
from glowray.kernels.ends.sources import Source
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.task.task_operator import PlainOperators


def find_own_row(
    source: Source,
    steps: Sequence[Step],
    plain: PlainOperators | None,
    inputs: Sequence[Sequence[Any]],
    task: TaskContext,
    failed: FailingStep,
    error: BaseException,
) -> Any:
    """Return the user's row at which `failed` raises an error of the same type again.

    Return NO_ROW if the source cannot be read again, or the functions do something else this time.
    """
    if plain is None or not source.reads_again or not isinstance(failed, CombineStep) or failed.pairing is None:
        return NO_ROW
    stop = next((place for place, step in enumerate(steps) if step is failed), len(steps))
    start = stop - failed.pairing.steps
    again = replace(task, skipped=task.skipped.copy(), errors=[], first_errors=[], counters=task.counters.copy())
    last: Any = NO_ROW

    def note(row: Any) -> Any:
        nonlocal last
        last = row
        return row

    with running(again):
        stream = source.morsels(inputs, again)
        for operator in plain(source, steps[:start]):
            stream = operator.run(stream, again)
        stream = iter([map(note, rows_of(stream))])
        for operator in plain(source, steps[start:stop]):
            stream = operator.run(stream, again)
        try:
            failed.fold(rows_of(stream), KeyTable())
        except BaseException as second:
            return last if type(second) is type(error) else NO_ROW
    return NO_ROW
