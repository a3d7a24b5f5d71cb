"""An engine in this process that runs the tasks of a group as a Ray worker does, over stores of some nodes."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from glowray.engine.inline import InlineEngine, flow_here, in_turn, inputs_of
from glowray.engine.task.group import TaskGroup
from glowray.engine.task.payload import execute, unpack
from glowray.engine.task.protocol import Done, Remote, Task
from glowray.kernels import Fragment
from glowray.kernels.ends.buckets import Stored, part_of
from glowray.rows import Block


@dataclass(frozen=True, eq=False)
class Member(Remote):
    """The block of one task in an object that has the blocks of a group."""

    stored: Stored
    member: int

    def fetch(self) -> Block:
        (block,) = part_of(self.stored, member=self.member)
        return cast(Block, block)


class GroupEngine(InlineEngine):
    """An engine of some nodes whose stores hold up to a size. `groups` are the sizes of the groups that it ran."""

    may_share_store = True

    def __init__(self, limit: int = 1 << 20, nodes: int = 1, least: int = 1) -> None:
        self.limit, self.nodes, self.least = limit, nodes, least
        self.groups: list[int] = []

    def shared_bytes(self) -> int:
        return self.limit

    def store_nodes(self) -> list[str]:
        return [f"node {number}" for number in range(self.nodes)]

    def least_groups(self) -> int:
        return self.least

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        waiting = iter(tasks)
        flowing: list[Task] = []
        for task in waiting:
            if task.flows:
                flowing.append(task)
            else:
                yield from self._run([task, *islice(waiting, task.follow)])
        yield from in_turn([flow_here(task) for task in flowing])

    def _run(self, tasks: list[Task]) -> Iterator[Done]:
        self.groups.append(len(tasks))
        group, payload = TaskGroup(tasks[0].resources.memory), tasks[0].payload
        objects: list[Stored] | None = None
        for task in tasks:
            memory = task.resources.memory
            report, given = execute(payload.data, payload.apart, task.partition, inputs_of(task), task.offset, memory)
            group.add(report, given)
            objects = None if given is None else list(given)
            if group.has_failed:
                break
        merges = len(group.reports) == 1
        if not merges:
            program = unpack(payload.data, payload.apart)
            assert isinstance(program, Fragment)
            objects, merges = list(group.objects(program.exchange)), program.exchange.merges
        stored = [pickle.loads(pickle.dumps(each, 5)) for each in objects or ()]
        for place, (task, report) in enumerate(zip(tasks, group.reports, strict=False)):
            own = stored if merges else [Member(each, place) for each in stored]
            failed = report.failure is not None and not report.rows
            yield Done(task, report, None if failed else own[: len(report.rows)])
