"""A MongoDB stand-in for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.io.mongo.server import MongoServer, serving


@pytest.fixture
def mongo() -> Iterator[MongoServer]:
    """Return a server without collections."""
    with serving() as server:
        yield server
