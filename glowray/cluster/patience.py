"""Waiting for a node that starts on a busy machine: Ray gives it half a minute and has no setting for more."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glowray.cluster.processes import Process, children
from glowray.errors import ClusterError

REGISTER_SECONDS = 120.0


@contextlib.contextmanager
def patient() -> Iterator[None]:
    """Within this block Ray waits for a node of this process until it is registered, or REGISTER_SECONDS are over.

    Raises ClusterError when its raylet has ended instead.
    """
    from ray._private import services

    ask = services.get_node

    def wait(*arguments: Any) -> Any:
        deadline = time.monotonic() + REGISTER_SECONDS
        while True:
            try:
                return ask(*arguments)
            except RuntimeError as error:  # it is not registered
                if _raylet_ended():
                    raise ClusterError("Ray's raylet ended by itself") from error
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)  # nothing announces it

    services.get_node = wait
    try:
        yield
    finally:
        services.get_node = ask


def _raylet_ended() -> bool:
    """Whether a raylet that this process has started only waits to be reaped."""
    return sys.platform.startswith("linux") and any(map(_is_ended_raylet, children(os.getpid())))


def _is_ended_raylet(pid: int) -> bool:
    process = Process.of(pid)
    try:
        name = Path(f"/proc/{pid}/comm").read_text()
    except FileNotFoundError:
        return False
    return name == "raylet\n" and process is not None and not process.is_alive()
