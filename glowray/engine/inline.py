"""The inline engine: tasks run one after the other in this process. No Ray, no copies between processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from glowray.engine.payload import execute
from glowray.engine.protocol import Done, Ref, Slot, Task
from glowray.rows import Block


class InlineEngine:
    """Runs tasks in the calling thread, each on its own copy of the functions."""

    name = "inline"

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for task in tasks:
            yield run_here(task)

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        return [local_block(ref) for ref in refs]


def run_here(task: Task) -> Done:
    """Runs one task in this process."""
    inputs = [[resolved(slot) for slot in side] for side in task.inputs]
    memory = task.resources.memory
    report, blocks = execute(task.payload.data, task.payload.apart, task.partition, inputs, task.offset, memory)
    return Done(task, report, blocks)


def resolved(slot: Slot) -> Block:
    """The block of a slot, cut to its rows."""
    block = local_block(slot.ref)
    return block if slot.start is None else block.slice(slot.start, slot.stop)


def local_block(ref: Ref) -> Block:
    """The block behind a ref, fetched from Ray if it lives there."""
    if isinstance(ref, Block):
        return ref
    from glowray.engine.ray import fetch_blocks

    return fetch_blocks([ref])[0]
