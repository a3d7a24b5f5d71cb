"""Read a journal: the record of a run that has ended, still runs, or died."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from glowray.watch.journal.folder import JournalFile, journals, lines_of
from glowray.watch.journal.measures import add_measures, graph_of
from glowray.watch.journal.status import ALIVE, RunStatus
from glowray.watch.record import event_log as events
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.stats import StageStats, Stats
from glowray.watch.run.units import in_units

State = Literal["done", "failed", "died", "running"]

SHOWN_TASKS = 5
"""The maximum number of tasks that the words on a death list."""

LAST_BYTES = 1 << 16
"""The end of a journal in which the last state is looked for."""

LITTLE = 0.05
"""Less free memory than this share of what the driver held was too little."""


@dataclass(frozen=True)
class PastRun:
    """A run as its journal tells it. `last` is its last state, None if it did not live for a second."""

    file: JournalFile
    record: RunRecord
    state: State
    last: RunStatus | None


def read_run(path: Path) -> PastRun:
    """Return the run of a journal. If its driver is gone without an error, the record has a failure that says so.

    Raises:
        ValueError: the file is not a journal.
    """
    file = JournalFile.at(path)
    record, last = _replayed(lines_of(path))
    if record.log.failure is not None:
        state: State = "failed"
    elif record.log.of(events.JobEnded):
        state = "done"
    elif file.is_alive:
        state = "running"
    else:
        state = "died"
        record.log.add(_death(record, file, last))
    return PastRun(file, record, state, last)


def running_here() -> list[RunStatus]:
    """Return the last states of the jobs that run on this machine, the newest first."""
    found = []
    for file in journals():
        if file.is_alive:
            values = list(lines_of(file.path, LAST_BYTES))
            signs = [RunStatus.from_line(line) for line in values if line["event"] == ALIVE]
            has_ended = any(line["event"] in (events.Failed.kind, events.JobEnded.kind) for line in values)
            if signs and signs[-1] is not None and not has_ended:
                found.append(signs[-1])
    return found


def _replayed(lines: Iterable[dict[str, Any]]) -> tuple[RunRecord, RunStatus | None]:
    record, last = RunRecord(), None
    stages: dict[int, StageStats] = {}
    measures: dict[int, dict[str, Any]] = {}
    for values in lines:
        event = events.from_dict(values)
        if event is not None:
            record.log.add(event)
            _count(record, stages, event)
        elif values["event"] == "picture":
            record.graph = graph_of(values["graph"])
            record.reads = {int(number): text for number, text in values["reads"].items()}
            record.stats.rules = tuple(values["rules"])
        elif values["event"] == "measured":
            measures[values["stage"]] = values
        elif values["event"] == ALIVE:
            last = RunStatus.from_line(values)
    for number in measures.keys() & stages.keys():
        add_measures(stages[number], measures[number])
    _end(record, stages, last)
    return record, last


def _count(record: RunRecord, stages: dict[int, StageStats], event: events.Event) -> None:
    """Add an event to the statistics."""
    match event:
        case events.PlanMade():
            record.plan, record.reason = event.plan, event.reason
            record.stats.name, record.stats.engine = event.name, event.engine
        case events.StageBegan():
            stages[event.stage] = StageStats(event.name, event.tasks, number=event.stage)
            record.stats.stages.append(stages[event.stage])
        case events.TaskEnded():
            stage = stages[event.stage]
            stage.done += event.is_final
            stage.retries += event.retries
            stage.rows_in += event.rows_in
            stage.rows_out += event.rows_out
            stage.bytes += event.bytes
            stage.largest = max(stage.largest, event.bytes)
            stage.longest = max(stage.longest, event.rows_in)
            stage.task_seconds += event.seconds
            stage.longest_seconds = max(stage.longest_seconds, event.seconds)
        case events.Spilled():
            stages[event.stage].spill += event.bytes


def _end(record: RunRecord, stages: dict[int, StageStats], last: RunStatus | None) -> None:
    """Set the seconds of the job and of its stages, which end with the last sign of the job if nothing else."""
    log, stats = record.log, record.stats
    if not log.events:
        return
    over = max([event.time for event in log.events] + ([last.time] if last else []))
    stats.seconds = over - log.events[0].time
    stats.engine = last.engine if last else stats.engine
    ends = {event.stage: event.time for event in log.of(events.StageEnded)}
    for began in log.of(events.StageBegan):
        stages[began.stage].seconds = ends.get(began.stage, over) - began.time


def _death(record: RunRecord, file: JournalFile, last: RunStatus | None) -> events.Failed:
    """Return the failure of a run whose driver is gone: where it was, and what is known of the reason."""
    log = record.log
    ended = {(event.stage, event.task) for event in log.of(events.TaskEnded)}
    waiting = [(event.stage, event.task) for event in log.of(events.TaskSent)]
    waiting = [task for task in dict.fromkeys(waiting) if task not in ended]
    stage, task = waiting[0] if waiting else (None, None)
    driver = file.driver
    who = f"process {driver.pid} on {driver.host}, {driver.script}"
    lines = [f"The driver ({who}) is gone without an error: it was killed, or its machine stopped."]
    if waiting:
        lines.append(f"Tasks that had begun and not ended: {listed_tasks(record.stats, waiting)}.")
    elif ended:
        lines.append("All tasks had ended: it was between stages, or took the rows of the result.")
    lines.append(_last_words(last))
    return events.Failed(last.time if last else file.path.stat().st_mtime, stage, task, "\n".join(lines))


def listed_tasks(stats: Stats, tasks: list[tuple[int, int]]) -> str:
    """Return the first tasks in words, a part for each stage.

    >>> listed_tasks(Stats(stages=[StageStats("map", 12, number=1)]), [(1, 0), (1, 4), (1, 5)])
    'stage 1 map, tasks 1, 5 and 6 of 12'
    """
    counts = {stage.number: (stage.name, stage.tasks) for stage in stats.stages}
    shown: dict[int, list[str]] = {}
    for number, task in tasks[:SHOWN_TASKS]:
        shown.setdefault(number, []).append(str(task + 1))
    parts = []
    for number, places in shown.items():
        name, count = counts.get(number, ("", 0))
        *most, last = places
        words = f"tasks {', '.join(most)} and {last}" if most else f"task {last}"
        parts.append(f"stage {number} {name}, {words} of {count}")
    more = [f"{len(tasks) - SHOWN_TASKS} more"] if len(tasks) > SHOWN_TASKS else []
    return "; ".join([*parts, *more])


def _last_words(last: RunStatus | None) -> str:
    """Return the likely reason of a driver's death, from the last state that its journal has."""
    if last is None:
        return "It did not live for a second, so its memory is not known."
    when = time.strftime("%H:%M:%S", time.localtime(last.time))
    words = f"At its last sign of life, {when}, it held {in_units(last.memory)} of memory"
    if last.free is None:
        return f"{words}."
    if last.free < LITTLE * last.memory:
        return (
            f"{words} and {in_units(last.free)} were left: the system probably ended it for lack of memory. Give it"
            " more, write the rows instead of collecting them, or use more partitions."
        )
    return f"{words} and {in_units(last.free)} were left, so memory was not the reason."
