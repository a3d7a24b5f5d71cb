"""Test that Ray is started once, by the first caller."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from glowray.engine.ray import start as ray_start


class Session:
    """A stand-in for Ray's runtime context. The driver is in session `number`."""

    number = 0

    def __init__(self) -> None:
        self.worker = SimpleNamespace(current_cluster_and_job=(Session.number, "job"))


@pytest.mark.slow
def test_threads_that_need_ray_at_once_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    starts: list[int] = []
    running, engines = threading.Event(), []
    second = threading.Thread(target=lambda: engines.append(ray_start.ray_engine()))

    def start() -> None:
        starts.append(threading.get_ident())
        if len(starts) == 1:
            second.start()
            second.join(timeout=0.5)  # it must wait for this start; if it starts another Ray, it ends by itself
        running.set()

    monkeypatch.setattr(ray_start, "_engine", None)
    monkeypatch.setattr(ray, "is_initialized", running.is_set)
    monkeypatch.setattr(ray, "get_runtime_context", Session)
    monkeypatch.setattr(ray_start, "start_local", start)
    made: list[Any] = []
    monkeypatch.setattr(ray_start, "RayEngine", lambda: made.append(object()) or made[-1])
    first: Any = ray_start.ray_engine()
    second.join()
    assert len(starts) == 1
    assert engines == [first] == made


def test_a_start_that_fails_in_another_thread_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def fail() -> None:
        raise OSError("no room")

    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray_start, "start_local", fail)
    failures: list[str] = []

    def run() -> None:
        try:
            ray_start.ray_engine()
        except OSError as error:
            failures.append(str(error))

    job = threading.Thread(target=run)
    job.start()
    job.join()
    assert failures == ["no room"]


def test_a_job_goes_on_while_ray_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    prepared, engine = threading.Event(), SimpleNamespace(shared_bytes=lambda: 7)

    def start() -> Any:
        assert prepared.wait(60)
        return engine

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray_start, "ray_engine", start)
    coming = ray_start.coming_ray_engine()
    assert coming.name == "ray"
    prepared.set()
    assert coming.shared_bytes() == 7


def test_a_start_that_fails_meanwhile_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def fail() -> Any:
        raise OSError("no room")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray_start, "ray_engine", fail)
    coming = ray_start.coming_ray_engine()
    with pytest.raises(OSError, match="no room"):
        coming.run([])


def test_an_engine_is_of_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store of one session does not hold the objects of another."""
    import ray

    monkeypatch.setattr(ray_start, "_engine", None)
    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    monkeypatch.setattr(ray, "get_runtime_context", Session)
    monkeypatch.setattr(ray_start, "RayEngine", object)
    first = ray_start.ray_engine()
    assert ray_start.ray_engine() is first
    monkeypatch.setattr(Session, "number", 1)
    assert ray_start.ray_engine() is not first


@pytest.mark.ray
def test_a_worker_has_imported_what_tasks_need_before_its_first(local_ray: None) -> None:
    import ray

    def imported() -> bool:
        import sys

        return "glowray.engine.ray.preload" in sys.modules

    assert ray.get(ray.remote(imported).remote())


class Node:
    """A stand-in for LocalNode, which starts when the test tells it to."""

    def __init__(self, num_cpus: int | None = None) -> None:
        self.started, self.ended, self.wanted = threading.Event(), threading.Event(), threading.Event()

    def wait(self, over: threading.Event) -> str | None:
        self.wanted.set()
        while not over.wait(0.001):
            if self.started.is_set():
                return "127.0.0.1:1"
        return None

    def runs(self) -> bool:
        return self.started.is_set() and not self.ended.is_set()

    def end(self) -> None:
        self.ended.set()


class Engine:
    """A stand-in for RayEngine, whose first task begins at once."""

    def wait_for_first_task(self, over: threading.Event) -> bool:
        return not over.is_set()


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    made: list[Node] = []
    monkeypatch.setattr(ray_start, "_node", None)
    monkeypatch.setattr(ray_start, "LocalNode", lambda num_cpus, niceness: made.append(Node()) or made[-1])
    monkeypatch.setattr(ray_start, "ray_engine", Engine)
    return made


def begin(over: threading.Event, engines: list[Any]) -> threading.Thread:
    thread = threading.Thread(target=lambda: engines.append(ray_start.begun_ray_engine(over, lambda: True)))
    thread.start()
    return thread


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        threading.Event().wait(0.001)


def test_jobs_wait_for_one_ray_and_the_last_that_leaves_ends_it(nodes: list[Node]) -> None:
    engines: list[Any] = []
    first, second = threading.Event(), threading.Event()
    threads = [begin(first, engines)]
    wait_until(lambda: len(nodes) == 1)
    assert nodes[0].wanted.wait(60)
    nodes[0].wanted.clear()
    threads.append(begin(second, engines))
    assert nodes[0].wanted.wait(60)
    first.set()
    threads[0].join()
    assert not nodes[0].ended.is_set(), "the other job still waits for it"
    second.set()
    threads[1].join()
    assert nodes[0].ended.is_set()
    assert engines == [None, None]
    assert len(nodes) == 1


def test_a_ray_that_has_started_stays_for_the_next_job(nodes: list[Node]) -> None:
    engines: list[Any] = []
    over = threading.Event()
    thread = begin(over, engines)
    wait_until(lambda: len(nodes) == 1)
    nodes[0].started.set()
    thread.join()
    begin(over, engines).join()
    assert [type(engine) for engine in engines] == [Engine, Engine]
    assert len(nodes) == 1 and not nodes[0].ended.is_set()


def test_a_ray_that_ended_by_itself_is_started_again(nodes: list[Node]) -> None:
    engines: list[Any] = []
    for count in (1, 2):
        thread = begin(threading.Event(), engines)
        wait_until(lambda count=count: len(nodes) == count)  # type: ignore[misc]
        nodes[-1].started.set()
        thread.join()
        nodes[-1].ended.set()
    assert len(nodes) == len(engines) == 2


def test_a_ray_that_is_not_worth_it_any_more_is_not_connected_to(nodes: list[Node]) -> None:
    over, asked = threading.Event(), threading.Event()
    engines: list[Any] = []
    job = threading.Thread(
        target=lambda: engines.append(ray_start.begun_ray_engine(over, lambda: asked.set() or False))  # type: ignore[func-returns-value]
    )
    job.start()
    wait_until(lambda: len(nodes) == 1)
    nodes[0].started.set()
    assert asked.wait(60)
    over.set()
    job.join()
    assert engines == [None] and not nodes[0].ended.is_set(), "it stays for the next job"
