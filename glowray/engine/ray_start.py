"""Starting or finding the Ray that a job runs on. A Ray that was not started here is never stopped."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future
from typing import Any, cast

from glowray.cluster.connect import connect, reconnect
from glowray.cluster.environment import PRELOAD, apply, client_environment, driver_environment
from glowray.cluster.patience import start_patiently
from glowray.cluster.token import own_token
from glowray.engine.protocol import Engine
from glowray.engine.ray import RayEngine

_engine: RayEngine | None = None
_session: object = None
_starting = threading.Lock()


def ray_engine() -> RayEngine:
    """The engine on the connected Ray; without one, on the cluster that the environment names, or a local Ray."""
    global _engine, _session
    import ray

    # Two jobs in two threads may both be the first: ray.init() is not safe against itself.
    with _starting:
        if not ray.is_initialized():
            if reconnect() is not None:
                pass  # the cluster that was lost is there again
            elif os.environ.get("GLOWRAY_ADDRESS") or os.environ.get("RAY_ADDRESS"):
                connect()
            else:
                _start_for_good()
        session = ray.get_runtime_context().worker.current_cluster_and_job
        if _engine is None or session != _session:
            _engine, _session = RayEngine(), session  # what an engine has put into a store is in that store alone
        return _engine


def coming_ray_engine() -> Engine:
    """The same, but a Ray that has to be started first starts while the caller goes on with what the job needs else."""
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        return ray_engine()
    return cast(Engine, _Coming())


class _Coming:
    """The engine of a Ray that starts in another thread; who asks for anything but its name waits until it is there."""

    name = "ray"

    def __init__(self) -> None:
        self._engine: Future[RayEngine] = Future()
        threading.Thread(target=self._start, name="glowray-ray-start", daemon=True).start()

    def _start(self) -> None:
        try:
            self._engine.set_result(ray_engine())
        except BaseException as error:
            self._engine.set_exception(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine.result(), name)


def _start_for_good() -> None:
    """Starts a local Ray from a thread that lives as long as this process.

    Ray has the kernel end its processes with the thread that started them (PR_SET_PDEATHSIG), not with the process.
    """
    if threading.current_thread() is threading.main_thread():
        start_local()
        return
    started: Future[None] = Future()

    def keep() -> None:
        try:
            start_local()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(None)
        threading.Event().wait()

    threading.Thread(target=keep, name="glowray-ray", daemon=True).start()
    started.result()


def start_local(num_cpus: int | None = None) -> None:
    """Starts a Ray that ends with this process: on loopback only, behind a token, with nothing sent outside.

    It uses `num_cpus` CPUs; None: all of this machine's.
    """
    apply(driver_environment(client_environment(own_token(), loopback=True)))
    os.environ.update(PRELOAD, RAY_USAGE_STATS_ENABLED="0", RAY_enable_metrics_collection="0")
    import ray

    start_patiently(
        lambda: ray.init(
            address="local",
            num_cpus=num_cpus,
            include_dashboard=False,
            logging_level="ERROR",
            _node_ip_address="127.0.0.1",
        )
    )
