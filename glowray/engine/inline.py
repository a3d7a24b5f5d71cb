"""The inline engine: tasks run one after the other in this process, without Ray and without copies of blocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from glowray.engine.block_store import Held
from glowray.engine.task.payload import execute, execute_flowing
from glowray.engine.task.protocol import Done, Engine, Slot, Task, local_block
from glowray.io.channel import Feed
from glowray.kernels import TaskReport
from glowray.kernels.ends.buckets import Stored, part_of
from glowray.rows import Block


class InlineEngine(Engine):
    """Runs tasks in the calling thread. Each task gets its own copy of the functions."""

    name = "inline"

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        flowing: dict[int, list[Task]] = {}
        for task in tasks:
            if task.flows:
                flowing.setdefault(task.identity[0], []).append(task)
            else:
                yield run_here(task)
        yield from in_turn([chain.from_iterable(map(flow_here, stage)) for stage in flowing.values()])

    def shared_bytes(self) -> int:
        return 0  # a slice of a block copies nothing anyway


def run_here(task: Task) -> Done:
    """Run one task in this process."""
    payload, memory = task.payload, task.resources.memory
    report, blocks = execute(payload.data, payload.apart, task.partition, inputs_of(task), task.offset, memory)
    return Done(task, report, None if blocks is None else [_kept(block, task, report) for block in blocks])


HELD = Held()


def _kept(block: Stored, task: Task, report: TaskReport) -> Stored:
    if not isinstance(block, Block) or not block.chunks:
        return block
    block, on_disk = HELD.kept(block, task.resources.memory)
    report.spilled += on_disk
    return block


def flow_here(task: Task) -> Iterator[Done | None]:
    """Run one task in this process, piece by piece as the caller asks. Yield None for a piece without rows."""
    payload, memory = task.payload, task.resources.memory
    for piece in execute_flowing(payload.data, payload.apart, task.partition, inputs_of(task), task.offset, memory):
        yield None if piece is None else Done(task, piece[0], list(piece[1]))


def in_turn(flows: Sequence[Iterator[Done | None]]) -> Iterator[Done]:
    """Yield one piece of each flow in turn, until all have ended."""
    left = deque(flows)
    while left:
        flow = left.popleft()
        for done in flow:
            left.append(flow)
            if done is not None:
                yield done
            break


def inputs_of(task: Task) -> list[list[Any]]:
    """Return the inputs of a task: blocks of this process, or the feed of a channel."""
    return [list(chain.from_iterable(map(_read, side))) for side in task.inputs]


def _read(slot: Slot) -> list[Any]:
    if isinstance(slot.ref, Feed):
        return [slot.ref]
    return part_of(local_block(slot.ref), slot.start, slot.stop, slot.bucket)
