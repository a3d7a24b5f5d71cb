"""`glowray top`: a live table of a cluster's nodes, and of the jobs that run there and on this machine."""

from __future__ import annotations

import contextlib
import json as json_text
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console, Group
from rich.live import Live

from glowray import cluster
from glowray.cluster.client.access import NO_CLUSTER
from glowray.errors import ClusterError
from glowray.watch.table.cell_text import stdout_signs
from glowray_cli.options import Address, Debug, Json, Tls, TokenFile, example
from glowray_cli.records import cluster_record, write_json
from glowray_cli.top_view import View, top_lines

if TYPE_CHECKING:
    from glowray.watch.journal.status import RunStatus  # It imports NumPy, which other commands do not need.

LOOK_SECONDS = 1.0
"""Seconds between two looks at the cluster."""

STALE_SECONDS = 3600.0
"""A job that was not heard of for this long is forgotten."""

LEAVE = {b"q", b"Q", b"\x1b", b"\x03", b"\x04"}
"""The keys that leave: q, Escape, Ctrl-C, Ctrl-D."""


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog=example("top --address 192.0.2.1:6379"))(top)


def top(
    address: Address = None, token_file: TokenFile = None, tls: Tls = False, json: Json = False, debug: Debug = False
) -> None:
    """Watch the cluster's nodes and the running jobs, here and there. Press q to leave. A pipe gets one table."""

    def look() -> View:
        return _look(address, token_file, tls)

    if json:
        view = look()
        found = None if view.cluster is None else cluster_record(view.cluster)
        write_json({"cluster": found, "runs": [asdict(run) for run in view.runs]})
    elif sys.stdout.isatty():
        _watch(look)
    else:
        console = Console(file=sys.stdout, highlight=False)
        for line in top_lines(look(), time.time(), console.width, stdout_signs()):
            console.print(line, soft_wrap=True)


def _look(address: str | None, token_file: Path | None, tls: bool) -> View:
    """Return what is there now: the cluster's nodes, if there is a cluster, and all running jobs.

    Raises ClusterError if the cluster that was named does not answer.
    """
    from glowray.watch.journal.reading import running_here

    runs = {run.run: run for run in running_here()}
    try:
        access = cluster.find_access(address, token_file, tls)
    except ClusterError as error:
        if address is not None or str(error) != NO_CLUSTER:
            raise
        return View(None, list(runs.values()))
    found = cluster.status_of(access)
    for notice in cluster.notices(access, _is_stale):
        run = _posted(notice)
        if run is not None:
            runs.setdefault(run.run, run)
    return View(found, sorted(runs.values(), key=lambda run: run.began))


def _posted(notice: str) -> RunStatus | None:
    from glowray.watch.journal.status import RunStatus

    try:
        return RunStatus.from_line(json_text.loads(notice))
    except (ValueError, TypeError):
        return None


def _is_stale(notice: str) -> bool:
    run = _posted(notice)
    return run is None or time.time() - run.time > STALE_SECONDS


class Watcher:
    """Looks once a second in a thread, so that keys are heard while a cluster does not answer."""

    def __init__(self, look: Callable[[], View]) -> None:
        self.look = look
        self.view = look()
        self.over = threading.Event()
        threading.Thread(target=self._look_on, name="glowray top", daemon=True).start()

    def _look_on(self) -> None:
        while not self.over.wait(LOOK_SECONDS):
            try:
                self.view = self.look()
            except ClusterError as error:
                self.view = View(None, self.view.runs, str(error))


def _watch(look: Callable[[], View]) -> None:
    """Draw what is there until a key leaves."""
    watcher = Watcher(look)
    console = Console(file=sys.stdout, highlight=False)
    with _keys() as key, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            lines = top_lines(watcher.view, time.time(), console.width, stdout_signs(), "q leaves")
            live.update(Group(*lines[: console.height]), refresh=True)
            if key(LOOK_SECONDS / 2) in LEAVE:
                watcher.over.set()
                return


@contextlib.contextmanager
def _keys() -> Iterator[Callable[[float], bytes]]:
    """Yield a function that waits some seconds for a key and returns it, b"" if none came.

    The terminal gives keys at once within the block, and does not show them.
    """
    import termios
    import tty

    if not sys.stdin.isatty():
        yield _no_key
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield lambda seconds: os.read(descriptor, 1) if select.select([descriptor], [], [], seconds)[0] else b""
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> bytes:
    time.sleep(seconds)
    return b""
