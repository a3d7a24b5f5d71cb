"""Starts or finds the Ray that a job runs on. A Ray that was not started here is never stopped."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future

from glowray.cluster.client.connect import connect, job_config, reconnect
from glowray.cluster.host.ray_log import leave_widgets_out
from glowray.cluster.host.signals import keep_interrupt_status, sigterm_kept
from glowray.cluster.nodes.local import LOOPBACK, LocalNode
from glowray.engine.ray.engine import RayEngine
from glowray.engine.task.protocol import Done, Engine, Ref, T, Task
from glowray.resources import Resources
from glowray.rows import Block

LOOK_SECONDS = 0.25
"""Seconds between two checks whether it is worth connecting."""

NICENESS = 5
"""The niceness of Ray's background processes while a job goes on in this process."""

_engine: RayEngine | None = None
_session: object = None
_starting = threading.Lock()

_node: LocalNode | None = None
_waiting = 0
_counting = threading.Lock()


def ray_engine() -> RayEngine:
    """Return the engine on the connected Ray; connect first if there is none.

    It connects to the cluster that was lost, or that the environment names, or else to a new local Ray.
    """
    global _engine, _session
    keep_interrupt_status()
    leave_widgets_out()
    import ray

    # The first jobs of two threads may come here at the same time, and ray.init() is not thread-safe.
    with _starting:
        if not ray.is_initialized():
            if reconnect() is not None:
                pass  # the cluster that was lost is back
            elif os.environ.get("GLOWRAY_ADDRESS") or os.environ.get("RAY_ADDRESS"):
                connect()
            else:
                start_local()
        session = ray.get_runtime_context().worker.current_cluster_and_job
        if _engine is None or session != _session:
            _engine, _session = RayEngine(), session  # an engine's refs are valid in its own Ray session only
        return _engine


def coming_ray_engine() -> Engine:
    """Return the engine on Ray at once. If no Ray is connected, a thread starts one while the caller goes on."""
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        return ray_engine()
    return _Coming()


class _Coming(Engine):
    """The engine of a Ray that starts in another thread. Every method waits until it is there."""

    name = "ray"
    is_here = False

    def __init__(self) -> None:
        self._engine: Future[RayEngine] = Future()
        threading.Thread(target=self._start, name="glowray-ray-start", daemon=True).start()

    def _start(self) -> None:
        try:
            self._engine.set_result(ray_engine())
        except BaseException as error:
            self._engine.set_exception(error)

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        return self._engine.result().run(tasks)

    def shared_bytes(self) -> int:
        return self._engine.result().shared_bytes()

    def store_nodes(self) -> list[str]:
        return self._engine.result().store_nodes()

    def least_groups(self) -> int:
        return self._engine.result().least_groups()

    def ask_nodes(self, question: Callable[[], T], needs: Resources) -> list[tuple[str, T]]:
        return self._engine.result().ask_nodes(question, needs)

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        return self._engine.result().fetch(refs)

    def post(self, run: str, text: str | None) -> None:
        if self._engine.done():
            self._engine.result().post(run, text)


def begun_ray_engine(over: threading.Event, is_worth_it: Callable[[], bool]) -> RayEngine | None:
    """Start a local Ray; return its engine once a first task has begun there, or None if `over` is set before.

    This process connects only after Ray's own processes have started and `is_worth_it` returns True. Until then it
    spends no CPU on Ray. A Ray that has not started when nobody waits for it any more is ended.

    Raises ClusterError if Ray does not start.
    """
    with _wanted(niceness=NICENESS) as node:
        if node.wait(over) is None:
            return None
    while not is_worth_it():
        if over.wait(LOOK_SECONDS):
            return None
    engine = ray_engine()
    return engine if engine.wait_for_first_task(over) else None


def start_local(num_cpus: int | None = None) -> None:
    """Start a Ray that ends with this process, and connect to it.

    It listens on loopback only, requires a token and sends nothing outside. It uses `num_cpus` CPUs; None: all.
    """
    with _wanted(num_cpus) as node:
        keep_interrupt_status()
        leave_widgets_out()
        import ray  # takes about as long as Ray's first process needs to start

        address = node.wait()
        node.enter()
        with sigterm_kept():
            ray.init(address=address, logging_level="ERROR", _node_ip_address=LOOPBACK, job_config=job_config())
    # Ray believes that this process has joined somebody's cluster. Make ray.shutdown() end this local one.
    ray._private.worker._global_node.kill_all_processes = lambda **_: node.end()


@contextlib.contextmanager
def _wanted(num_cpus: int | None = None, niceness: int = 0) -> Iterator[LocalNode]:
    """Yield the local Ray; start it if there is none. When its last user leaves before it has started, end it."""
    global _node, _waiting
    with _counting:
        if _node is None or not (_waiting or _node.runs()):
            if _node is not None:
                _node.end()
            _node = LocalNode(num_cpus, niceness)
        node, _waiting = _node, _waiting + 1
    try:
        yield node
    finally:
        with _counting:
            _waiting -= 1
            if not _waiting and not node.runs():
                node.end()


def _end_unused() -> None:
    """End a Ray that nobody has connected to, when the interpreter ends. ray.shutdown() ends any other."""
    if _node is not None and not _node.entered:
        _node.end()


# Runs before the interpreter waits for its threads, as one of them may wait for that Ray.
threading._register_atexit(_end_unused)  # type: ignore[attr-defined]
