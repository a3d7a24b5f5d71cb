"""Starting or finding the Ray that a job runs on. A Ray that was not started here is never stopped."""

from __future__ import annotations

import os

from glowray.engine.ray import RayEngine

_engine: RayEngine | None = None


def ray_engine() -> RayEngine:
    """The engine on the connected Ray; without one, connects to the address in the environment or starts a local Ray."""
    global _engine
    import ray

    if not ray.is_initialized():
        _engine = None
        address = os.environ.get("GLOWRAY_ADDRESS") or os.environ.get("RAY_ADDRESS")
        connect(address) if address else start_local()
    if _engine is None:
        _engine = RayEngine()
    return _engine


def connect(address: str) -> None:
    """Connects to a running cluster."""
    import ray

    ray.init(address=address, logging_level="ERROR", log_to_driver=True)


def start_local() -> None:
    """Starts a Ray for this process on this machine: on loopback only, behind a token of its own."""
    import ray

    require_token()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(
        address="local",
        include_dashboard=False,
        logging_level="ERROR",
        log_to_driver=True,
        _node_ip_address="127.0.0.1",
    )


def require_token() -> None:
    """Turns token authentication on; Ray makes a token (a file of mode 0600) where there is none yet."""
    os.environ.setdefault("RAY_AUTH_MODE", "token")
