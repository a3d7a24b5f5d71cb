"""In the driver: passes what workers print from Ray's log on to the task that printed it, or to stderr."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from glowray.cluster.client.connect import connection
from glowray.cluster.nodes.local import LocalNode
from glowray.engine.ray.capture import LIVE, TAKEN
from glowray.engine.task.protocol import Heard, Task

HANDLER = "ray_print_logs"
"""Ray's name for the handler that prints the workers' lines."""

ERROR_LENGTH = 200
"""Characters of a Ray error that are printed. A loss that ends the job also raises an exception."""


class Prints:
    """Replaces the handler that prints the workers' lines in Ray's driver, and sorts the lines.

    Lines of a job's task go to the task's listener. Lines of actors and of Ray itself go to stderr if glowray has
    connected to Ray, and else to Ray's own handler. If the user has told Ray to print no lines of workers, none are
    printed.
    """

    lock: ClassVar = threading.Lock()
    tasks: ClassVar[dict[str, Task]] = {}
    """The tasks that have a listener, by token. All engines share it, as the newest one handles every line."""

    numbers: ClassVar = itertools.count(1)

    def __init__(self) -> None:
        from ray._private.ray_logging import global_worker_stdstream_dispatcher as dispatcher

        found = [handler for name, handler in dispatcher.handlers if name == HANDLER]
        self.are_wanted = bool(found)
        self.other: Callable[[dict[str, Any]], None] = _print_line if _is_own() else found[0] if found else _print_line
        if _is_own():
            _redirect_errors()
        if found:
            dispatcher.remove_handler(HANDLER)
            dispatcher.add_handler(HANDLER, self.handle)

    def listen(self, task: Task) -> str:
        """Return the token under which a task's output arrives, or "" if the output is not forwarded."""
        if not self.are_wanted or task.hear is None:
            return ""
        token = str(next(self.numbers))
        with self.lock:
            self.tasks[token] = task
        return token

    def silent_token(self, task: Task) -> str:
        """Return a token for a second attempt at a task: its lines are only shown with its report."""
        return str(next(self.numbers)) if self.are_wanted and task.hear is not None else ""

    def forget(self, tasks: Iterable[Task]) -> None:
        """Stop listening to tasks that have ended. Their reports contain all that they printed."""
        identities = {id(task) for task in tasks}
        with self.lock:
            for token in [token for token, task in self.tasks.items() if id(task) in identities]:
                del self.tasks[token]

    def handle(self, data: dict[str, Any]) -> None:
        """Handle a batch of lines from one process."""
        name = str(data.get("task_name") or "")
        if not name.startswith((TAKEN, LIVE)):
            self.other(data)
            return
        kind = TAKEN if name.startswith(TAKEN) else LIVE
        token, attempt, *place = name.removeprefix(kind).split()
        with self.lock:
            task = self.tasks.get(token)
        if task is not None and task.hear is not None and not task.flows:
            start, size = map(int, place) if place else (None, 0)
            task.hear(Heard(int(attempt), list(data["lines"]), start, size))


def _is_own() -> bool:
    """Return whether glowray itself has connected to Ray."""
    connected = connection()
    return LocalNode.current is not None or (connected is not None and connected.is_own)


def _redirect_errors() -> None:
    """Print Ray's error messages on stderr, without colour, one line each. Ray would print pages on stdout."""
    from ray._private import worker

    worker.print_to_stdstream = lambda data, ignore_prefix: _print_line({**data, "lines": _first_line(data["lines"])})


def _first_line(texts: list[str]) -> list[str]:
    """Return the first line of an error, cut to ERROR_LENGTH. After it, Ray may report on the whole node."""
    first = "\n".join(texts).partition("\n")[0]
    return [first if len(first) <= ERROR_LENGTH else first[: ERROR_LENGTH - 1] + "…"]


def _print_line(data: dict[str, Any]) -> None:
    process = "raylet" if data.get("pid") == "raylet" else f"pid={data.get('pid')}"
    place = "" if data.get("ip") == data.get("localhost") else f", ip={data.get('ip')}"
    text = "".join(f"({process}{place}) {line}\n" for line in data["lines"])
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass  # stderr is closed
