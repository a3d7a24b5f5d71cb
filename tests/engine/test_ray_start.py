"""Starting Ray once, whoever asks first."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from glowray.engine import ray_start


class Session:
    """In the place of Ray's runtime context: the driver is in its `number`-th session."""

    number = 0

    def __init__(self) -> None:
        self.worker = SimpleNamespace(current_cluster_and_job=(Session.number, "job"))


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
            second.join(timeout=0.5)  # it must wait for this start; one that does not starts another, and ends
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


def test_the_thread_that_starts_ray_outlives_the_job_that_needed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    starters: list[threading.Thread] = []
    monkeypatch.setattr(ray_start, "_engine", None)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "get_runtime_context", Session)
    monkeypatch.setattr(ray_start, "start_local", lambda: starters.append(threading.current_thread()))
    monkeypatch.setattr(ray_start, "RayEngine", object)
    job = threading.Thread(target=ray_start.ray_engine)
    job.start()
    job.join()
    (starter,) = starters
    assert starter.is_alive()
    assert starter.daemon


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
    """What it has put into the store of one is in no other."""
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

        return "glowray.engine.preload" in sys.modules

    assert ray.get(ray.remote(imported).remote())
