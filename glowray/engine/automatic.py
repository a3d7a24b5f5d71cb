"""The automatic engine: runs tasks in this process, and hands the rest to Ray once Ray has started and is worth it."""

from __future__ import annotations

import os
import queue
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence

from glowray.engine.inline import InlineEngine, run_here
from glowray.engine.shared_tasks import Pace, SharedTasks, UntilSlower
from glowray.engine.task.protocol import Done, Engine, Ref, Task
from glowray.rows import Block

WORTH_SECONDS = 5.0
"""Seconds of work that must be left before Ray starts: about as long as a Ray on this machine takes to start."""

CONNECT_SECONDS = 2.0
"""The same before this process connects: about as long as connecting and beginning a first task takes."""

LOOK_SECONDS = 0.25
"""Seconds between two checks how much work is left."""

STARTING = "starting Ray…"


class AutomaticEngine(Engine):
    """Runs tasks here while Ray starts in processes of its own, and hands over once a first task has begun on Ray.

    Finished blocks stay where they are: Ray's tasks read them, and nothing runs again. Time decides only where a task
    runs, which changes no result.
    """

    name = "inline"

    def __init__(self, patience: float) -> None:
        self.inline = InlineEngine()
        self.pace = Pace()
        self.handover = Handover(self, time.monotonic() + patience)
        self.announce: Callable[[str], None] = lambda text: None
        self.ray: Engine | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        shared = SharedTasks(tasks)
        if shared.are_fed():
            yield from self.inline.run(shared)
        elif self.ray is not None and shared.are_several():
            self.name = "inline, then ray"
            yield from self.ray.run(shared)
        elif shared.are_left():
            yield from self._run_here(shared)

    def begin(self, announce: Callable[[str], None]) -> None:
        self.announce = announce

    def end(self) -> None:
        self.handover.end()

    def shared_bytes(self) -> int:
        return (self.inline if self.ray is None else self.ray).shared_bytes()

    def store_nodes(self) -> list[str]:
        return (self.inline if self.ray is None else self.ray).store_nodes()

    def least_groups(self) -> int:
        return 0 if self.ray is None else self.ray.least_groups()

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        return (self.inline if self.ray is None else self.ray).fetch(refs)

    def post(self, run: str, text: str | None) -> None:
        if self.ray is not None:
            self.ray.post(run, text)

    def _run_here(self, tasks: SharedTasks) -> Iterator[Done]:
        """Run tasks here until none are left or Ray takes over. If Ray turns out slower, take over again."""
        share = Share(tasks)
        self.handover.offer(share)
        try:
            while not share.is_taken and (task := next(tasks, None)) is not None:
                self.pace.begin(task)
                done = run_here(task)
                self.pace.end()
                yield done
                self.handover.warn()
            self.handover.offer(None)
            if share.is_taken:
                yield from share.results()
                if share.ray_is_slower:
                    self.ray = None
                    yield from map(run_here, tasks)
        finally:
            self.handover.offer(None)
            share.stop()


class Share:
    """The tasks of one run, whether Ray has taken them, and the results of those that Ray runs."""

    def __init__(self, tasks: SharedTasks) -> None:
        self.tasks = tasks
        self.is_taken = self.ray_is_slower = False
        self.done: queue.SimpleQueue[Done | BaseException | None] = queue.SimpleQueue()
        self.ended = threading.Event()

    def results(self) -> Iterator[Done]:
        """Yield each task that Ray has done, as it ends. Raise the error that ended Ray's run."""
        while (result := self.done.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result

    def run(self, ray: Engine, mean: float | None) -> None:
        """Run the remaining tasks on Ray, as long as they are not slower than this process's `mean` seconds a task."""
        tasks = UntilSlower(self.tasks, mean)
        try:
            for done in ray.run(tasks):
                tasks.note_done()
                self.done.put(done)
        except BaseException as error:
            self.done.put(error)
        finally:
            self.ray_is_slower = tasks.is_slower
            self.done.put(None)
            self.ended.set()

    def stop(self) -> None:
        """Hand out no more tasks, and wait until the tasks on Ray are cancelled."""
        self.tasks.stop()
        if self.is_taken:
            self.ended.wait()


class Handover:
    """A thread that decides when Ray is worth starting, starts it, and drives it while this process runs a task."""

    def __init__(self, engine: AutomaticEngine, deadline: float) -> None:
        self.engine, self.deadline = engine, deadline
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.share: Share | None = None
        self.error: Exception | None = None
        # Not a daemon thread: the interpreter must not end while this thread connects to Ray.
        self.thread = threading.Thread(target=self._work, name="glowray-handover")
        HANDOVERS.add(self)

    def offer(self, share: Share | None) -> None:
        """Offer the tasks that this process runs now; None: there are none to take over."""
        with self.lock:
            self.share = share
        if share is not None and self.thread.ident is None and usable_cpus() > 1:
            self.thread.start()

    def end(self) -> None:
        """Tell that Ray is not needed any more, unless it has already taken over."""
        self.over.set()

    def warn(self) -> None:
        """Warn, once, that Ray did not start."""
        error, self.error = self.error, None
        if error is not None:
            warnings.warn(f"the job goes on in this process: {error}", RuntimeWarning, stacklevel=2)

    def _work(self) -> None:
        if self.over.wait(max(0.0, self.deadline - time.monotonic())):
            return
        while not self.is_worth_it():
            if self.over.wait(LOOK_SECONDS):
                return
        ray = self._begun_ray()
        if ray is not None:
            self._take(ray)

    def is_worth_it(self) -> bool:
        """Return whether enough work is left to be worth starting Ray."""
        return self.engine.pace.seconds_left() >= WORTH_SECONDS

    def is_worth_connecting(self) -> bool:
        """Return whether enough work is still left, now that Ray has started."""
        return self.engine.pace.seconds_left() >= CONNECT_SECONDS

    def _begun_ray(self) -> Engine | None:
        from glowray.engine.ray.start import begun_ray_engine

        self.engine.announce(STARTING)
        try:
            return begun_ray_engine(self.over, self.is_worth_connecting)
        except Exception as error:  # this process can run all tasks itself, whatever keeps Ray from starting
            if not self.over.is_set():
                self.error = error
            return None
        finally:
            self.engine.announce("")

    def _take(self, ray: Engine) -> None:
        """Take over the tasks that this process runs now, and all later tasks."""
        engine = self.engine
        with self.lock:
            share = self.share
            if share is not None and share.tasks.are_left():
                share.is_taken, engine.name = True, "inline, then ray"
            engine.ray = ray
        if share is not None and share.is_taken:
            share.run(ray, engine.pace.mean())


def usable_cpus() -> int:
    """Return how many CPUs this process may use. With one CPU, Ray cannot make the job faster."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


HANDOVERS: weakref.WeakSet[Handover] = weakref.WeakSet()


def _end_handovers() -> None:
    """End all handovers when the interpreter ends: an action whose rows were not all read has not ended its own."""
    for handover in list(HANDOVERS):
        handover.end()


# Runs before the interpreter waits for the threads of the handovers.
threading._register_atexit(_end_handovers)  # type: ignore[attr-defined]
