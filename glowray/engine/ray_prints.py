"""In the driver: what workers print, on its way from Ray's log to the task that printed it, or to stderr."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from glowray.cluster.connect import connection
from glowray.cluster.local import LocalNode
from glowray.engine.protocol import Heard, Task
from glowray.engine.ray_capture import LIVE, TAKEN

HANDLER = "ray_print_logs"
"""Ray's name for what prints the workers' lines."""

ERROR_LENGTH = 200
"""Characters of an error of Ray's that are shown; a loss that ends the job is an exception besides."""


class Prints:
    """Takes the place of what prints the workers' lines in Ray's driver, and sorts the lines.

    Lines of tasks of a job go to who listens to that task. Others, of actors or of Ray itself, are printed: all of
    them on stderr if glowray has connected to Ray, else as Ray does it. Where the user has told Ray to print no lines
    of workers, none are printed.
    """

    lock: ClassVar = threading.Lock()
    tasks: ClassVar[dict[str, Task]] = {}
    """The tasks that are listened to, by token; those of all engines, as the newest takes the lines for all."""

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
        """Return the token under which what a task prints arrives; "" if nobody wants to know."""
        if not self.are_wanted or task.hear is None:
            return ""
        token = str(next(self.numbers))
        with self.lock:
            self.tasks[token] = task
        return token

    def forget(self, tasks: Iterable[Task]) -> None:
        """Stop listening to tasks that have ended: their reports have all that they printed."""
        identities = {id(task) for task in tasks}
        with self.lock:
            for token in [token for token, task in self.tasks.items() if id(task) in identities]:
                del self.tasks[token]

    def handle(self, data: dict[str, Any]) -> None:
        """Take a batch of lines of one process."""
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
    """Whether glowray itself has connected to Ray."""
    connected = connection()
    return LocalNode.current is not None or (connected is not None and connected.is_own)


def _redirect_errors() -> None:
    """Let errors that Ray tells the driver of go to stderr, without colour, a line each: it prints pages on stdout."""
    from ray._private import worker

    worker.print_to_stdstream = lambda data, ignore_prefix: _print_line({**data, "lines": _first_line(data["lines"])})


def _first_line(texts: list[str]) -> list[str]:
    """Return the first line of an error, cut: one of a lack of memory is followed by a report of the whole node."""
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
        pass  # there is no stderr any more
