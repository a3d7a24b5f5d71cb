"""Fixtures that run the `glowray` command as a real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine on which nothing runs, for commands that start nothing."""
    return Machine(tmp_path / "machine")
