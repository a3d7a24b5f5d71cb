"""Environment variables that make Ray authenticate, stay on its interface and send nothing outside."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

# All processes of a cluster set these. If the network fails for some 20 s, one side's kernel closes its connections.
# The other side notices only when it sends something; without pings Ray would wait for an answer for seven minutes.
# The head refuses pings that come more often than its own setting says, so both sides need the same one.
NETWORK = {"RAY_grpc_client_keepalive_time_ms": "10000", "RAY_grpc_client_keepalive_timeout_ms": "10000"}
# Ray ends a driver's process if the head is silent for a minute, or if the raylet with this pid is dead. Pid 1 always
# lives, and the engine notices both losses sooner and raises. Before it leaves a lost cluster, Ray would send its
# metrics and task events: metrics are off, and task events get one second.
DRIVER = {
    "RAY_gcs_rpc_server_reconnect_timeout_s": "1000000",
    "RAY_RAYLET_PID": "1",
    "RAY_task_events_shutdown_flush_timeout_ms": "1000",
    "RAY_enable_metrics_collection": "0",
}
# Ray and glowray read these. Values that the user has set for another cluster must not leak into this one.
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
# Every process of a node has this variable, so that `down` finds a job whose parents have ended.
NODE_MARK = "GLOWRAY_NODE"
LOOPBACK_SWITCH = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
# A node's worker processes import this module when they start, so that the first task does not wait for it.
PRELOAD = {"RAY_preload_python_modules": "glowray.engine.ray.preload"}


def client_environment(token: Path | str, loopback: bool, tls: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of a client of a cluster. `token` is the token's file, or the token if there is no file.

    Ray replaces 127.0.0.1 by another address of the machine, so that clusters can grow. LOOPBACK_SWITCH prevents this:
    otherwise a client would look for a loopback head on the outside interface.
    """
    named = {"RAY_AUTH_TOKEN_PATH": str(token)} if isinstance(token, Path) else {"RAY_AUTH_TOKEN": token}
    here = {LOOPBACK_SWITCH: "0"} if loopback else {}
    return {"RAY_AUTH_MODE": "token"} | named | here | NETWORK | dict(tls or {})


def driver_environment(client: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a driver: `client`, the environment of a client of its cluster, and DRIVER."""
    return dict(client) | DRIVER


def node_environment(
    name: str, token_file: Path, loopback: bool, tls: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the whole environment of the processes of the node `name`. It contains the token's file, not the token."""
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return (
        inherited
        | client_environment(token_file, loopback, tls)
        | {
            **PRELOAD,
            NODE_MARK: name,
            # `python` in a job's command is this interpreter, even if its virtual environment is not activated.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent outside
            # Prometheus ports answer without a token, so they stay closed. The dashboard has no switch for its port;
            # it cannot open port -1, logs that and goes on.
            "RAY_enable_metrics_collection": "0",
            "DASHBOARD_METRIC_PORT": "-1",
            # Starting takes longer on a busy machine. launch() has the time limit, not Ray.
            "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "600",
            "RAY_gcs_server_port_wait_time_s": "600",
        }
    )


@contextlib.contextmanager
def applied(settings: Mapping[str, str]) -> Iterator[None]:
    """Set Ray's variables in this process within a block."""
    before = apply(settings)
    try:
        yield
    finally:
        restore(before)


def apply(settings: Mapping[str, str]) -> dict[str, str | None]:
    """Set Ray's variables in this process; return the earlier values, for `restore`."""
    before = {name: os.environ.get(name) for name in OURS}
    restore({name: settings.get(name) for name in OURS})
    return before


def restore(before: Mapping[str, str | None]) -> None:
    """Set or unset variables. If Ray is imported, make it read them again."""
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
