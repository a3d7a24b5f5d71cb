"""`glowray down`: end the recorded processes of the nodes started on this machine, and nothing else."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from glowray.cluster.host.environment import NODE_MARK
from glowray.cluster.host.processes import descendants, end, marked, wait
from glowray.cluster.host.record import FOLDER_PREFIX, NodeRecord, records
from glowray.errors import ClusterError

GRACE_SECONDS = 20.0
TELL_SECONDS = 2.0
ORPHANS_GRACE_SECONDS = 2.0  # processes without a supervisor only wait for a lost head


def down() -> list[NodeRecord]:
    """End every node that was started here, workers first; return their records."""
    found = records()[::-1]
    for record in found:
        stop(record)
    return found


def stop(record: NodeRecord) -> None:
    """End one node. Its supervisor ends Ray in Ray's own order; after GRACE_SECONDS the rest is killed.

    Only the recorded processes, their descendants and the processes with the node's mark are ended. A process whose pid
    is recorded with another start time is left alone.
    """
    tree = descendants([*record.processes, *record.others])
    everything = dict.fromkeys([*tree, *marked(NODE_MARK, record.name)])
    supervisor = [process for process in record.processes[:1] if process.is_alive()]
    if supervisor:
        end(everything, GRACE_SECONDS, ask=supervisor)
    else:
        end(everything, ORPHANS_GRACE_SECONDS)
    _forget(record)


def hold(record: NodeRecord, announce: Callable[[], object], tell: Callable[[str], object]) -> None:
    """Announce a node and wait with it until Ctrl-C or SIGTERM, which then end the node.

    Meanwhile `tell` gets a sentence about whatever is wrong with the node, and "" when all is well again.

    Raises ClusterError if the node ends by itself.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        announce()
        _wait_and_tell(record, tell)
    except KeyboardInterrupt:
        stop(record)
        return
    left = next((found for found in records() if found.name == record.name), None)
    if left is not None:
        stop(left)
        raise ClusterError(f"the {record.kind} ended: {left.failure or 'it was killed'}; see {record.log}")


def _wait_and_tell(record: NodeRecord, tell: Callable[[str], object]) -> None:
    told = ""
    while not wait(record.processes[0], TELL_SECONDS):
        trouble = next((found.trouble for found in records() if found.name == record.name), told)
        if trouble != told:
            tell(trouble)
            told = trouble


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def clear_stale() -> None:
    """Remove the records of nodes that ended without `down`, and end processes that they left behind."""
    for record in records():
        if not record.is_alive:
            stop(record)


def _forget(record: NodeRecord) -> None:
    folder = Path(record.folder)
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
    record.remove()
