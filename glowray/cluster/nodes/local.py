"""A Ray on this machine for this process alone: on loopback, with a token, ended with this process."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, ClassVar

from glowray.cluster.host.environment import OURS, PRELOAD, apply, client_environment, driver_environment
from glowray.cluster.security.token import own_token
from glowray.errors import ClusterError

LOOPBACK = "127.0.0.1"
TICK = 0.1
"""Seconds between two checks whether the start is still wanted."""

END_SECONDS = 10.0
KEEPER = f"""
import sys
sys.path.append({str(Path(__file__).parents[3])!r})
from glowray.cluster.nodes.keeper import main
main(sys.argv[1:])
"""
"""The keeper's program. It imports this copy of the package, which need not be installed."""

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_enable_metrics_collection": "0"}
"""Nothing is sent outside, and no port answers without a token."""


class LocalNode:
    """A Ray that starts and runs in processes below a keeper; see `glowray.cluster.nodes.keeper`.

    Args:
        num_cpus: the CPUs that it uses; None: all of this machine's.
        niceness: for its background processes while Ray starts, as this process computes meanwhile.
    """

    current: ClassVar[LocalNode | None] = None
    """The node that this process is connected to, until the node ends."""

    def __init__(self, num_cpus: int | None = None, niceness: int = 0) -> None:
        self.access = client_environment(own_token(), loopback=True)
        self.address: str | None = None
        self.entered = False
        self._error: ClusterError | None = None
        self._lock = threading.Lock()
        kept, self._alive = os.pipe()
        self._answers, answers = os.pipe()
        parameters = {
            "node_ip_address": LOOPBACK,
            "num_cpus": num_cpus,
            "include_dashboard": False,
            "no_monitor": True,  # Ray's autoscaler is not used here
        }
        arguments = [json.dumps(parameters), str(niceness), str(kept), str(answers), str(os.getpid())]
        try:
            self._keeper = subprocess.Popen(
                # -P: Python does not import modules from the current folder.
                [sys.executable, "-P", "-c", KEEPER, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(kept, answers),
                env=_inherited() | self.access | PRELOAD | QUIET,
                start_new_session=True,  # a terminal sends Ctrl-C to this process only, which ends Ray in order
            )
        finally:
            os.close(kept)
            os.close(answers)

    def wait(self, over: threading.Event | None = None) -> str | None:
        """Wait until Ray has started; return its address, or None once `over` is set.

        Raises ClusterError if Ray did not start or was ended.
        """
        while not (over is not None and over.is_set()):
            with self._lock:
                if self._error is not None:
                    raise self._error
                if self.address is None and select.select([self._answers], [], [], 0.0)[0]:
                    self._hear()
                    continue
                if self.address is not None:
                    return self.address
                answers = self._answers
            select.select([answers], [], [], TICK)
        return None

    def enter(self) -> None:
        """Set the environment that makes Ray in this process a client of this node."""
        self.entered = True
        LocalNode.current = self
        apply(driver_environment(self.access))
        os.environ.update(QUIET)

    def end(self) -> None:
        """End Ray, whether or not it has started. A second call does nothing."""
        with self._lock:
            if self._error is None:
                self._error = ClusterError("the local Ray was ended")
                os.close(self._alive)
            if LocalNode.current is self:
                LocalNode.current = None
        try:
            self._keeper.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()

    def runs(self) -> bool:
        """Return whether Ray has started and runs, and its keeper too."""
        return self.address is not None and self._error is None and self._keeper.poll() is None

    def _hear(self) -> None:
        with os.fdopen(os.dup(self._answers)) as answers:
            text = answers.read()
        answer: dict[str, Any] = json.loads(text) if text else {"error": "its keeper ended"}
        if "error" in answer:
            self._error = ClusterError(f"Ray did not start on this machine: {answer['error']}")
            os.close(self._alive)
        else:
            self.address = answer["address"]


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OURS}
