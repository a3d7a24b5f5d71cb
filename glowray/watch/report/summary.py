"""The use of an action's time, in numbers and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.time_stats import PartTime


@dataclass(frozen=True)
class TimedPart:
    """A part of a stage, and its share of the time of all tasks."""

    stage: int
    part: PartTime
    share: float


def timed_parts(record: RunRecord) -> list[TimedPart]:
    """Return the parts of all stages, the longest first."""
    parts = [(stage.number, part) for stage in record.stats.stages for part in stage.times]
    whole = sum(part.seconds for _, part in parts) or 1.0
    found = [TimedPart(stage, part, part.seconds / whole) for stage, part in parts]
    return sorted(found, key=lambda timed: -timed.part.seconds)


def slowest_function(record: RunRecord) -> TimedPart | None:
    """Return the part with the user's functions that took longest. None if no function of the user's ran."""
    return next((timed for timed in timed_parts(record) if timed.part.calls and timed.part.rows), None)


def closing_sentence(record: RunRecord) -> str:
    """Return one sentence on where the time went."""
    stats = record.stats
    whole = sum(stage.task_seconds for stage in stats.stages)
    parts = [timed for timed in timed_parts(record) if timed.share >= 0.005][:3]
    if not parts:
        return f"The job took {stats.seconds:.2f} s and ran no task to its end."
    first, *others = [f"{100 * timed.share:.0f} % to {_words(timed)}" for timed in parts]
    first = first.replace(" % to ", " % went to ", 1)
    listed = ", ".join([first, *others[:-1]]) + (f" and {others[-1]}" if others else "")
    outside = max(0.0, stats.seconds - whole)
    waiting = f", and {outside:.2f} s passed outside of tasks" if outside > 0.2 * stats.seconds and whole else ""
    return f"Of {whole:.2f} s in tasks, {listed}; the job took {stats.seconds:.2f} s{waiting}."


def _words(timed: TimedPart) -> str:
    part = timed.part
    if part.kind == "source":
        return f"the source {part.name} of stage {timed.stage}"
    if part.kind == "output":
        return f"the output of stage {timed.stage}"
    each = f" ({part.nanoseconds:,.0f} ns a row)" if part.rows else ""
    return f"{part.name}{each}"
