"""The engines for the examples of peers: all run inline, and a few run on Ray too."""

from __future__ import annotations

import pytest

import glowray as gr
from tests.engine.doubles import Lab

ON_RAY = frozenset(
    "test_aggregate test_group_with test_join test_map_partitions test_reduce_by_key test_sort_by_key".split()
)
"""One example for each way in which rows move. test_law.py covers the other verbs on Ray."""


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests of `flow` with one row a partition too. Tests of `sliced` set their partitions themselves."""
    if "engine" not in metafunc.fixturenames:
        return
    engines = ["inline"] if "sliced" in metafunc.fixturenames else ["inline", "inline-tiny"]
    on_ray = [pytest.param("ray", marks=pytest.mark.ray)] if metafunc.function.__name__ in ON_RAY else []
    # A mark replaces the fixture's own parameters. A second parametrize() would conflict with them.
    metafunc.definition.add_marker(pytest.mark.parametrize("engine", [*engines, *on_ray], indirect=True))


@pytest.fixture
def sliced(engine: Lab) -> gr.Flow:
    """Return a flow whose sources have the partitions that the test gives."""
    return gr.Flow("test", engine=engine.kind)
