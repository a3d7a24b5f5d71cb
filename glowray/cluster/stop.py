"""`glowray down`: ends what was started here, process by recorded process, and nothing else."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from glowray.cluster.environment import NODE_MARK
from glowray.cluster.processes import descendants, end, marked, wait
from glowray.cluster.record import FOLDER_PREFIX, NodeRecord, records
from glowray.errors import ClusterError

GRACE_SECONDS = 20.0
TELL_SECONDS = 2.0
ORPHANS_GRACE_SECONDS = 2.0  # they only wait for a head that is gone


def down() -> list[NodeRecord]:
    """End every node that was started here, workers first; return their records."""
    found = records()[::-1]
    for record in found:
        stop(record)
    return found


def stop(record: NodeRecord) -> None:
    """End one node: its supervisor is asked, and ends Ray in Ray's own order; what is left after a while is killed.

    Only the recorded processes, their descendants, and what those left behind are touched; a pid that has another start
    time is not ours.
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
    """Announce a node, and stay with it until Ctrl-C or SIGTERM, which end it from the announcement on.

    Meanwhile `tell` gets a sentence about whatever is wrong with the node, and an empty one when all is well again.

    Raises ClusterError when it ends by itself.
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
    """Forget the nodes that have ended without `down`, and end what they left behind."""
    for record in records():
        if not record.is_alive:
            stop(record)


def _forget(record: NodeRecord) -> None:
    folder = Path(record.folder)
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
    record.remove()
