"""The time and the rows of each operator of a task. An operator's stream is timed as a whole, morsel by morsel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns

from glowray.kernels.base.morsels import Morsels
from glowray.rows import Block

_END = object()


@dataclass
class OperatorTime:
    """The time that an operator of a task took, without the operators before it.

    Args:
        nanoseconds: the time until it had made its morsels. Rows of a lazy morsel are made in the next operator's time.
        rows: the rows that came out of it.
        is_lazy: whether it gave lazy morsels, whose rows are not counted.
    """

    nanoseconds: int = 0
    rows: int = 0
    is_lazy: bool = False


class OperatorTimes:
    """Times the streams of a task: the source's, then one an operator."""

    def __init__(self) -> None:
        self._times: list[OperatorTime] = []

    def timed(self, start: Callable[[], Morsels]) -> Morsels:
        """Return the stream of `start`, timed. `start` may read the stream that was timed before."""
        time = OperatorTime()
        self._times.append(time)
        return _timed(time, start)

    def taken(self) -> list[OperatorTime]:
        """Return the times up to now, each without those before it, and begin anew."""
        whole = [time.nanoseconds for time in self._times]
        found = [
            OperatorTime(time.nanoseconds - before, time.rows, time.is_lazy)
            for time, before in zip(self._times, [0, *whole], strict=False)
        ]
        for time in self._times:
            time.nanoseconds, time.rows, time.is_lazy = 0, 0, False
        return found


def _timed(time: OperatorTime, start: Callable[[], Morsels]) -> Morsels:
    stream: Morsels | None = None
    while True:
        began = perf_counter_ns()
        try:
            if stream is None:
                stream = start()
            morsel = next(stream, _END)
        finally:
            time.nanoseconds += perf_counter_ns() - began
        if morsel is _END:
            return
        if isinstance(morsel, (Block, list, range, tuple)):
            time.rows += len(morsel)
        else:
            time.is_lazy = True
        yield morsel  # type: ignore[misc]
        del morsel  # its rows go before the next are made
