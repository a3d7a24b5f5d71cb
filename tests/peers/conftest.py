"""Where the examples of peers run: all in this process, a few on Ray too."""

from __future__ import annotations

import pytest

import glowray as gr
from tests.engine.doubles import Lab

ON_RAY = frozenset(
    "test_aggregate test_group_with test_join test_map_partitions test_reduce_by_key test_sort_by_key".split()
)
"""One example of each way that rows move: the law is what holds Ray to the other engines."""


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of `flow` runs with a row a partition too; one of `sliced`, whose partitions are given, does not."""
    if "engine" not in metafunc.fixturenames:
        return
    engines = ["inline"] if "sliced" in metafunc.fixturenames else ["inline", "inline-tiny"]
    on_ray = [pytest.param("ray", marks=pytest.mark.ray)] if metafunc.function.__name__ in ON_RAY else []
    # A mark takes the place of the fixture's own parameters; a second parametrize() would clash with them.
    metafunc.definition.add_marker(pytest.mark.parametrize("engine", [*engines, *on_ray], indirect=True))


@pytest.fixture
def sliced(engine: Lab) -> gr.Flow:
    """A flow whose sources have the partitions that the test asks for."""
    return gr.Flow("test", engine=engine.kind)
