"""Test the folder of a node: the paths of Ray's sockets below it have at most 107 bytes, and its disk has room."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from ray import dashboard

from glowray.cluster.host.record import FOLDER_PREFIX
from glowray.cluster.nodes.launch import LEAST_FREE_BYTES, LONGEST_SOCKET, LONGEST_TEMPORARY, _full_disk

MODULE = re.compile(r"^class (\w+)\(.*SubprocessModule", re.MULTILINE)


def test_the_longest_socket_of_ray_has_room() -> None:
    """Each module of Ray's dashboard has a socket with the name of its class."""
    files = Path(dashboard.__file__).parent.rglob("*_head.py")
    modules = [name for file in files for name in MODULE.findall(file.read_text())]
    assert len(modules) > 5
    folder, name = Path(LONGEST_SOCKET).parts[1], Path(LONGEST_SOCKET).name
    assert max(len(f"dash_{module}") for module in modules) <= len(name)
    assert folder.startswith(FOLDER_PREFIX) and len(folder) == len(FOLDER_PREFIX) + 8  # what tempfile.mkdtemp adds
    assert len("/tmp") <= LONGEST_TEMPORARY


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _full_disk(tmp_path / "ray") == ""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=LEAST_FREE_BYTES - 1))
    assert f" on a full disk: make room in {tmp_path}" in _full_disk(tmp_path / "ray")
