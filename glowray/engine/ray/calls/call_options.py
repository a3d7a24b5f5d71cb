"""Ray's options for a call of a worker: how many objects it returns, what it needs, on which node it runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from glowray.engine.ray.calls.task_retries import max_retries
from glowray.engine.ray.nodes.ray_node import RayNode
from glowray.engine.task.protocol import Task
from glowray.resources import Resources

OPERATORS = ("!", "in(")
"""The prefixes of a label's value that Ray reads as a condition, such as "!north"."""

PIECES_AHEAD = 4
"""Pieces that a flowing task makes before it waits for the first to be read."""


def call_options(task: Task, nodes: Iterable[RayNode]) -> dict[str, Any]:
    """Return the options of a call that runs a task on one of the living nodes."""
    place = _place(task, nodes)
    return {"name": task.name, "max_retries": max_retries(task), **_outputs(task), **_needs(task.resources), **place}


def _outputs(task: Task) -> dict[str, Any]:
    if task.flows:
        return {"num_returns": "streaming", "_generator_backpressure_num_objects": PIECES_AHEAD}
    return {"num_returns": 1 + task.outputs}


def offers(node: RayNode, needs: Resources) -> bool:
    """Return whether the resources and labels of a node are enough for a task."""
    there, labels = node.resources, node.labels
    wanted = {"CPU": needs.num_cpus, "GPU": needs.num_gpus, "memory": needs.memory}
    return all(amount is None or amount <= there.get(name, 0) for name, amount in wanted.items()) and all(
        labels.get(name) == value or value.startswith(OPERATORS) for name, value in needs.labels
    )


def _needs(resources: Resources) -> dict[str, Any]:
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


def _place(task: Task, nodes: Iterable[RayNode]) -> dict[str, Any]:
    """Return the Ray option that asks for the task's node, if that node is alive and has the resources."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    node = next((node for node in nodes if node.id == task.near), None)
    if node is None or task.resources.labels or not offers(node, task.resources):
        return {}
    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=True, _spill_on_unavailable=True)}
