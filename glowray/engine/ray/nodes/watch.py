"""Notices that the head or a node is lost while a job waits.

Ray's client would end the whole process if the head is gone for a while or the node of this machine dies. It would
wait for ever for a node that only this process cannot reach. So a thread asks the head for its nodes every second, and
no wait inside Ray is long. Whoever waits gets an exception.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from glowray.cluster.client.connect import connection, leave_lost
from glowray.cluster.host.ports import Reach, reach
from glowray.engine.ray.nodes.ray_node import RayNode, find_unreachable
from glowray.engine.ray.nodes.task_node import find_last_node
from glowray.errors import ClusterError, WorkerLost

SLICE_SECONDS = 0.5
"""How long a wait lasts before it checks again whether the cluster is lost."""

PERIOD_SECONDS = 1.0
"""Seconds between two questions to the head."""

CALL_SECONDS = 3.0
"""How long the head may take to answer one question."""

LINGER_SECONDS = 10.0
"""How long the thread goes on asking after the last wait."""

HEAD_SECONDS = {Reach.REFUSED: 4.0, Reach.SILENT: 24.0, Reach.ANSWERED: 110.0}
"""After how many seconds without an answer the head is lost, by the result of connecting to its port. `REFUSED`: its
machine answers, so the head has ended. `SILENT`: a network cable that is plugged in again takes about 20 s. `ANSWERED`:
the head may just be busy."""

IDLE_SECONDS = 20.0
"""If no task has ended for this long, this process tries to connect to each node."""

UNREACHABLE_SECONDS = 50.0
"""How long this process may fail to reach a node, which the head still knows, while no task ends."""


class ClusterWatch:
    """Watches the cluster that this process is connected to. `check`, `wait` and `get` raise what it has noticed.

    They raise ClusterError if the head or the node of this machine is lost. This process has then left Ray (`is_lost`).
    """

    def __init__(self) -> None:
        import ray
        from ray._private.worker import _global_node
        from ray._raylet import GcsClient  # type: ignore[attr-defined]  # missing from its stub

        context = ray.get_runtime_context()
        self.ray = ray
        self.session = _current_session()
        self.address: str = context.gcs_address
        self.own_id: str = context.get_node_id()
        self.known: dict[str, RayNode] = {}  # every node ever seen, by id, so that errors can name dead nodes
        self._is_named = connection() is not None
        self._gcs = GcsClient(address=self.address)
        self._raylet = _connect(_global_node.raylet_socket_name)
        self._alive: list[RayNode] = []
        self._asking = threading.Lock()
        self._asked = self._ended = time.monotonic()
        self._silent = 0.0
        self._unreachable: dict[str, float] = {}
        self._loss: ClusterError | None = None
        self._inside = 0
        self._has_left = self._is_over = False
        self._moved = threading.Condition()
        self._wanted_until = 0.0
        self._is_wanted = threading.Event()
        self._ask()
        threading.Thread(target=self._run, name="glowray-watch", daemon=True).start()

    @property
    def is_lost(self) -> bool:
        """Return whether this process has lost the cluster; it must not call Ray any more."""
        return self._loss is not None

    def nodes(self) -> list[RayNode]:
        """Return the living nodes, from an answer of the head that is at most two seconds old."""
        if time.monotonic() - self._asked > 2 * PERIOD_SECONDS:
            self._ask()
        return self._alive

    def check(self) -> None:
        """Raise ClusterError if the cluster is lost, WorkerLost if a node that tasks wait for cannot be reached."""
        self._wanted_until = time.monotonic() + LINGER_SECONDS
        self._is_wanted.set()
        if self._loss is None and _has_ended(self._raylet):
            self._loss = self._lost_node()
        if self._loss is not None:
            self._leave()
            raise self._loss
        now = time.monotonic()
        idle = now - self._ended
        for node_id, since in list(self._unreachable.items()):
            if idle > IDLE_SECONDS and now - since > UNREACHABLE_SECONDS:
                raise WorkerLost(
                    f"no task has ended for {idle:.0f} s, and the node {self.known[node_id]} cannot be reached from "
                    "here; mend the network, or stop that node with `glowray down`, and run the job again"
                )

    @contextlib.contextmanager
    def using(self) -> Iterator[None]:
        """Keep the cluster from being left within the block, which must be short.

        Raises what `check` raises.
        """
        self.check()
        with self._moved:
            if self._loss is not None:
                raise self._loss
            self._inside += 1
        try:
            yield
        finally:
            with self._moved:
                self._inside -= 1
                self._moved.notify_all()

    def wait(self, refs: Sequence[Any], is_stopped: Callable[[], bool], *, goes_on: bool = False) -> Any:
        """Return the first of `refs` that is ready or has failed, or None once `is_stopped` returns True.

        `goes_on`: no task has ended since the last wait.

        Raises what `check` raises.
        """
        if not goes_on:
            self._ended = time.monotonic()
        while not is_stopped():
            with self.using():
                # fetch_local=False: Ray asks no other process for the value, so the end of one cannot block it.
                ready, _ = self.ray.wait(list(refs), num_returns=1, timeout=SLICE_SECONDS, fetch_local=False)
            if ready:
                return ready[0]
        return None

    def get(self, refs: Sequence[Any]) -> list[Any]:
        """Return the values of `refs`, as ray.get does.

        It waits on futures. A ray.get with a timeout begins the transfer anew at each call, and one without a timeout
        cannot be interrupted.

        Raises what `check` raises, and the RayError of a value that is lost.
        """
        self._ended = time.monotonic()
        with self.using():
            futures = [ref.future() for ref in refs]
        waiting = set(futures)
        while waiting:
            done, waiting = concurrent.futures.wait(waiting, SLICE_SECONDS, concurrent.futures.FIRST_EXCEPTION)
            for future in done:
                future.result()  # raises if it is lost
                self._ended = time.monotonic()
            self.check()
        return [future.result() for future in futures]

    def free_resources(self) -> dict[str, dict[str, float]]:
        """Return the free resources by node id. The dict is empty if the head does not answer within CALL_SECONDS."""
        from ray.core.generated.autoscaler_pb2 import GetClusterResourceStateReply

        with self._asking:
            try:
                answer = self._gcs.get_cluster_resource_state(timeout_s=CALL_SECONDS)
            except Exception:  # any exception means that the head did not answer
                return {}
        states = GetClusterResourceStateReply.FromString(answer).cluster_resource_state.node_states
        return {state.node_id.hex(): dict(state.available_resources) for state in states}

    def find_last_node(self, task_id: Any) -> RayNode | None:
        """Return the node where a task's last attempt ran, or None if the head does not know."""
        return self.known.get(find_last_node(self.address, task_id) or "")

    def _leave(self) -> None:
        """Leave the lost cluster, before Ray's own client ends the process. If another thread leaves it, wait for that.

        This also shuts down a Ray that the user has initialised, as its cluster is lost.
        """
        from ray._private import auto_init_hook

        with self._moved:
            if self._has_left:
                return
            self._has_left = True
            # A call to Ray in another thread, such as the stop of tasks, would start a new Ray on this machine.
            auto_init_hook.enable_auto_connect = False
            self._moved.wait_for(lambda: self._inside == 0, timeout=2 * SLICE_SECONDS)
            if self.ray.is_initialized() and self.session == _current_session():  # this process may have moved on
                leave_lost()
                self.ray.shutdown()

    def end(self) -> None:
        """Stop asking, as this process is connected to another cluster now."""
        self._is_over = True
        self._is_wanted.set()

    def _run(self) -> None:
        while not self.is_lost and not self._is_over:
            if time.monotonic() > self._wanted_until:
                self._is_wanted.clear()
                self._is_wanted.wait()
                self._silent = 0.0
            self._ask()
            self._try_nodes()
            time.sleep(PERIOD_SECONDS)

    def _ask(self) -> None:
        """Ask the head for its nodes, and note its answer or its silence."""
        from ray.core.generated.gcs_pb2 import GcsNodeInfo

        with self._asking:
            began = time.monotonic()
            try:
                infos = self._gcs.get_all_node_info(
                    timeout=CALL_SECONDS, state_filter=GcsNodeInfo.GcsNodeState.ALIVE
                ).values()
            except Exception:  # any exception means that the head did not answer
                self._note_silence(began)
            else:
                self._silent = 0.0
                self._note_nodes([RayNode.from_info(info) for info in infos])
            self._asked = time.monotonic()

    def _note_silence(self, began: float) -> None:
        # Count at most two calls: if this process was stopped for an hour, the head was not silent for an hour.
        reached = reach(self.address, CALL_SECONDS)
        self._silent += min(time.monotonic() - began, 2 * CALL_SECONDS) + PERIOD_SECONDS
        if self._silent >= HEAD_SECONDS[reached]:
            self._loss = self._lost_head(reached is Reach.REFUSED)

    def _note_nodes(self, nodes: list[RayNode]) -> None:
        self.known.update((node.id, node) for node in nodes)
        self._alive = nodes
        if self.own_id in self.known and self.own_id not in {node.id for node in nodes}:
            self._loss = self._lost_node()

    def _try_nodes(self) -> None:
        """If no task has ended for IDLE_SECONDS, note since when each node cannot be reached from here."""
        now = time.monotonic()
        if self._silent or now - self._ended < IDLE_SECONDS:
            self._unreachable = {}
            return
        others = [node for node in self._alive if node.id != self.own_id]
        missed = find_unreachable(others, CALL_SECONDS)
        self._unreachable = {node_id: self._unreachable.get(node_id, now) for node_id in missed}

    def _lost_head(self, is_refused: bool) -> ClusterError:
        said = "has ended" if is_refused else f"has not answered for {self._silent:.0f} s"
        if not self._is_named:
            return ClusterError(f"the Ray at {self.address}, on which the job ran, {said}; run the job again")
        return ClusterError(
            f"the head at {self.address} {said}, and the job with it; start it again with `glowray up`, or wait until "
            "it answers, and run the job again"
        )

    def _lost_node(self) -> ClusterError:
        if not self._is_named or reach(self.address, CALL_SECONDS) is Reach.REFUSED:
            return self._lost_head(is_refused=True)
        node = self.known.get(self.own_id, "of this machine")
        return ClusterError(
            f"the node {node}, through which this process works on the cluster at {self.address}, was lost; "
            f"`glowray join {self.address}` here, and run the job again"
        )


_watch: ClusterWatch | None = None
_making = threading.Lock()


def cluster_watch() -> ClusterWatch:
    """Return the watch of the cluster that this process is connected to.

    Raises ClusterError if it is connected to none, as the last cluster was lost or left.
    """
    global _watch
    import ray

    if not ray.is_initialized():
        raise ClusterError("the Ray that held the rows was lost or left, and they with it; run the job again")
    with _making:
        if _watch is None or _watch.session != _current_session():
            if _watch is not None:
                _watch.end()
            _watch = ClusterWatch()
        return _watch


def _current_session() -> object:
    import ray

    return ray.get_runtime_context().worker.current_cluster_and_job


def _connect(path: str) -> socket.socket:
    """Connect to a raylet and send nothing. The kernel closes the connection when the raylet ends for any reason."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.setblocking(False)
    with contextlib.suppress(OSError):  # the raylet has ended already; `_has_ended` then returns True
        connection.connect(path)
    return connection


def _has_ended(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
