"""The process that keeps a local Ray: starts a local Ray, says where it is, and ends it with the process that asked.

A process of its own: the asking process goes on with its work meanwhile, and can end a start that is half done. The
arguments are Ray's parameters as JSON, a niceness, the descriptors of two pipes, and the pid of the asking process.
Ray's address leaves on one pipe. When the other closes, or the asking process dies, everything that was started here
is killed.
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

from glowray.cluster.patience import start_patiently
from glowray.cluster.processes import Process, descendants

PR_SET_CHILD_SUBREAPER = 36
AGENTS = ("--dashboard_agent_command=", "--runtime_env_agent_command=")
"""Options of a raylet that are commands of processes which no task waits for."""


class Keeper:
    """Holds the node that it starts, and ends it."""

    def __init__(self, asking: int, niceness: int) -> None:
        self.asking = asking
        self.nice = ["nice", "-n", str(niceness)] if niceness and shutil.which("nice") else []
        self.node: Any = None
        self.started = False

    def start(self, parameters: dict[str, Any]) -> str:
        """Start the node; return its address."""
        from ray._private.node import Node
        from ray._private.parameter import RayParams

        node = object.__new__(Node)  # known before it starts, so that it can be ended meanwhile
        node.start_api_server = lambda **_: None  # a dashboard without pages, which nobody asks anything
        self.node = node

        def start() -> None:
            # spawn_reaper: the kernel sends SIGKILL to Ray's processes should this one die.
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
            with contextlib.suppress(ProcessLookupError):  # it has died already, and its pipe is closed
                poll.register(os.pidfd_open(self.asking), select.POLLIN)
        poll.poll()
        self.end(0)

    def end(self, code: int) -> None:
        """End all that was started, and this process. Logs stay only where Ray has run."""
        if sys.platform == "linux":
            self._kill_all()
        elif self.node is not None:
            self.node.kill_all_processes(check_alive=False, allow_graceful=False)
        with contextlib.suppress(Exception):  # a node that is half started has no storage yet
            self.node.destroy_external_storage()
            if not self.started:
                shutil.rmtree(self.node.get_session_dir_path(), ignore_errors=True)
        os._exit(code)

    def _kill_all(self) -> None:
        """Kill every process below this one, and those that start meanwhile."""
        me = Process.of(os.getpid())
        while left := [process for process in descendants([me] if me else []) if process != me]:
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            _reap()


@contextlib.contextmanager
def _background(nice: list[str]) -> Iterator[None]:
    """Within this block Ray's processes that no task waits for start below the command `nice`, if it is given."""
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
    """Return a word of the raylet's command. One that holds the command of an agent holds it below `nice`.

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
    """Start a Ray, say its address or why it did not start, and keep it."""
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
