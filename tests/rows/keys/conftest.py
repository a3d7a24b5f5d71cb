"""Leave the registry of key classes as it was before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from glowray.rows.keys import install_keys, registered_keys


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    before = registered_keys()
    yield
    install_keys(before)
