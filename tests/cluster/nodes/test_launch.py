"""Test the folder of a node: the paths of Ray's sockets below it have at most 107 bytes."""

from __future__ import annotations

import re
from pathlib import Path

from ray import dashboard

from glowray.cluster.host.record import FOLDER_PREFIX
from glowray.cluster.nodes.launch import LONGEST_SOCKET, LONGEST_TEMPORARY

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
