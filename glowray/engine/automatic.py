"""The automatic engine: begins in this process, and hands what is left to Ray once the job proves long."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

from glowray.engine.inline import InlineEngine, run_here
from glowray.engine.protocol import Done, Engine, Ref, Task
from glowray.rows import Block

PATIENCE = 3.0
"""Seconds that a job stays in this process: about what a Ray on this machine needs to start."""


class AutomaticEngine:
    """Inline at first. Blocks that are done stay as they are: Ray's tasks read them, nothing is run again."""

    name = "inline"

    def __init__(self, patience: float | None = None) -> None:
        self.deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        self.inline = InlineEngine()
        self.ray: Engine | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        shared = _Shared(tasks)
        if shared.is_fed():
            yield from self.inline.run(shared)
            return
        if self.ray is None and time.monotonic() < self.deadline:
            handover = _Handover(self, shared)
            try:
                yield from handover.run()
            finally:
                handover.stop()
            return
        if shared.two_left():
            yield from self._ray_engine().run(shared)
        else:
            yield from self.inline.run(shared)

    def shared_bytes(self) -> int:
        return (self.inline if self.ray is None else self.ray).shared_bytes()

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        return self.inline.fetch(refs)

    def _ray_engine(self) -> Engine:
        if self.ray is None:
            from glowray.engine.ray_start import ray_engine

            self.ray = ray_engine()
            self.name = "inline, then ray"
        return self.ray


class _Shared:
    """An iterator of tasks that two threads may take from."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.tasks = iter(tasks)
        self.lock = threading.Lock()
        self.peeked: list[Task] = []
        self.stopped = False

    def __iter__(self) -> Iterator[Task]:
        return self

    def __next__(self) -> Task:
        with self.lock:
            if self.stopped:
                raise StopIteration
            return self.peeked.pop(0) if self.peeked else next(self.tasks)

    @property
    def is_stopped(self) -> bool:
        """Whether the job is over: what runs on Ray is to end."""
        return self.stopped

    def is_fed(self) -> bool:
        """Whether the next task reads a channel: that stays where its rows are."""
        with self.lock:
            return any(task.feed is not None for task in self._peek(1))

    def two_left(self) -> bool:
        """Whether there are tasks enough to share."""
        with self.lock:
            peeked = self._peek(2)
            return len(peeked) == 2 and not self.stopped and all(task.feed is None for task in peeked)

    def _peek(self, count: int) -> list[Task]:
        while len(self.peeked) < count and not self.stopped:
            task = next(self.tasks, None)
            if task is None:
                break
            self.peeked.append(task)
        return self.peeked

    def stop(self) -> None:
        with self.lock:
            self.stopped = True


class _Handover:
    """One stage's run during which a timer may bring in Ray, while this thread still works on its own task."""

    def __init__(self, engine: AutomaticEngine, tasks: _Shared) -> None:
        self.engine, self.tasks = engine, tasks
        self.results: queue.SimpleQueue[Done | BaseException | None] = queue.SimpleQueue()
        self.begun = threading.Event()
        self.timer = threading.Timer(max(0.0, engine.deadline - time.monotonic()), self._take_over)
        self.timer.daemon = True

    def run(self) -> Iterator[Done]:
        self.timer.start()
        while not self.begun.is_set():
            task = next(self.tasks, None)
            if task is None:
                break
            yield run_here(task)
        self.timer.cancel()
        if not self.begun.is_set():
            return
        while (result := self.results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result

    def stop(self) -> None:
        self.timer.cancel()
        self.tasks.stop()
        if self.begun.is_set():
            self.timer.join()

    def _take_over(self) -> None:
        if not self.tasks.two_left():
            return
        self.begun.set()
        try:
            for done in self.engine._ray_engine().run(self.tasks):
                self.results.put(done)
                if self.tasks.stopped:
                    break
        except BaseException as error:
            self.results.put(error)
        finally:
            self.results.put(None)
