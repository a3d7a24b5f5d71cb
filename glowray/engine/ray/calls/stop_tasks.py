"""How the driver stops tasks that run on Ray: a flag in Ray's key-value store, which each worker looks for.

`ray.cancel` alone is not enough. Without `force` it does not end a task that waits in C (`time.sleep(16)`). With any
arguments, it aborts the driver if the task's reply arrives at the same moment. Ray then completes a task that it has
already marked as cancelled, and a check in its TaskManager fails. So a stop has three steps:

    0.0 s  the driver raises the flag
    0.5 s  each worker has seen it by now, and interrupts its task as Ctrl-C would; most tasks end here
    2.0 s  the driver ends the workers of all tasks that have not ended, by `ray.cancel(force=True)`

From 1.5 s on no worker replies: a task that ends later waits until the driver ends its worker.

The flag lists the tasks that it stops. It does not list tasks that have ended: if a node is lost, Ray runs some of them
again, to make their blocks anew.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, NamedTuple

GRACE_SECONDS = 2.0
"""Seconds in which tasks may end by themselves before the driver ends their workers."""

LOOK_SECONDS = 0.5
"""Seconds between two checks of the flag by a worker. Shorter tasks are never interrupted."""

REPLY_SECONDS = 1.5
"""Seconds after a check without a flag in which a worker may still reply."""

ENDED_SECONDS = 1.0
"""Seconds to wait until workers have ended, so that they write nothing after the clean-up."""

OLD_SECONDS = 3600.0
"""Age of a flag in seconds at which the stop of any run removes it. No task can still look for it then."""

ANSWER_SECONDS = 1.0
"""Seconds to wait for an answer from the store."""

HELD_SECONDS = 30.0
"""Seconds that a worker waits for its end. After that the driver is gone or out of reach."""

NAMESPACE = b"glowray"

PREFIX = "stop:"

SIGNAL = getattr(signal, "SIGRTMIN", signal.SIGUSR2)
"""The signal that interrupts a task. Ray blocks SIGINT in its workers: Ctrl-C in a terminal is for the driver."""


class StopFlag:
    """The stop flag of one run, in the driver."""

    def __init__(self) -> None:
        self.name = f"{PREFIX}{uuid.uuid4().hex}"

    def stop(self, tasks: Sequence[Any]) -> None:
        """End the tasks of the run, given as refs or generators of refs; return when they have ended.

        After GRACE_SECONDS their workers are ended. A second Ctrl-C skips the wait. If the cluster is lost meanwhile,
        its tasks end without the driver.
        """
        import ray
        from ray.exceptions import RaySystemError

        if tasks and ray.is_initialized():
            with contextlib.suppress(RaySystemError):
                self._stop(tasks)

    def _stop(self, tasks: Sequence[Any]) -> None:
        import ray

        ends = {_end_of(task): task for task in tasks}
        left = list(ends)
        try:
            self._raise([end.task_id().hex() for end in ends])
            left = _unended(left, GRACE_SECONDS)
        finally:
            for end in _unended(left, 0):
                ray.cancel(ends[end], force=True)
        if not _unended(left, ENDED_SECONDS):
            self._remove()  # otherwise a worker that cannot be reached may still look for it

    def _raise(self, tasks: Sequence[str]) -> None:
        """Store the flag: the time, then the ids of the tasks that it stops."""
        with contextlib.suppress(*_no_answer()):
            value = " ".join([repr(time.time()), *tasks]).encode()
            _store().internal_kv_put(self.name.encode(), value, True, NAMESPACE, timeout=ANSWER_SECONDS)
            _remove_old()

    def _remove(self) -> None:
        with contextlib.suppress(*_no_answer()):
            _store().internal_kv_del(self.name.encode(), False, NAMESPACE, timeout=ANSWER_SECONDS)


def _remove_old() -> None:
    """Remove the flags that earlier runs had to leave, as they could not reach a worker."""
    store = _store()
    for name in store.internal_kv_keys(PREFIX.encode(), NAMESPACE, timeout=ANSWER_SECONDS):
        value = store.internal_kv_get(name, NAMESPACE, timeout=ANSWER_SECONDS)
        if value is not None and time.time() - float(value.split()[0]) > OLD_SECONDS:
            store.internal_kv_del(name, False, NAMESPACE, timeout=ANSWER_SECONDS)


def _unended(ends: list[Any], seconds: float) -> list[Any]:
    """Wait up to `seconds` for tasks to end; return those that have not."""
    import ray

    return ray.wait(ends, num_returns=len(ends), timeout=seconds, fetch_local=False)[1] if ends else []


def _end_of(task: Any) -> Any:
    """Return a ref that is ready when a task has ended. A generator of refs is ready earlier, with its first piece."""
    from ray import ObjectRefGenerator

    return task.completed() if isinstance(task, ObjectRefGenerator) else task


class Stop(NamedTuple):
    """How a running task may be stopped: by its id in the flag of this name."""

    flag: str
    task: str


class FlagWatch:
    """A thread of a worker that looks for the running task's flag. When it sees it, it interrupts the task once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = threading.Event()
        self._running: Stop | None = None
        self._seen: set[Stop] = set()
        self._unseen_at = 0.0  # when the last check without a flag began
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def over(self, stop: Stop) -> Iterator[None]:
        """Run a task within this block. A stop raises KeyboardInterrupt in it, and may hold back the task's reply."""
        self._begin(stop)
        try:
            yield
        finally:
            self._end(stop)

    def _begin(self, stop: Stop) -> None:
        if stop in self._seen:
            raise KeyboardInterrupt  # the run was stopped while this task waited for its turn
        self._unseen_at, self._running = time.monotonic(), stop
        self._busy.set()
        if self._thread is None:
            signal.signal(SIGNAL, _interrupt)
            self._thread = threading.Thread(target=self._look_on, name="glowray-stop", daemon=True)
            self._thread.start()

    def _end(self, stop: Stop) -> None:
        while self._running is not None:
            try:
                with self._lock:  # after this, no interrupt comes
                    self._running = None
            except KeyboardInterrupt:
                continue  # the interrupt came just as the work ended
        self._busy.clear()
        if time.monotonic() < self._unseen_at + REPLY_SECONDS:
            return
        # The watching thread may have missed the flag, as native code kept it from running. So check once more.
        if stop in self._seen or stop in _stopped(stop.flag):
            self._hold()

    def _hold(self) -> None:
        time.sleep(HELD_SECONDS)

    def _look_on(self) -> None:
        while self._busy.wait():
            time.sleep(LOOK_SECONDS)
            stop, began = self._running, time.monotonic()
            if stop is None or stop in self._seen:
                continue
            stopped = _stopped(stop.flag)
            with self._lock:
                if self._running != stop:
                    continue
                if stop in stopped:
                    self._seen = stopped
                    # Unlike _thread.interrupt_main(), a signal also ends a sleep or another wait in C.
                    signal.pthread_kill(threading.main_thread().ident or 0, SIGNAL)
                else:
                    self._unseen_at = began


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stopped(flag: str) -> set[Stop]:
    """Return the tasks that a flag stops; none if it is not raised or the store does not answer."""
    try:
        value = _store().internal_kv_get(flag.encode(), NAMESPACE, timeout=ANSWER_SECONDS)
    except _no_answer():
        return set()
    return {Stop(flag, task.decode()) for task in (value or b"").split()[1:]}


def _store() -> Any:
    from ray.experimental.internal_kv import internal_kv_get_gcs_client

    return internal_kv_get_gcs_client()


def _no_answer() -> tuple[type[Exception], ...]:
    """Return Ray's exceptions for a head that does not answer. If it stays silent, Ray ends worker and driver."""
    from ray.exceptions import GetTimeoutError, RaySystemError, RpcError

    return GetTimeoutError, RaySystemError, RpcError


flag_watch = FlagWatch()
"""This process's watch."""
