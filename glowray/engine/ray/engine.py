"""The Ray engine: one remote task a partition. Blocks stay in the object store and go straight from task to task."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from glowray.cluster.client.board import post
from glowray.engine.ray.capture import Capture, captured
from glowray.engine.ray.feed import Pump, start_hub
from glowray.engine.ray.losses import full_disk, lost_task
from glowray.engine.ray.nodes import RayNode
from glowray.engine.ray.prints import Prints
from glowray.engine.ray.stop_tasks import StopFlag, flag_watch
from glowray.engine.ray.task_retries import bound_oom_retries
from glowray.engine.ray.watch import cluster_watch
from glowray.engine.task.payload import Apart, Payload, Sent
from glowray.engine.task.protocol import Done, Engine, Ref, Remote, Slot, Stoppable, T, Task, local_block
from glowray.errors import ClusterError, WorkerLost
from glowray.io.channel import Deal, Feed
from glowray.kernels import TaskReport
from glowray.kernels.ends.buckets import Stored, part_of
from glowray.resources import NO_NEEDS, Resources
from glowray.rows import Block

AHEAD = 2
"""Tasks in flight for each CPU of the cluster, so that no CPU waits for the driver."""

STORE_SHARE = 2
"""A stage may read at most 1/STORE_SHARE of a node's object store in place."""

OPERATORS = ("!", "in(")
"""The prefixes of a label's value that Ray reads as a condition, such as "!north"."""

UNKNOWN_OWNER = "owner is unknown"
"""A part of Ray's error text for a reference to an object of another Ray."""

PIECES_AHEAD = 4
"""Pieces that a flowing task makes before it waits for the first to be read."""


Cut = tuple[int | None, int | None, int | None]
"""The start, stop and bucket of a slot."""


class TaskPlace(NamedTuple):
    """The parts of a task that differ within a stage: partition, first row, stop flag, token of prints."""

    partition: int
    offset: int
    outputs: int
    memory: int | None
    flag: str
    prints: str


@dataclass(frozen=True, eq=False)
class RayBlock(Remote):
    """A block in Ray's object store."""

    reference: Any

    def fetch(self) -> Block:
        block: Block = cluster_watch().get([self.reference])[0]
        return block


class RayEngine(Engine):
    """Runs tasks on the Ray that this process is connected to."""

    name = "ray"
    is_here = False

    def __init__(self) -> None:
        import ray

        bound_oom_retries()
        self.ray = ray
        self.remote = ray.remote(_task)
        self.flowing = ray.remote(_flowing_task)
        self.local_refs: WeakKeyDictionary[Block | Remote, Any] = WeakKeyDictionary()
        self.known_needs: set[Resources] = {NO_NEEDS}
        self.watch = cluster_watch()
        self.prints = Prints()
        self.hub: Any = None
        self.pumps: dict[Deal, Pump] = {}

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        waiting = iter(tasks)
        is_stopped = partial(_is_stopped, tasks)
        running: dict[Any, tuple[Task, list[Any]]] = {}
        flag = StopFlag()
        try:
            while True:
                for task in itertools.islice(waiting, max(0, self._window() - len(running))):
                    with self.watch.using():
                        first, *others = self._submit(task, flag)
                    running[first] = (task, others)
                if not running:
                    return
                ready = self.watch.wait(list(running), is_stopped)
                if ready is None:
                    return
                task, blocks = running.pop(ready)
                done = self._piece(task, ready) if task.flows else self._done(task, ready, blocks)
                if done.report.final:
                    self.prints.forget([task])
                if not done.report.final:
                    running[ready] = (task, blocks)  # at the end, so that each task has its turn
                elif task.feed is not None:
                    self._pump(task.feed).done(task.feed)
                yield done
        finally:
            if not self.watch.is_lost:
                flag.stop(list(running))  # some tasks still run if the caller failed, stopped early or was interrupted
            self.prints.forget(task for task, _ in running.values())

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        own = [ref.reference for ref in refs if isinstance(ref, RayBlock)]
        fetched = iter(self.watch.get(own) if own else ())  # all at once
        return [next(fetched) if isinstance(ref, RayBlock) else local_block(ref) for ref in refs]

    def ask_nodes(self, question: Callable[[], T], needs: Resources) -> list[tuple[str, T]]:
        from ray.exceptions import RayError

        nodes = [node for node in self.watch.nodes() if node.resources.get("CPU", 0) and _offers(node, needs)]
        if len(self.watch.nodes()) < 2:
            return []
        asked = {self._ask(node, question): node for node in nodes}
        answers: dict[str, T] = {}
        while waiting := [ref for ref, node in asked.items() if node.id not in answers]:
            ready = self.watch.wait(waiting, lambda: False)
            try:
                answers[asked[ready].id] = self.watch.get([ready])[0]
            except (RayError, WorkerLost):
                del asked[ready]  # A node that is lost runs no task either.
        return [(str(node), answers[node.id]) for node in asked.values()]

    def _ask(self, node: RayNode, question: Callable[[], T]) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        on = NodeAffinitySchedulingStrategy(node.id, soft=False)
        with self.watch.using():
            # It needs no CPU, so that it need not wait for other tasks.
            return (
                self.ray.remote(_answer)
                .options(name="glowray · files", num_cpus=0, max_retries=0, scheduling_strategy=on)
                .remote(question)
            )

    def post(self, run: str, text: str | None) -> None:
        with self.watch.using():
            post(run, text)

    def wait_for_first_task(self, over: threading.Event) -> bool:
        """Wait until a task has begun, so that further tasks begin at once. Return False once `over` is set."""
        return self.watch.wait([self.ray.remote(_begin).remote()], over.is_set) is not None

    def shared_bytes(self) -> int:
        """Return 1/STORE_SHARE of the bytes of all object stores, as if each were as small as the smallest.

        Each task keeps all blocks of its inputs in use there."""
        stores = [int(node.resources.get("object_store_memory", 0)) for node in self._readers()]
        return len(stores) * min(stores, default=0) // STORE_SHARE

    def store_nodes(self) -> list[str]:
        return [node.id for node in self._readers()] or [""]

    def _readers(self) -> list[RayNode]:
        """Return the nodes on which tasks may run."""
        return [node for node in self.watch.nodes() if node.resources.get("CPU", 0)]

    def _window(self) -> int:
        """Return how many tasks may be in flight, for the CPUs of the nodes that are alive now."""
        return max(2, AHEAD * int(sum(node.resources.get("CPU", 0) for node in self.watch.nodes())))

    def _look_for(self, needs: Resources) -> None:
        """Warn, once, if no node has what a task asks for. Ray silently waits, as such a node may join."""
        if needs in self.known_needs:
            return
        self.known_needs.add(needs)
        if not any(_offers(node, needs) for node in self.watch.nodes()):
            warnings.warn(f"no node of the cluster offers {needs} now: the job waits for one", RuntimeWarning, 2)

    def _submit(self, task: Task, flag: StopFlag) -> list[Any]:
        self._look_for(task.resources)
        shape = [len(side) for side in task.inputs]
        slots = [slot for side in task.inputs for slot in side]
        cuts = [(slot.start, slot.stop, slot.bucket) for slot in slots]
        inputs = [self._ref(slot, keeps=not task.flows) for slot in slots]
        remote = self.flowing if task.flows else self.remote
        given = remote.options(name=task.name, **_outputs(task), **_options(task.resources), **self._place(task))
        printed = self.prints.listen(task)
        place = TaskPlace(task.partition, task.offset, task.outputs, task.resources.memory, flag.name, printed)
        try:
            refs = given.remote(*self._payload(task.payload), place, shape, cuts, *inputs)
        except ValueError as error:
            if UNKNOWN_OWNER not in str(error):
                raise
            raise ClusterError(
                "rows that were kept in a Ray which has ended are lost; call uncache() on their dataset, and run the"
                " job again"
            ) from error
        return refs if isinstance(refs, list) else [refs]

    def _place(self, task: Task) -> dict[str, Any]:
        """Return the option that asks for the task's node if that is alive and has what the task needs."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        node = next((node for node in self.watch.nodes() if node.id == task.near), None)
        if node is None or task.resources.labels or not _offers(node, task.resources):
            return {}
        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=True, _spill_on_unavailable=True)}

    def _payload(self, payload: Payload) -> tuple[Any, list[tuple[str, bool, list[Any]]]]:
        if id(self) not in payload.sent:
            payload.sent[id(self)] = self._put(payload.data)
        # Ray resolves a ref that is an argument, but not a ref in a list. The worker fetches the value when needed.
        apart = [(value.name, value.shared, [self._apart(value)]) for value in payload.apart.values()]
        return payload.sent[id(self)], apart

    def _apart(self, value: Apart) -> Any:
        if id(self) not in value.sent:
            value.sent[id(self)] = self._put(value.data)
        return value.sent[id(self)]

    def _ref(self, slot: Slot, *, keeps: bool) -> Any:
        if isinstance(slot.ref, Feed):
            return self._pump(slot.ref).remote(slot.ref, keeps)
        if isinstance(slot.ref, RayBlock):
            return slot.ref.reference
        # Put a block from elsewhere into the store once for all tasks. Its ref lives as long as the block.
        known = self.local_refs.get(slot.ref)
        if known is None:
            known = self.local_refs[slot.ref] = self._put(local_block(slot.ref))
        return known

    def _put(self, value: Any) -> Any:
        from ray.exceptions import ObjectStoreFullError, OutOfDiskError

        try:
            return self.ray.put(value)
        except (ObjectStoreFullError, OutOfDiskError) as error:
            raise full_disk("this process", error) from error

    def _pump(self, feed: Feed) -> Pump:
        deal = feed.deal
        if deal not in self.pumps:
            self.pumps[deal] = self._new_pump(deal)
            deal.closing.append(partial(self.pumps.__delitem__, deal))
        return self.pumps[deal]

    def _new_pump(self, deal: Deal) -> Pump:
        from ray.exceptions import RayActorError

        if self.hub is not None:
            try:
                return Pump(deal, self.hub)
            except RayActorError:
                self.hub = None  # the hub was lost with its node; start a new one
        self.hub = start_hub()
        return Pump(deal, self.hub)

    def _piece(self, task: Task, pieces: Any) -> Done:
        """Return the next piece of a flowing task."""
        from ray.exceptions import RayError

        try:
            report, block = self.watch.get([next(pieces)])[0]
        except (RayError, StopIteration) as error:
            raise lost_task(task, error, self.watch.find_last_node(pieces.completed().task_id())) from error
        return Done(task, report, [block])

    def _done(self, task: Task, reference: Any, blocks: list[Any]) -> Done:
        from ray.exceptions import RayError

        try:
            report: TaskReport = self.watch.get([reference])[0]
        except RayError as error:
            raise lost_task(task, error, self.watch.find_last_node(reference.task_id())) from error
        failed = report.failure is not None and not report.rows
        # A task may give fewer objects than it was asked for.
        return Done(task, report, None if failed else list(map(RayBlock, blocks[: len(report.rows)])))


def _is_stopped(tasks: Iterable[Task]) -> bool:
    return isinstance(tasks, Stoppable) and tasks.is_stopped


def _answer(question: Callable[[], T]) -> T:
    return question()


def _begin() -> None:
    """Do nothing: the task shows that a worker has started."""


def _task(
    payload: bytes,
    apart: list[tuple[str, bool, list[Any]]],
    place: TaskPlace,
    shape: list[int],
    cuts: list[Cut],
    *blocks: Stored,
) -> Any:
    """Run a task on the worker; return its report, followed by its blocks if there are any."""
    from ray.exceptions import RayError

    from glowray.engine.task.payload import execute

    inputs = _inputs(shape, cuts, blocks)
    capture = Capture(place.prints, _attempt())
    with flag_watch.over(place.flag):
        with capture:
            report, results = execute(
                payload, _values(apart), place.partition, inputs, place.offset, place.memory, (RayError,)
            )
        _mark(report, capture)
    if place.outputs == 0:
        return report
    given: list[Stored | None] = [*(results or ()), *[None] * place.outputs][: place.outputs]
    return [report, *given]


def _flowing_task(
    payload: bytes,
    apart: list[tuple[str, bool, list[Any]]],
    place: TaskPlace,
    shape: list[int],
    cuts: list[Cut],
    *inputs: Any,
) -> Iterator[tuple[TaskReport, Block]]:
    """Run a flowing task on the worker; yield a report and a block for each piece."""
    from ray.exceptions import RayError

    from glowray.engine.task.payload import execute_flowing

    read, capture = _inputs(shape, cuts, inputs), Capture(place.prints, 0, live=False)
    with flag_watch.over(place.flag):
        pieces = execute_flowing(
            payload, _values(apart), place.partition, read, place.offset, place.memory, (RayError,)
        )
        for piece in captured(pieces, capture):
            if piece is not None:
                report, (block,) = piece
                _mark(report, capture)
                yield report, block


def _inputs(shape: list[int], cuts: list[Cut], given: Sequence[Any]) -> list[list[Any]]:
    parts = itertools.starmap(_read, zip(given, cuts, strict=True))
    return [list(itertools.chain.from_iterable(itertools.islice(parts, count))) for count in shape]


def _read(given: Any, cut: Cut) -> list[Any]:
    return part_of(given, *cut)


def _values(apart: list[tuple[str, bool, list[Any]]]) -> dict[str, Sent]:
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


def _outputs(task: Task) -> dict[str, Any]:
    if task.flows:
        # No retries, as the rows that it has read are gone from the channel. Backpressure keeps pieces from piling up.
        return {"num_returns": "streaming", "max_retries": 0, "_generator_backpressure_num_objects": PIECES_AHEAD}
    return {"num_returns": 1 + task.outputs, "max_retries": task.retries}


def _offers(node: RayNode, needs: Resources) -> bool:
    """Return whether a node, when nothing runs on it, has all that a task asks for."""
    there, labels = node.resources, node.labels
    wanted = {"CPU": needs.num_cpus, "GPU": needs.num_gpus, "memory": needs.memory}
    return all(amount is None or amount <= there.get(name, 0) for name, amount in wanted.items()) and all(
        labels.get(name) == value or value.startswith(OPERATORS) for name, value in needs.labels
    )


def _options(resources: Resources) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if resources.num_cpus is not None:
        options["num_cpus"] = resources.num_cpus
    if resources.num_gpus is not None:
        options["num_gpus"] = resources.num_gpus
    if resources.memory is not None:
        options["memory"] = resources.memory
    if resources.labels:
        options["label_selector"] = dict(resources.labels)
    return options
