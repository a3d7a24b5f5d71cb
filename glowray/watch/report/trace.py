"""An action as a trace in Chrome's format, which Perfetto (ui.perfetto.dev) and chrome://tracing read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glowray.watch.record import event_log as events
from glowray.watch.record.run_record import RunRecord

DRIVER = "driver"


def trace(record: RunRecord) -> dict[str, Any]:
    """Return the trace: a track for the stages, and a track for each worker's tasks. Times are in microseconds."""
    workers = dict.fromkeys(task.worker for task in record.log.of(events.TaskEnded))
    tracks = {name: number for number, name in enumerate([DRIVER, *workers])}
    found = [
        {"name": "process_name", "ph": "M", "pid": 0, "tid": 0, "args": {"name": f"flow {record.stats.name}"}},
        *({"name": "thread_name", "ph": "M", "pid": 0, "tid": tid, "args": {"name": n}} for n, tid in tracks.items()),
        *_stages(record),
        *_tasks(record, tracks),
        *_instants(record),
    ]
    return {"traceEvents": found, "displayTimeUnit": "ms", "otherData": record.stats.to_dict()}


def _stages(record: RunRecord) -> Iterator[dict[str, Any]]:
    """Yield an asynchronous span for each stage: stages may run at the same time."""
    last = record.log.events[-1].time if record.log.events else 0.0
    ends = {event.stage: event.time for event in record.log.of(events.StageEnded)}
    for event in record.log.of(events.StageBegan):
        common = {"name": f"{event.stage} {event.name}", "cat": "stage", "id": event.stage, "pid": 0, "tid": 0}
        yield {**common, "ph": "b", "ts": _micros(event.time), "args": {"tasks": event.tasks}}
        yield {**common, "ph": "e", "ts": _micros(max(event.time, ends.get(event.stage, last)))}


def _tasks(record: RunRecord, tracks: dict[str, int]) -> Iterator[dict[str, Any]]:
    names = {event.stage: event.name for event in record.log.of(events.StageBegan)}
    for event in record.log.of(events.TaskEnded):
        arguments = {
            "task": event.task, "rows in": event.rows_in, "rows out": event.rows_out, "bytes": event.bytes,
            "retries": event.retries, "rows in Python": event.to_python,
        }  # fmt: skip
        yield {
            "name": f"{event.stage} {names.get(event.stage, '')}", "cat": "task", "ph": "X", "pid": 0,
            "tid": tracks[event.worker], "ts": _micros(event.time - event.seconds), "dur": _micros(event.seconds),
            "args": arguments,
        }  # fmt: skip


def _instants(record: RunRecord) -> Iterator[dict[str, Any]]:
    for spill in record.log.of(events.Spilled):
        yield _instant("spill", spill.time, {"task": spill.task, "bytes": spill.bytes})
    failed = record.log.failure
    if failed is not None:
        yield _instant("failure", failed.time, {"error": failed.error})


def _instant(name: str, time: float, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "ph": "i", "s": "g", "pid": 0, "tid": 0, "ts": _micros(time), "args": arguments}


def _micros(seconds: float) -> int:
    return round(seconds * 1e6)
