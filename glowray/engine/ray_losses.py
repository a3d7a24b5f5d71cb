"""Lost tasks: a Ray error becomes a GlowrayError that says what happened, on which node, and what to do."""

from __future__ import annotations

import re

from glowray.engine.protocol import Task
from glowray.engine.ray_nodes import RayNode
from glowray.errors import OutOfDisk, OutOfMemory, WorkerLost

NODE = re.compile(r"\(IP: (?P<host>[^,]+), ID: \w+\) was (?P<used>[\d.]+)GB used / (?P<all>[\d.]+)GB limit")
VICTIM = re.compile(r"task name=(?P<name>.*?), required resources=.*?actual memory used=(?P<used>[\d.]+)GB")
NODE_IP = re.compile(r"Node IP: (?P<host>[^,\s]+)|\bip: (?P<other>[^,\s]+)", re.IGNORECASE)

CHANNEL_HINT = "it read a channel, whose rows cannot be read again: write them to files, or read those"
MEMORY_HINT = "give the verb memory= as much as a task needs, so that fewer run at once, or the source more partitions="


def lost_task(task: Task, error: BaseException, node: RayNode | None = None) -> WorkerLost:
    """Return the error of a task whose last attempt ended with `error`, a RayError or the end of a task's pieces.

    `node` is the one where that attempt ran, if it is known.
    """
    from ray import exceptions

    match error:
        case exceptions.OutOfMemoryError():
            return _out_of_memory(task, str(error), node)
        case exceptions.OutOfDiskError():
            room = "there was no room for its blocks in the object store nor on disk"
            return OutOfDisk(_sentence(task, room + _on(node)))
        case exceptions.NodeDiedError():
            return WorkerLost(_sentence(task, f"its node {node or _host(error)} died or cannot be reached"))
        case exceptions.WorkerCrashedError():
            return WorkerLost(
                _sentence(task, f"its worker process{_on(node)} died, by a crash in native code or by a kill")
            )
    return WorkerLost(_sentence(task, _first_line(error) + _on(node)))


def _on(node: RayNode | None) -> str:
    return f" on {node}" if node else ""


def _out_of_memory(task: Task, message: str, place: RayNode | None) -> OutOfMemory:
    """Say what Ray's memory monitor tells: the memory of the task, and of its node."""
    node = NODE.search(message)
    own = next((victim["used"] for victim in VICTIM.finditer(message) if victim["name"] == task.name), None)
    held = f"it held {own} GiB" if own else "its worker was killed"
    where = (
        f" while {node['used']} of {node['all']} GiB of the node {place or node['host']} were in use" if node else ""
    )
    hint = CHANNEL_HINT if task.flows else MEMORY_HINT
    return OutOfMemory(f"the task {task.name!r} ran out of memory {_times(task)}: {held}{where}; {hint}")


def _sentence(task: Task, reason: str) -> str:
    hint = CHANNEL_HINT if task.flows else "see the Ray dashboard for the node's log"
    return f"the task {task.name!r} was lost {_times(task)}: {reason}; {hint}"


def _times(task: Task) -> str:
    """Return how often the task was tried; a task that reads a channel is tried once."""
    tries = 1 if task.flows else task.retries + 1
    return "once" if tries == 1 else f"{tries} times"


def _host(error: BaseException) -> str:
    """Return the address of the node that a Ray error names."""
    found = NODE_IP.search(str(error))
    return (found["host"] or found["other"]) if found else "that ran it"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
