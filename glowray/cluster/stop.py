"""`glowray down`: ends what was started here, process by recorded process, and nothing else."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from types import FrameType

from glowray.cluster.processes import descendants, end, wait
from glowray.cluster.record import NodeRecord, records
from glowray.errors import ClusterError

GRACE_SECONDS = 20.0


def down() -> list[NodeRecord]:
    """End every node that was started here, workers first; return their records."""
    found = records()[::-1]
    for record in found:
        stop(record)
    return found


def stop(record: NodeRecord) -> None:
    """End one node: its supervisor is asked, and ends Ray in Ray's own order; what is left after a while is killed.

    Only the recorded processes and their descendants are touched; a pid that has another start time is not ours.
    """
    living = [process for process in record.processes if process.is_alive()]
    everything = descendants(living)
    supervisor = record.processes[:1]
    end(everything, GRACE_SECONDS, ask=supervisor if supervisor and supervisor[0].is_alive() else None)
    clear_stale(record)


def hold(record: NodeRecord) -> None:
    """Stay with a node until Ctrl-C or SIGTERM, which end it; raises ClusterError when it ends by itself."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        wait(record.processes[0])
    except KeyboardInterrupt:
        stop(record)
        return
    left = next((found for found in records() if found.name == record.name), None)
    if left is not None:
        clear_stale(left)
        raise ClusterError(f"the {record.kind} ended: {left.failure or 'it was killed'}; see {record.log}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def clear_stale(record: NodeRecord) -> None:
    """Forget a node of which nothing runs any more."""
    if record.is_alive:
        return
    folder = Path(record.folder)
    if folder.name.startswith("glowray-"):
        shutil.rmtree(folder, ignore_errors=True)
    record.remove()
