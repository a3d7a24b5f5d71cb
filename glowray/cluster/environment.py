"""The environment that makes Ray authenticate, stay on its interface and send nothing outside."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

# All of a cluster's processes set these. When a network is away for some 20 s, the kernel of the one side closes its
# connections, of which the other side hears only when it sends something. Ray would wait for an answer on them for
# seven minutes. The head refuses pings that come more often than it was told itself.
NETWORK = {"RAY_grpc_client_keepalive_time_ms": "10000", "RAY_grpc_client_keepalive_timeout_ms": "10000"}
# Ray ends the process of a driver that misses the head for a minute, or whose raylet is dead: it looks for the raylet
# by this pid, and 1 is always there. The engine notices both sooner, and raises. To leave a lost cluster takes seconds
# only if neither metrics nor the events of tasks are to be sent first.
DRIVER = {
    "RAY_gcs_rpc_server_reconnect_timeout_s": "1000000",
    "RAY_RAYLET_PID": "1",
    "RAY_task_events_shutdown_flush_timeout_ms": "1000",
    "RAY_enable_metrics_collection": "0",
}
# Ray and glowray read these; whatever the user has set for another cluster must not leak into this one.
OURS = (
    "GLOWRAY_ADDRESS",
    "RAY_ADDRESS",
    "RAY_API_SERVER_ADDRESS",
    "RAY_AUTH_MODE",
    "RAY_AUTH_TOKEN",
    "RAY_AUTH_TOKEN_PATH",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER",
    "RAY_TLS_CA_CERT",
    "RAY_TLS_SERVER_CERT",
    "RAY_TLS_SERVER_KEY",
    "RAY_USE_TLS",
    *NETWORK,
    *DRIVER,
)
# In the environment of every process of a node: a job that has outlived its parents is found by it.
NODE_MARK = "GLOWRAY_NODE"
LOOPBACK_SWITCH = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
# A node's worker processes import it when they start, before the first task that needs it.
PRELOAD = {"RAY_preload_python_modules": "glowray.engine.preload"}


def client_environment(token: Path | str, loopback: bool, tls: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a client of a cluster sets; `token` is the file of the token, or the token when there is no file.

    Ray replaces 127.0.0.1 by another address of the machine wherever it may, so that clusters can grow; this one switch
    leaves it as it is. Without it a client would look for a head on loopback on the outside interface.
    """
    named = {"RAY_AUTH_TOKEN_PATH": str(token)} if isinstance(token, Path) else {"RAY_AUTH_TOKEN": token}
    here = {LOOPBACK_SWITCH: "0"} if loopback else {}
    return {"RAY_AUTH_MODE": "token"} | named | here | NETWORK | dict(tls or {})


def driver_environment(client: Mapping[str, str]) -> dict[str, str]:
    """Return what a driver sets besides `client`, the environment of a client of its cluster."""
    return dict(client) | DRIVER


def node_environment(
    name: str, token_file: Path, loopback: bool, tls: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment of the processes of the node `name`; the token itself is not in it."""
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return (
        inherited
        | client_environment(token_file, loopback, tls)
        | {
            **PRELOAD,
            NODE_MARK: name,
            # `python` in a job's command is this one, also when its environment was not activated.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent outside
            # Prometheus ports answer without a token. The dashboard has no switch for its own: -1 is a port that cannot
            # be opened, which it logs and goes on.
            "RAY_enable_metrics_collection": "0",
            "DASHBOARD_METRIC_PORT": "-1",
            # On a busy machine all takes longer; launch() is the one that gives up.
            "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "600",
            "RAY_gcs_server_port_wait_time_s": "600",
        }
    )


@contextlib.contextmanager
def applied(settings: Mapping[str, str]) -> Iterator[None]:
    """Set Ray's variables in this process for the time of a block."""
    before = apply(settings)
    try:
        yield
    finally:
        restore(before)


def apply(settings: Mapping[str, str]) -> dict[str, str | None]:
    """Set Ray's variables in this process; returns what `restore` needs."""
    before = {name: os.environ.get(name) for name in OURS}
    restore({name: settings.get(name) for name in OURS})
    return before


def restore(before: Mapping[str, str | None]) -> None:
    """Set or unset variables, and make a Ray that is already imported read them again."""
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "ray" in sys.modules:
        _reread()


def _reread() -> None:
    from ray._private import ray_constants
    from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # missing from its stub

    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()
    ray_constants.ENABLE_RAY_CLUSTER = os.environ.get(LOOPBACK_SWITCH) != "0"
