"""A job that `glowray run` sends to a cluster has the script's name, so that people find it in the dashboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from glowray.cluster.client.jobs import _submit


class Client:
    """Takes what is submitted, in place of Ray's client."""

    def __init__(self) -> None:
        self.taken: dict[str, Any] = {}

    def submit_job(self, **taken: Any) -> str:
        self.taken = taken
        return str(taken["submission_id"])


@pytest.mark.parametrize(("script", "name"), [("word_count.py", "word_count"), ("a b/é.v2.py", "--v2")])
def test_the_scripts_name(script: str, name: str) -> None:
    client = Client()
    identity = _submit(client, Path(script), Path("folder.zip"), ["in.txt"], {})
    assert re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{8}}", identity)
    assert client.taken["metadata"] == {"job_name": Path(script).name}
    assert identity != _submit(client, Path(script), Path("folder.zip"), [], {})
