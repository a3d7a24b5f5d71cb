"""Starting or finding the Ray that a job runs on. A Ray that was not started here is never stopped."""

from __future__ import annotations

import os

from glowray.cluster.connect import connect
from glowray.cluster.environment import apply, client_environment
from glowray.cluster.token import own_token
from glowray.engine.ray import RayEngine

_engine: RayEngine | None = None


def ray_engine() -> RayEngine:
    """The engine on the connected Ray; without one, on the cluster that the environment names, or a local Ray."""
    global _engine
    import ray

    if not ray.is_initialized():
        _engine = None
        if os.environ.get("GLOWRAY_ADDRESS") or os.environ.get("RAY_ADDRESS"):
            connect()
        else:
            start_local()
    if _engine is None:
        _engine = RayEngine()
    return _engine


def start_local(num_cpus: int | None = None) -> None:
    """Starts a Ray that ends with this process: on loopback only, behind a token, with nothing sent outside.

    It uses `num_cpus` CPUs; None: all of this machine's.
    """
    apply(client_environment(own_token(), loopback=True))
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_enable_metrics_collection="0")
    import ray

    ray.init(
        address="local",
        num_cpus=num_cpus,
        include_dashboard=False,
        logging_level="ERROR",
        _node_ip_address="127.0.0.1",
    )
