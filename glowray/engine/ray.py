"""The Ray engine: one remote task a partition; blocks stay in the object store and go straight from task to task."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from glowray.engine.payload import Apart, Payload
from glowray.engine.protocol import Done, Ref, Slot, Task
from glowray.errors import WorkerLost
from glowray.kernels import TaskReport
from glowray.kernels.resources import Resources
from glowray.rows import Block

AHEAD = 2
"""Tasks in flight for each CPU of the cluster: enough that no CPU waits for the driver."""


class RayEngine:
    """Runs tasks on the Ray that this process is connected to."""

    name = "ray"

    def __init__(self) -> None:
        import ray

        self.ray = ray
        self.remote = ray.remote(_task)
        self.local_refs: WeakKeyDictionary[Block, Any] = WeakKeyDictionary()

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        ray = self.ray
        waiting = iter(tasks)
        running: dict[Any, tuple[Task, list[Any]]] = {}
        try:
            while True:
                for task in itertools.islice(waiting, max(0, self._window() - len(running))):
                    refs = self._submit(task)
                    running[refs[0]] = (task, refs[1:])
                if not running:
                    return
                ready, _ = ray.wait(list(running), num_returns=1)
                task, blocks = running.pop(ready[0])
                yield self._done(task, ready[0], blocks)
        finally:
            # The caller stopped early, failed, or was interrupted: nothing of this run goes on behind its back.
            for reference in running:
                ray.cancel(reference, force=False)

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        return fetch_blocks(refs)

    def _window(self) -> int:
        cpus = int(self.ray.cluster_resources().get("CPU", 1))
        return max(2, AHEAD * cpus)

    def _submit(self, task: Task) -> list[Any]:
        shape = [len(side) for side in task.inputs]
        slots = [slot for side in task.inputs for slot in side]
        cuts = [(slot.start, slot.stop) for slot in slots]
        options = _options(task.resources)
        refs = self.remote.options(
            name=task.name, num_returns=1 + task.outputs, max_retries=task.retries, **options
        ).remote(
            *self._payload(task.payload),
            (task.partition, task.offset, task.outputs, task.resources.memory),
            shape,
            cuts,
            *map(self._ref, slots),
        )
        return [refs] if task.outputs == 0 else refs

    def _payload(self, payload: Payload) -> tuple[Any, list[tuple[str, bool, list[Any]]]]:
        if id(self) not in payload.sent:
            payload.sent[id(self)] = self.ray.put(payload.data)
        # In a list a ref stays a ref: a worker fetches the value only if it does not know it yet.
        apart = [(value.name, value.shared, [self._apart(value)]) for value in payload.apart.values()]
        return payload.sent[id(self)], apart

    def _apart(self, value: Apart) -> Any:
        if id(self) not in value.sent:
            value.sent[id(self)] = self.ray.put(value.data)
        return value.sent[id(self)]

    def _ref(self, slot: Slot) -> Any:
        if not isinstance(slot.ref, Block):
            return slot.ref
        # A block of this process is put once, however many tasks read it; in the store it lives as long as here.
        known = self.local_refs.get(slot.ref)
        if known is None:
            known = self.local_refs[slot.ref] = self.ray.put(slot.ref)
        return known

    def _done(self, task: Task, reference: Any, blocks: list[Any]) -> Done:
        from ray.exceptions import RayError

        try:
            report: TaskReport = self.ray.get(reference)
        except RayError as error:
            raise WorkerLost(
                f"the task {task.name!r} was lost {task.retries + 1} times: {_first_line(error)}; "
                "see the Ray dashboard for the node's log, or give the verb more memory="
            ) from error
        failed = report.failure is not None and not report.rows
        return Done(task, report, None if failed else blocks)


def _task(
    payload: bytes,
    apart: list[tuple[str, bool, list[Any]]],
    place: tuple[int, int, int, int | None],
    shape: list[int],
    cuts: list[tuple[int | None, int | None]],
    *blocks: Block,
) -> Any:
    """What runs on the worker."""
    import ray

    from glowray.engine.payload import Sent, execute

    pieces = iter(
        block if start is None else block.slice(start, stop) for block, (start, stop) in zip(blocks, cuts, strict=True)
    )
    inputs = [list(itertools.islice(pieces, count)) for count in shape]
    values = {name: Sent(name, shared, partial(ray.get, refs[0])) for name, shared, refs in apart}
    partition, offset, outputs, memory = place
    report, results = execute(payload, values, partition, inputs, offset, memory)
    report.remote = True
    report.attempt = ray.get_runtime_context().worker.core_worker.get_current_task_attempt_number()
    if outputs == 0:
        return report
    return [report, *(results if results is not None else [None] * outputs)]


def fetch_blocks(refs: Sequence[Ref]) -> list[Block]:
    """The blocks behind refs; those of this process as they are."""
    import ray

    remote = [ref for ref in refs if not isinstance(ref, Block)]
    fetched = iter(ray.get(remote))
    return [ref if isinstance(ref, Block) else next(fetched) for ref in refs]


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


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
