"""How Ray's processes are started on a busy machine.

Ray gives a node 30 seconds to register, and a raylet gives its agents 15 seconds to start. Neither has a setting, and
both are too short on a machine with other work.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from glowray.errors import ClusterError

T = TypeVar("T")

REGISTER_SECONDS = 120.0
ATTEMPTS = 4
ERRORS_OPTION = "--stderr_filepath="
AGENTS_TOO_SLOW = "Timed out waiting for file"


class RayletError(ClusterError):
    """A node's raylet ended before the node was registered. `too_slow`: its agents took too long to start."""

    def __init__(self, too_slow: bool) -> None:
        super().__init__("Ray's raylet ended by itself" + (": its agents took too long to start" if too_slow else ""))
        self.too_slow = too_slow


def start_patiently(start: Callable[[], T]) -> T:
    """Return what `start` returns, which has Ray start a node.

    Waits as long as the node's raylet lives. If the raylet ends because its agents were too slow, starts again.

    Raises RayletError if the raylet ended for another reason, or in every attempt.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _patience():
                return start()
        except RayletError as error:
            if not error.too_slow or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Make Ray wait for a node as long as its raylet lives, up to REGISTER_SECONDS, until the block ends.

    If the block fails, the processes that it has started are killed.
    """
    from ray._private import ray_constants, services

    started: list[tuple[str, subprocess.Popen[bytes]]] = []
    start_process, get_node = services.start_ray_process, services.get_node

    def noted(command: list[str], kind: str, *arguments: Any, **options: Any) -> Any:
        made = start_process(command, kind, *arguments, **options)
        started.append((kind, made.process))
        return made

    def patient(*arguments: Any) -> Any:
        deadline = time.monotonic() + REGISTER_SECONDS
        while True:
            try:
                return get_node(*arguments)
            except RuntimeError as error:  # the node is not registered yet
                for kind, process in started:
                    if kind == ray_constants.PROCESS_TYPE_RAYLET and process.poll() is not None:
                        raise RayletError(_was_too_slow(process)) from error
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)  # Ray has no event for a registered node

    services.start_ray_process, services.get_node = noted, patient
    try:
        yield
    except BaseException:
        for _, process in reversed(started):
            process.kill()
            process.wait()
        raise
    finally:
        services.start_ray_process, services.get_node = start_process, get_node


def _was_too_slow(raylet: subprocess.Popen[bytes]) -> bool:
    """Return whether a raylet's last words say that it waited for an agent."""
    assert isinstance(raylet.args, list)
    files = [Path(str(word).removeprefix(ERRORS_OPTION)) for word in raylet.args if str(word).startswith(ERRORS_OPTION)]
    return any(AGENTS_TOO_SLOW in file.read_text(errors="replace") for file in files if file.exists())
