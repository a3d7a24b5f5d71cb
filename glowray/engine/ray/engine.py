"""The Ray engine: one remote task a partition. Blocks stay in the object store and go straight from task to task."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from glowray.cluster.client.board import post
from glowray.engine.ray.calls.call_options import call_options, offers
from glowray.engine.ray.calls.losses import full_disk, lost_task
from glowray.engine.ray.calls.stop_tasks import StopFlag
from glowray.engine.ray.calls.stragglers import Attempts
from glowray.engine.ray.calls.task_retries import bound_oom_retries
from glowray.engine.ray.feed import Pump, start_hub
from glowray.engine.ray.nodes.ray_node import RayNode
from glowray.engine.ray.nodes.watch import cluster_watch
from glowray.engine.ray.prints import Prints
from glowray.engine.ray.worker import ArgumentCut, GroupPlace, GroupReport, TaskPlace, run_flowing, run_tasks
from glowray.engine.task.payload import Apart, Payload
from glowray.engine.task.protocol import Done, Engine, Ref, Remote, Slot, Stoppable, T, Task, local_block
from glowray.errors import ClusterError, GlowrayError, WorkerLost
from glowray.io.channel import Deal, Feed
from glowray.kernels.ends.buckets import Stored, part_of
from glowray.resources import NO_NEEDS, Resources
from glowray.rows import Block

GROUPS = 16
"""Groups of tasks for each CPU of the cluster: the CPUs then wait for the last group 1/16 of the stage's time."""

AHEAD = 2
"""Tasks in flight for each CPU of the cluster, so that no CPU waits for the driver."""

STORE_SHARE = 2
"""A stage may read at most 1/STORE_SHARE of a node's object store in place."""

UNKNOWN_OWNER = "owner is unknown"
"""A part of Ray's error text for a reference to an object of another Ray."""


@dataclass(frozen=True, eq=False)
class RayBlock(Remote):
    """A block in Ray's object store. `member`: the object holds a block for each of several tasks."""

    reference: Any
    member: int | None = None

    def fetch(self) -> Block:
        return self.block_of(cluster_watch().get([self.reference])[0])

    def block_of(self, stored: Stored) -> Block:
        """Return the block out of the object."""
        (block,) = part_of(stored, member=self.member)
        return cast(Block, block)


class RayEngine(Engine):
    """Runs tasks on the Ray that this process is connected to."""

    name = "ray"
    is_here = False

    def __init__(self) -> None:
        import ray

        bound_oom_retries()
        self.ray = ray
        self.remote = ray.remote(run_tasks)
        self.flowing = ray.remote(run_flowing)
        self.local_refs: WeakKeyDictionary[Block | Remote, Any] = WeakKeyDictionary()
        self.known_needs: set[Resources] = {NO_NEEDS}
        self.watch = cluster_watch()
        self.prints = Prints()
        self.hub: Any = None
        self.pumps: dict[Deal, Pump] = {}

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        waiting = iter(tasks)
        is_stopped = partial(_is_stopped, tasks)
        attempts, flag = Attempts(), StopFlag()
        running = attempts.running
        try:
            while True:
                while len(running) < self._window() and (group := list(_next_group(waiting))):
                    with self.watch.using():
                        first, *objects = self._submit(group, flag, self.prints.listen)
                    attempts.begin(first, group, objects)
                if not running:
                    return
                attempts.stragglers.note_room(len(running) <= self._cpus())
                ready = self._wait(attempts, flag, is_stopped)
                if ready is None:
                    return
                ended = self._ended(attempts, ready)
                yield from ended
        finally:
            if not self.watch.is_lost:
                # Some tasks still run if the caller failed, stopped early or was interrupted, or another attempt won.
                flag.stop([*running, *attempts.beaten])
            self.prints.forget(itertools.chain.from_iterable(group for group, _ in running.values()))

    def _ended(self, attempts: Attempts, ready: Any) -> list[Done]:
        """Return the tasks of a call that has ended or gave a piece. None: another attempt at the call still runs."""
        group, objects = attempts.running[ready]
        task = group[0]
        try:
            ended = [self._piece(task, ready)] if task.flows else self._done(group, ready, objects)
        except GlowrayError:
            if attempts.survives(ready):
                return []
            raise
        reports = [done.report for done in ended]
        if not reports[-1].final:
            attempts.put_last(ready)
            return ended
        attempts.end(ready, reports)
        self.prints.forget(group)
        if task.feed is not None:
            self._pump(task.feed).done(task.feed)
        return ended

    def _wait(self, attempts: Attempts, flag: StopFlag, is_stopped: Callable[[], bool]) -> Any:
        """Return the next report that is ready, or None once the tasks are called off. Begin late calls again."""
        goes_on = False
        while True:
            self.watch.check()  # if the head is silent, late calls keep the wait below from its own check
            refs = list(attempts.running)
            ready = self.watch.wait(refs, lambda: is_stopped() or attempts.find_late(), goes_on=goes_on)
            if ready is not None or is_stopped():
                return ready
            goes_on = True
            for ref, group in attempts.late:
                node = self._idle_node_beside(ref, group[0])
                if node is not None:
                    again = [replace(task, near=node, retries=0) for task in group]
                    with self.watch.using():
                        second, *objects = self._submit(again, flag, self.prints.silent_token)
                    attempts.begin_again(ref, second, objects)

    def _idle_node_beside(self, ref: Any, task: Task) -> str | None:
        """Return a node with room for a call that runs on another node, or None if there is none."""
        readers = self._readers()
        if len(readers) < 2 or task.resources.labels:
            return None
        slow = self.watch.find_last_node(ref.task_id())
        free = self.watch.free_resources()
        needs = task.resources.joined(Resources(num_cpus=task.resources.num_cpus or 1))
        idle = (replace(node, resources=free.get(node.id, {})) for node in readers)
        return next((node.id for node in idle if slow and node.id != slow.id and offers(node, needs)), None)

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        own = list(dict.fromkeys(ref.reference for ref in refs if isinstance(ref, RayBlock)))
        fetched = dict(zip(own, self.watch.get(own) if own else (), strict=True))  # all at once, each once
        return [ref.block_of(fetched[ref.reference]) if isinstance(ref, RayBlock) else local_block(ref) for ref in refs]

    def least_groups(self) -> int:
        return GROUPS * sum(int(node.resources["CPU"]) for node in self._readers())

    def ask_nodes(self, question: Callable[[], T], needs: Resources) -> list[tuple[str, T]]:
        from ray.exceptions import RayError

        nodes = [node for node in self.watch.nodes() if node.resources.get("CPU", 0) and offers(node, needs)]
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
        return max(2, AHEAD * self._cpus())

    def _cpus(self) -> int:
        return int(sum(node.resources.get("CPU", 0) for node in self.watch.nodes()))

    def _look_for(self, needs: Resources) -> None:
        """Warn, once, if no node has the resources of a task. Ray silently waits for a node that has."""
        if needs in self.known_needs:
            return
        self.known_needs.add(needs)
        if not any(offers(node, needs) for node in self.watch.nodes()):
            warnings.warn(f"no node of the cluster offers {needs} now: the job waits for one", RuntimeWarning, 2)

    def _submit(self, group: list[Task], flag: StopFlag, listen: Callable[[Task], str]) -> list[Any]:
        """Call a worker to run tasks. Return the refs of its report and objects. `listen` gives tokens for prints."""
        task = group[0]
        self._look_for(task.resources)
        arguments: dict[Any, int] = {}
        places = [self._task_place(each, arguments, listen(each)) for each in group]
        remote = self.flowing if task.flows else self.remote
        given = remote.options(**call_options(task, self.watch.nodes()))
        place = GroupPlace(task.outputs, task.resources.memory, flag.name, places)
        try:
            refs = given.remote(*self._payload(task.payload), place, *arguments)
        except ValueError as error:
            if UNKNOWN_OWNER not in str(error):
                raise
            raise ClusterError(
                "rows that were kept in a Ray which has ended are lost; call uncache() on their dataset, and run the"
                " job again"
            ) from error
        return refs if isinstance(refs, list) else [refs]

    def _task_place(self, task: Task, arguments: dict[Any, int], prints: str) -> TaskPlace:
        """Return what differs in a task. Each object that it reads becomes an argument of the group once."""
        sides = [[self._cut(slot, arguments, keeps=not task.flows) for slot in side] for side in task.inputs]
        return TaskPlace(task.partition, task.offset, prints, sides)

    def _cut(self, slot: Slot, arguments: dict[Any, int], *, keeps: bool) -> ArgumentCut:
        member = slot.ref.member if isinstance(slot.ref, RayBlock) else None
        place = arguments.setdefault(self._ref(slot, keeps=keeps), len(arguments))
        return ArgumentCut(place, slot.start, slot.stop, slot.bucket, member)

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

    def _done(self, group: list[Task], reference: Any, objects: list[Any]) -> list[Done]:
        from ray.exceptions import RayError

        try:
            told: GroupReport = self.watch.get([reference])[0]
        except RayError as error:
            raise lost_task(group[0], error, self.watch.find_last_node(reference.task_id())) from error
        shared = list(map(RayBlock, objects)) if told.merged else []
        ended = []
        for member, (task, report) in enumerate(zip(group, told.reports, strict=False)):
            failed = report.failure is not None and not report.rows
            # A task may give fewer objects than it was asked for.
            blocks = shared or [RayBlock(each, member) for each in objects]
            ended.append(Done(task, report, None if failed else list(blocks[: len(report.rows)])))
        return ended


def _next_group(tasks: Iterator[Task]) -> Iterator[Task]:
    """Yield the next task, and the tasks that may run in the same call of a worker."""
    for task in itertools.islice(tasks, 1):
        yield task
        yield from itertools.islice(tasks, task.follow)


def _is_stopped(tasks: Iterable[Task]) -> bool:
    return isinstance(tasks, Stoppable) and tasks.is_stopped


def _answer(question: Callable[[], T]) -> T:
    return question()


def _begin() -> None:
    """Do nothing: the task shows that a worker has started."""
