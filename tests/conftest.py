"""Engines that tests run on: inline, inline with one row a partition, and one Ray that all tests share."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from glowray.engine import automatic
from glowray.engine import choice as choose
from tests.cluster.machine import starting_alone
from tests.effort import FEW, MOST_CASES
from tests.engine.doubles import CountingEngine, ForbiddenEngine, Lab
from tests.postgres import running_server

# Every run has the same examples on every machine. A slow machine must not fail a test.
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.register_profile("fast", parent=settings.get_profile("ci"), max_examples=FEW)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# A slow machine must not move a test's job to Ray. Tests of that move set the time themselves.
automatic.PATIENCE = choose.LARGE_PATIENCE = 3600.0

# Jobs that fail leave journals in the state folder: in the user's there is no place for those of tests.
STATE = tempfile.TemporaryDirectory(prefix="glowray-tests-")
os.environ.setdefault("GLOWRAY_HOME", STATE.name)

# A run in the background of a shell ignores Ctrl-C, and so would the tests that send it and their processes.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


NOT_FAST = ("ray", "cluster", "process", "slow")

# pytest's rewritten asserts take most of the time in which tests are collected. Each later run then reads them.
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests on Ray last, because a connected Ray changes which engine is chosen for other tests."""
    items.sort(key=lambda item: item.get_closest_marker("ray") is not None)
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "machine" in fixtures or "postgres" in f"{fixtures} {item.name}":  # commands and servers are processes
            item.add_marker("process")
    choose_fast(items)


def choose_fast(items: list[pytest.Item]) -> None:
    """Mark cases slow, so that MOST_CASES of each test are left, spread evenly, and no second inline engine."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and not any(map(item.get_closest_marker, NOT_FAST)):
            if hasattr(item, "callspec") and item.callspec.params.get("engine") == "inline-tiny":
                item.add_marker("slow")
            else:
                cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for same in cases.values():
        chosen = {place * len(same) // MOST_CASES for place in range(MOST_CASES)}
        for place, item in enumerate(same):
            if len(same) > MOST_CASES and place not in chosen:
                item.add_marker("slow")


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """Start one local Ray for all tests, when the first test needs it. Stop it after the last test."""
    import ray

    from glowray.engine.ray.start import start_local

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONHASHSEED", raising=False)  # no test may need equal hash seeds in all processes
        with starting_alone():
            start_local(num_cpus=2)
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start one PostgreSQL server for all tests, and return its URI. Skip the tests if none is installed."""
    with running_server() as uri:
        yield uri


@pytest.fixture(params=["inline", "inline-tiny", pytest.param("ray", marks=pytest.mark.ray)])
def engine(request: pytest.FixtureRequest) -> Lab:
    """Return each engine in turn."""
    if request.param == "ray":
        request.getfixturevalue("local_ray")
    return Lab(request.param)


@pytest.fixture
def ray_lab(local_ray: None) -> Lab:
    """Return the engine Ray. A test that uses it has the mark `ray`."""
    return Lab("ray")


@pytest.fixture
def flow(engine: Lab) -> object:
    """Return a flow on each engine in turn."""
    return engine.flow()


@pytest.fixture
def counting() -> CountingEngine:
    """Return an engine that counts tasks."""
    return CountingEngine()


@pytest.fixture
def forbidden() -> ForbiddenEngine:
    """Return an engine that fails if it runs."""
    return ForbiddenEngine()


@pytest.fixture(scope="session", autouse=True)
def _compiler_does_not_fail() -> Iterator[None]:
    """Fail a test if the compiler raises. In a job its error is hidden, because the function is then called instead."""

    def fail(fragment: object, reason: str) -> object:
        raise AssertionError(reason)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("glowray.physical.compile.weaving.with_reason", fail)
        yield
