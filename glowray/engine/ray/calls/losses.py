"""Lost tasks: turns a Ray error into a GlowrayError that says what happened, on which node, and what to do."""

from __future__ import annotations

import errno
import json
import re
from typing import Any

from glowray.engine.ray.nodes.ray_node import RayNode
from glowray.engine.task.protocol import Task
from glowray.errors import OutOfDisk, OutOfMemory, WorkerLost

NODE = re.compile(r"\(IP: (?P<host>[^,]+), ID: \w+\) was (?P<used>[\d.]+)GB used / (?P<all>[\d.]+)GB limit")
VICTIM = re.compile(r"task name=(?P<name>.*?), required resources=.*?actual memory used=(?P<used>[\d.]+)GB")
NODE_IP = re.compile(r"Node IP: (?P<host>[^,\s]+)|\bip: (?P<other>[^,\s]+)", re.IGNORECASE)

CHANNEL_HINT = "it read a channel, whose rows cannot be read again: write them to files, or read those"
LOG_HINT = "see the Ray dashboard for the node's log"
MEMORY_HINT = "give the verb memory= as much as a task needs, so that fewer run at once, or the source more partitions="
DISK_HINT = "make room there, or set TMPDIR to a folder of a larger disk before Ray is started"


def lost_task(task: Task, error: BaseException, node: RayNode | None = None) -> WorkerLost:
    """Return the error for a task whose last attempt ended with `error`: a RayError, or the end of a flowing task's
    pieces.

    `node` is the node of that attempt, if it is known.
    """
    from ray import exceptions

    match error:
        case exceptions.OutOfMemoryError():
            return _out_of_memory(task, str(error), node)
        case exceptions.OutOfDiskError() | exceptions.ObjectStoreFullError():
            return full_disk(f"the task {task.numbered!r}", error, node)
        case exceptions.RayTaskError():
            return _failed(task, error.cause, node)
        case exceptions.NodeDiedError():
            return WorkerLost(_sentence(task, f"its node {node or _host(error)} died or cannot be reached", LOG_HINT))
        case exceptions.WorkerCrashedError():
            died = f"its worker process{_on(node)} died, by a crash in native code, by os._exit(), or by a kill"
            return WorkerLost(_sentence(task, died, f"if its memory was short, {MEMORY_HINT}; else {LOG_HINT}"))
    return WorkerLost(_sentence(task, _first_line(error) + _on(node), LOG_HINT))


def full_disk(who: str, error: BaseException, node: RayNode | None = None) -> OutOfDisk:
    """Return the error for a task or the driver (`who`) whose blocks fit neither Ray's object store nor the disk."""
    address = node.address if node else getattr(error, "ip", None) or _own_address()
    folder = f", {_spill_folder()}," if address == _own_address() else ""
    place = node or address
    return OutOfDisk(
        f"{who} had no room for its blocks: on the node {place} Ray's object store was full, and so was the disk"
        f"{folder} to which Ray moves what does not fit; {DISK_HINT}"
    )


def _spill_folder() -> str:
    """Return the folder to which the head's settings let Ray move blocks."""
    from ray._private.state import state

    settings = json.loads(state.get_system_config().get("object_spilling_config") or "{}")
    folders: Any = settings.get("params", {}).get("directory_path", "")
    return ", ".join(folders) if isinstance(folders, list) else str(folders)


def _own_address() -> str:
    import ray

    return str(ray.util.get_node_ip_address())


def _out_of_memory(task: Task, message: str, place: RayNode | None) -> OutOfMemory:
    """Return the error for a task that Ray's memory monitor has killed, with the memory of the task and the node."""
    node = NODE.search(message)
    # All tasks of a stage have one name, so the memory is known only if Ray killed one of them.
    used = [victim["used"] for victim in VICTIM.finditer(message) if victim["name"] == task.name]
    held = f"it held {used[0]} GiB" if len(used) == 1 else "its worker was killed"
    where = ""
    if node:
        where = f" while {node['used']} of {node['all']} GiB of the node {place or node['host']} were in use"
    hint = CHANNEL_HINT if task.flows else MEMORY_HINT
    return OutOfMemory(f"the task {task.numbered!r} ran out of memory {_times(task)}: {held}{where}; {hint}")


def _failed(task: Task, cause: BaseException, node: RayNode | None) -> WorkerLost:
    """Return the error for a task that failed outside of the user's functions. Ray does not retry it."""
    if isinstance(cause, MemoryError):
        return OutOfMemory(f"the task {task.numbered!r} could not get more memory{_on(node)}; {MEMORY_HINT}")
    if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
        return OutOfDisk(f"the task {task.numbered!r} found a full disk{_on(node)}: {cause}; {DISK_HINT}")
    reason = f"{type(cause).__name__}: {_first_line(cause)}"
    return WorkerLost(f"the task {task.numbered!r} failed{_on(node)}: {reason}; {LOG_HINT}")


def _on(node: RayNode | None) -> str:
    return f" on {node}" if node else ""


def _sentence(task: Task, reason: str, hint: str) -> str:
    return f"the task {task.numbered!r} was lost {_times(task)}: {reason}; {CHANNEL_HINT if task.flows else hint}"


def _times(task: Task) -> str:
    """Return how often the task was tried, in words. A task that reads a channel is tried once."""
    tries = 1 if task.flows else task.retries + 1
    return "once" if tries == 1 else f"{tries} times"


def _host(error: BaseException) -> str:
    """Return the address of the node that a Ray error names."""
    found = NODE_IP.search(str(error))
    return (found["host"] or found["other"]) if found else "that ran it"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
