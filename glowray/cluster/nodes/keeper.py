"""The keeper: a process that starts a local Ray for the asking process, reports its address, and ends it.

The asking process goes on with its work while Ray starts, and can end a half-done start.
The arguments are Ray's parameters as JSON, a niceness, the descriptors of two pipes, and the asking process's pid.
The keeper writes Ray's address to one pipe. When the other pipe closes, or the asking process dies, the keeper kills
every process below it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from glowray.cluster.host.processes import Process, descendants
from glowray.cluster.nodes.patience import start_patiently

PR_SET_CHILD_SUBREAPER = 36
AGENTS = ("--dashboard_agent_command=", "--runtime_env_agent_command=")
"""Options of a raylet whose values are commands. Tasks do not wait for these processes, which therefore run `nice`."""


class Keeper:
    """Starts a Ray node, holds it, and ends it."""

    def __init__(self, asking: int, niceness: int) -> None:
        self.asking = asking
        self.nice = ["nice", "-n", str(niceness)] if niceness and shutil.which("nice") else []
        self.node: Any = None
        self.started = False

    def start(self, parameters: dict[str, Any]) -> str:
        """Start the node; return its address."""
        from ray._private.node import Node
        from ray._private.parameter import RayParams

        node = object.__new__(Node)  # `end` needs the node even before its __init__ has returned
        node.start_api_server = lambda **_: None  # Ray starts it even without a dashboard; nobody uses it
        self.node = node

        def start() -> None:
            # spawn_reaper: if this process dies, the kernel sends SIGKILL to Ray's processes.
            node.__init__(RayParams(**parameters), head=True, shutdown_at_exit=False, spawn_reaper=True)

        with _background(self.nice):
            start_patiently(start)
        self.started = True
        return str(self.node.address)

    def end_with(self, pipe: int) -> None:
        """Wait until the asking process closes `pipe` or dies; then end this process and all below it."""
        poll = select.poll()
        poll.register(pipe, select.POLLHUP)
        if sys.platform == "linux":
            with contextlib.suppress(ProcessLookupError):  # the asking process is dead, and its pipe is closed
                poll.register(os.pidfd_open(self.asking), select.POLLIN)
        poll.poll()
        self.end(0)

    def end(self, code: int) -> None:
        """End the node and this process. Ray's logs are kept only if it had started."""
        if sys.platform == "linux":
            self._kill_all()
        elif self.node is not None:
            self.node.kill_all_processes(check_alive=False, allow_graceful=False)
        with contextlib.suppress(Exception):  # a half-started node has no storage yet
            self.node.destroy_external_storage()
            if not self.started:
                shutil.rmtree(self.node.get_session_dir_path(), ignore_errors=True)
        os._exit(code)

    def _kill_all(self) -> None:
        """Kill every process below this one, including processes that start meanwhile."""
        me = Process.of(os.getpid())
        while left := [process for process in descendants([me] if me else []) if process != me]:
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            _reap()


@contextlib.contextmanager
def _background(nice: list[str]) -> Iterator[None]:
    """Make Ray start processes that no task waits for below the command `nice`, unless it is empty, in the block."""
    from ray._private import ray_constants, services

    start_process = services.start_ray_process
    needed = (ray_constants.PROCESS_TYPE_GCS_SERVER, ray_constants.PROCESS_TYPE_RAYLET)

    def start(command: list[str], kind: str, *arguments: Any, **options: Any) -> Any:
        given = [_with_agents_below(nice, word) for word in command] if kind in needed else [*nice, *command]
        return start_process(given, kind, *arguments, **options)

    services.start_ray_process = start
    try:
        yield
    finally:
        services.start_ray_process = start_process


def _with_agents_below(nice: list[str], word: str) -> str:
    """Return a word of the raylet's command line, with `nice` in front of the command of an agent.

    >>> _with_agents_below(["nice", "-n", "5"], "--runtime_env_agent_command=python agent.py")
    '--runtime_env_agent_command=nice -n 5 python agent.py'
    """
    option = next((option for option in AGENTS if word.startswith(option)), None)
    return word if option is None else option + " ".join([*nice, word.removeprefix(option)])


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main(arguments: list[str]) -> None:
    """Start a Ray, write its address or the reason why it did not start, and hold it."""
    parameters, niceness, alive, answers, asking = json.loads(arguments[0]), *map(int, arguments[1:])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    keeper = Keeper(asking, niceness)
    threading.Thread(target=keeper.end_with, args=(alive,), daemon=True).start()
    try:
        answer = {"address": keeper.start(parameters)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    with os.fdopen(answers, "w") as said, contextlib.suppress(BrokenPipeError):
        said.write(json.dumps(answer))
    if "error" in answer:
        keeper.end(1)
    threading.Event().wait()
