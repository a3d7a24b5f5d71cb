"""Run tasks of a stage on a Ray worker, one after the other. Their reports name the worker."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from glowray.engine.ray.calls.stop_tasks import Stop, flag_watch
from glowray.engine.ray.capture import Capture, captured
from glowray.engine.task.payload import Sent
from glowray.kernels import Fragment, TaskReport
from glowray.kernels.ends.buckets import Stored, part_of
from glowray.rows import Block

Apart = list[tuple[str, bool, list[Any]]]
"""Values that travel apart from the fragment: the name, whether tasks share it, and a list with its reference."""


class ArgumentCut(NamedTuple):
    """A part of an argument that a task reads: the argument's place, then the parameters of `part_of`."""

    place: int
    start: int | None
    stop: int | None
    bucket: int | None
    member: int | None


class TaskPlace(NamedTuple):
    """The parts of a task that differ within a stage: partition, first row, token of prints, a list of cuts a side."""

    partition: int
    offset: int
    prints: str
    sides: list[list[ArgumentCut]]


class GroupPlace(NamedTuple):
    """The parts that the tasks of a group share: the number of objects, the memory of a task, the stop flag."""

    outputs: int
    memory: int | None
    flag: str
    tasks: list[TaskPlace]


class GroupReport(NamedTuple):
    """The reports of a group's tasks. `merged`: its objects are those of one task; else they have a block for each."""

    reports: list[TaskReport]
    merged: bool


def run_tasks(payload: bytes, apart: Apart, group: GroupPlace, *arguments: Stored) -> Any:
    """Run tasks up to the first that fails. Return a GroupReport, followed by their objects if there are any."""
    from ray.exceptions import RayError

    from glowray.engine.task.group import TaskGroup
    from glowray.engine.task.payload import execute, unpack

    values, done = _values(apart), TaskGroup(group.memory)
    objects: Sequence[Stored] | None = None
    merged = True
    with flag_watch.over(_stop(group)):
        for task in group.tasks:
            capture = Capture(task.prints, _attempt())
            with capture:
                inputs = _inputs(task.sides, arguments)
                report, objects = execute(
                    payload, values, task.partition, inputs, task.offset, group.memory, (RayError,)
                )
            _mark(report, capture)
            done.add(report, objects)
            if done.has_failed:
                break
        if len(done.reports) > 1:
            program = unpack(payload, values)
            assert isinstance(program, Fragment), "saved tasks are alone"
            objects, merged = done.objects(program.exchange), program.exchange.merges
    told = GroupReport(done.reports, merged)
    if group.outputs == 0:
        return told
    given: list[Stored | None] = [*(objects or ()), *[None] * group.outputs][: group.outputs]
    return [told, *given]


def run_flowing(payload: bytes, apart: Apart, group: GroupPlace, *feeds: Any) -> Iterator[tuple[TaskReport, Block]]:
    """Run a flowing task; yield a report and a block for each piece of its rows."""
    from ray.exceptions import RayError

    from glowray.engine.task.payload import execute_flowing

    (task,) = group.tasks
    read, capture = _inputs(task.sides, feeds), Capture(task.prints, 0, live=False)
    with flag_watch.over(_stop(group)):
        pieces = execute_flowing(payload, _values(apart), task.partition, read, task.offset, group.memory, (RayError,))
        for piece in captured(pieces, capture):
            if piece is not None:
                report, (block,) = piece
                _mark(report, capture)
                yield report, block


def _stop(group: GroupPlace) -> Stop:
    import ray

    return Stop(group.flag, str(ray.get_runtime_context().get_task_id()))


def _inputs(sides: Sequence[Sequence[ArgumentCut]], arguments: Sequence[Any]) -> list[list[Any]]:
    return [
        list(itertools.chain.from_iterable(part_of(arguments[place], *cut) for place, *cut in side)) for side in sides
    ]


def _values(apart: Apart) -> dict[str, Sent]:
    import ray

    return {name: Sent(name, shared, partial(ray.get, refs[0])) for name, shared, refs in apart}


def _mark(report: TaskReport, capture: Capture) -> None:
    """Note in a report which node it comes from, how many attempts were lost before, and what was printed."""
    report.remote, report.attempt, report.printed = True, _attempt(), capture.printed
    report.worker = f"node {_node()}, {report.worker}"


def _attempt() -> int:
    """Return how many attempts at the running task were lost."""
    import ray

    return int(ray.get_runtime_context().worker.core_worker.get_current_task_attempt_number())


def _node() -> str:
    """Return the first 6 digits of the id of the node that runs the task."""
    import ray

    return str(ray.get_runtime_context().get_node_id())[:6]
