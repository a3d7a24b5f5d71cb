"""Engines to test on: in this process, in this process with a row a partition, and one Ray that all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from glowray.engine import automatic, choose
from tests.effort import FEW
from tests.engine.doubles import CountingEngine, ForbiddenEngine, Lab

# The same examples on every machine and in every run; a slow machine is no failure.
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.register_profile("fast", parent=settings.get_profile("ci"), max_examples=FEW)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# No job of a test goes over to Ray because a machine is slow; tests of the handover say when it comes.
automatic.PATIENCE = choose.LARGE_PATIENCE = 3600.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on Ray come last: a Ray that is connected changes which engine the others would be given."""
    items.sort(key=lambda item: item.get_closest_marker("ray") is not None)
    for item in items:
        if "machine" in getattr(item, "fixturenames", ()):  # whose commands are processes
            item.add_marker("process")


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """The one local Ray of a test run: started by the first test that asks for it, ended after the last."""
    import ray

    from glowray.engine.ray_start import start_local

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONHASHSEED", raising=False)  # nothing is to depend on all processes having one
        start_local(num_cpus=2)
    yield
    ray.shutdown()


@pytest.fixture(params=["inline", "inline-tiny", pytest.param("ray", marks=pytest.mark.ray)])
def engine(request: pytest.FixtureRequest) -> Lab:
    """Every engine in turn."""
    if request.param == "ray":
        request.getfixturevalue("local_ray")
    return Lab(request.param)


@pytest.fixture
def ray_lab(local_ray: None) -> Lab:
    """Ray alone; a test that asks for it is marked `ray`."""
    return Lab("ray")


@pytest.fixture
def flow(engine: Lab) -> object:
    """A flow on every engine in turn."""
    return engine.flow()


@pytest.fixture
def counting() -> CountingEngine:
    """An engine that counts tasks."""
    return CountingEngine()


@pytest.fixture
def forbidden() -> ForbiddenEngine:
    """An engine that must not run."""
    return ForbiddenEngine()


@pytest.fixture(scope="session", autouse=True)
def _compiler_does_not_fail() -> Iterator[None]:
    """Functions that the compiler fails on are called; in a test that is a failure, for nobody would notice it."""

    def fail(fragment: object, reason: str) -> object:
        raise AssertionError(reason)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glowray.physical.weaving.with_reason", fail)
        yield
