"""Test that a slow node is waited for, and that an ended node is restarted only if it was too slow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray._private import services

from glowray.cluster.nodes import patience
from glowray.cluster.nodes.patience import ATTEMPTS, RayletError, start_patiently

ENDS = "import sys"
STAYS = "import sys; sys.stdin.read()"
SLOW = "Check failed: Timed out waiting for file /tmp/ray/session/metrics_agent_port_1"


class Ray:
    """A stand-in for Ray, whose processes run Python code. It knows the node from the `late`-th request on."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path, late: int = sys.maxsize, says: str = "") -> None:
        self.late, self.asked = late, 0
        self.errors = folder / "raylet.err"
        self.errors.write_text(says)
        self.processes: list[subprocess.Popen[bytes]] = []
        patch.setattr(services, "start_ray_process", self.start_process)
        patch.setattr(services, "get_node", self.get_node)

    def start_process(self, command: list[str], kind: str, **options: Any) -> Any:
        self.processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, **options))
        return SimpleNamespace(process=self.processes[-1])

    def get_node(self, *arguments: str) -> tuple[str, ...]:
        self.asked += 1
        if self.asked < self.late:
            raise RuntimeError("no such node")
        return arguments

    def node(self, raylet: str) -> Callable[[], tuple[str, ...]]:
        def start() -> tuple[str, ...]:
            services.start_ray_process([sys.executable, "-c", STAYS], "gcs_server")
            command = [sys.executable, "-c", raylet, f"--stderr_filepath={self.errors}"]
            services.start_ray_process(command, "raylet")
            return services.get_node("127.0.0.1:1", "id")  # type: ignore[no-any-return]

        return start

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


def test_a_late_node_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ray = Ray(monkeypatch, tmp_path, late=4)
    assert start_patiently(ray.node(STAYS)) == ("127.0.0.1:1", "id")
    assert ray.asked == 4
    assert [process.poll() for process in ray.processes] == [None, None]
    assert services.get_node == ray.get_node and services.start_ray_process == ray.start_process
    ray.end()


def test_the_wait_is_bounded_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ray = Ray(monkeypatch, tmp_path)
    monkeypatch.setattr(patience, "REGISTER_SECONDS", 0.0)
    with pytest.raises(RuntimeError, match="no such node"):
        start_patiently(ray.node(STAYS))
    assert None not in [process.poll() for process in ray.processes]


def test_a_raylet_that_has_ended_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ray = Ray(monkeypatch, tmp_path, says="Check failed: no such device")
    with pytest.raises(RayletError, match=r"raylet ended by itself$"):
        start_patiently(ray.node(ENDS))
    assert len(ray.processes) == 2
    assert None not in [process.poll() for process in ray.processes]


@pytest.mark.slow
def test_a_raylet_whose_agents_were_too_slow_is_started_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ray = Ray(monkeypatch, tmp_path, says=SLOW)
    with pytest.raises(RayletError, match="its agents took too long to start"):
        start_patiently(ray.node(ENDS))
    assert len(ray.processes) == 2 * ATTEMPTS
    assert None not in [process.poll() for process in ray.processes]
