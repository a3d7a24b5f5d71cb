"""The worker's side of a task: unpickle the fragment, run it, give report and blocks back."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.functions import ship
from glowray.kernels import Fragment, TaskReport, run
from glowray.rows import Block
from glowray.rows.keys import install_keys, registered_keys


def pack(fragment: Fragment) -> bytes:
    """A fragment as bytes, with the captured values as they are now and the registered key classes."""
    return ship.dumps((fragment, registered_keys()))


def execute(
    payload: bytes, partition: int, inputs: Sequence[Sequence[Block]], offset: int
) -> tuple[TaskReport, list[Block] | None]:
    """Runs a packed fragment; unpickled for every task, so that what functions change is gone with the task."""
    fragment, keys = ship.loads(payload)
    install_keys(keys)
    return run(fragment, partition, inputs, offset)
