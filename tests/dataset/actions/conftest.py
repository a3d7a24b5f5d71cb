"""Give tests each database that tables are written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dataset.actions.table_places import KINDS, Place, make_place


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return make_place(request.param, tmp_path, lambda: request.getfixturevalue("postgres"))
