"""An engine that runs tasks in threads and has its own store. It shows the effort of writing an engine."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from glowray.engine.inline import flow_here, in_turn, inputs_of
from glowray.engine.task.payload import execute
from glowray.engine.task.protocol import Done, Engine, Remote, Stoppable, Task
from glowray.rows import Block


@dataclass(frozen=True, eq=False)
class Stored(Remote):
    """A block in the engine's store. Every reader gets a copy."""

    data: bytes

    def fetch(self) -> Block:
        block: Block = pickle.loads(self.data)
        return block


class ThreadEngine(Engine):
    """An engine with a number of threads. It yields tasks in the order in which they end."""

    name = "threads"

    def __init__(self, threads: int = 3) -> None:
        self.threads = threads

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        waiting = iter(tasks)
        running: set[Future[Done]] = set()
        flowing: list[Task] = []
        usual = gc.get_threshold()  # overlapping tasks may leave another task's threshold
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                while not (isinstance(tasks, Stoppable) and tasks.is_stopped):
                    task = next(waiting, None) if len(running) < self.threads else None
                    if task is None and not running:
                        break
                    if task is None:
                        ended, running = wait(running, return_when=FIRST_COMPLETED)
                        yield from (future.result() for future in ended)
                    elif task.flows:
                        flowing.append(task)
                    elif task.feed is not None:
                        yield _run(task)
                    else:
                        running.add(pool.submit(_run, task))
            finally:
                for future in running:
                    future.cancel()
        gc.set_threshold(*usual)
        yield from in_turn([flow_here(task) for task in flowing])

    def shared_bytes(self) -> int:
        return 0


def _run(task: Task) -> Done:
    payload, memory = task.payload, task.resources.memory
    report, blocks = execute(payload.data, payload.apart, task.partition, inputs_of(task), task.offset, memory)
    stored = None if blocks is None else [Stored(pickle.dumps(block, 5)) for block in blocks]
    return Done(task, report, stored)
