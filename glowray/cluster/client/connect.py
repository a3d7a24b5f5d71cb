"""`gr.connect` and `gr.disconnect`: make this process a driver of a cluster."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glowray.boundary import user_facing
from glowray.cluster.client import versions
from glowray.cluster.client.access import CALL_SECONDS, Access, authenticated_gcs, find_access, refused
from glowray.cluster.host.environment import apply, restore
from glowray.cluster.host.ports import join_address, parse_address
from glowray.cluster.host.program import program_name
from glowray.cluster.host.ray_log import leave_widgets_out
from glowray.cluster.host.signals import keep_interrupt_status, sigterm_kept
from glowray.errors import ClusterError


@dataclass(frozen=True)
class Connection:
    """The cluster of this process. `is_own`: `connect` initialised Ray, so `disconnect` shuts it down."""

    address: str
    is_own: bool
    before: dict[str, str | None]
    access: Access | None = None


_current: Connection | None = None
_lost: Connection | None = None


@user_facing
def connect(address: str | None = None, *, token_file: str | Path | None = None, **ray_init: Any) -> Connection:
    """Connect this process to a cluster; its jobs run there from now on.

    Args:
        address: the head's HOST:PORT. None: GLOWRAY_ADDRESS, else RAY_ADDRESS, else a cluster started on this machine.
        token_file: the path of the file with the cluster's token; None: see `glowray.cluster.find_token`.
        ray_init: other arguments for ray.init(). If Ray is initialised already, it is used as it is.

    Raises:
        ClusterError: there is no cluster there. There is no token, or the cluster refuses it. None of its nodes runs on
            this machine. Its Python, Ray or glowray has another version. Ray is initialised for another cluster.
    """
    global _current, _lost
    keep_interrupt_status()
    leave_widgets_out()
    import ray

    if ray.is_initialized():
        _current, _lost = _adopt(address), None
        return _current
    _leave()  # clears a connection whose Ray somebody else has shut down
    return _open(find_access(address, Path(token_file).expanduser() if token_file else None), ray_init)


def reconnect() -> Connection | None:
    """Connect again to the cluster that `leave_lost` left; return None if there is none.

    Raises what `connect` raises.
    """
    return None if _lost is None or _lost.access is None else _open(_lost.access, {})


def _open(access: Access, ray_init: Mapping[str, Any]) -> Connection:
    global _current, _lost
    import ray

    node = _find_node_here(access)
    before = apply(access.environment())
    try:
        # Ray would take any node whose raylet process it sees, even that of another host in a shared pid namespace.
        named = {"_node_ip_address": node.node_manager_address, "_temp_dir": node.temp_dir, "job_config": job_config()}
        with sigterm_kept():
            ray.init(address=access.address, **({"logging_level": logging.WARNING} | named | dict(ray_init)))
    except BaseException as error:
        restore(before)
        if isinstance(error, ray.exceptions.AuthenticationError):
            raise refused(access.address) from error
        raise
    _current, _lost = Connection(access.address, True, before, access), None
    return _current


def job_config() -> Any:
    """Return the settings of a Ray job with the program's name, which the dashboard shows."""
    from ray.job_config import JobConfig

    return JobConfig(metadata={"job_name": program_name()})


@user_facing
def disconnect() -> None:
    """Leave the cluster, which runs on. A Ray that `connect` did not initialise stays initialised."""
    global _lost
    _leave()
    _lost = None


def leave_lost() -> None:
    """Leave a cluster that was lost. Later jobs still ask for it, until `connect` or `disconnect` is called."""
    global _lost
    lost = _current if _current is not None and _current.is_own else None
    _leave()
    _lost = lost


def lost_connection() -> Connection | None:
    """Return the connection that `leave_lost` ended, or None."""
    return _lost


def connection() -> Connection | None:
    """Return the connection that `connect` made, or None after `disconnect`."""
    return _current


def _leave() -> None:
    global _current
    if _current is not None and _current.is_own:
        import ray

        ray.shutdown()
        restore(_current.before)
    _current = None


def _adopt(address: str | None) -> Connection:
    import ray

    there = ray.get_runtime_context().gcs_address
    if address is not None and join_address(*parse_address(address)) != there:
        raise ClusterError(f"Ray is connected to {there} already, not to {address}; call ray.shutdown() first")
    return _current if _current is not None and _current.address == there else Connection(there, False, {})


def _find_node_here(access: Access) -> Any:
    """Return Ray's description of a node on this machine, of the head if it runs here.

    A driver and its node share memory. A node can be used if this process sees its address, its socket and its raylet.
    Ray itself would look for one for ten minutes.

    Raises ClusterError if no node of the cluster runs on this machine, or the head has other versions.
    """
    with authenticated_gcs(access) as gcs:
        versions.check(versions.versions_of(gcs), versions.versions_here(), access.address)
        from ray._private.services import find_node_ids
        from ray.core.generated.gcs_pb2 import GcsNodeInfo

        alive = gcs.get_all_node_info(timeout=CALL_SECONDS, state_filter=GcsNodeInfo.GcsNodeState.ALIVE).values()
        seen = find_node_ids()
        here = [
            info
            for info in alive
            if info.node_id.hex() in seen and _is_here(info.node_manager_address) and _answers(info.raylet_socket_name)
        ]
    if not here:
        raise ClusterError(
            f"no node of the cluster at {access.address} runs on this machine; first: glowray join {access.address}, "
            f"or send the script there: glowray run --address {access.address} SCRIPT"
        )
    return max(here, key=lambda info: bool(info.is_head_node))


def _answers(path: str) -> bool:
    """Return whether a process listens on the Unix socket at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def _is_here(address: str) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True
