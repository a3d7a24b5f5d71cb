"""`glowray join`: start a worker on this machine for a head elsewhere."""

from __future__ import annotations

from glowray.cluster.client import versions
from glowray.cluster.client.access import CALL_SECONDS, Access, authenticated_gcs
from glowray.cluster.host.home import alone
from glowray.cluster.host.ports import (
    Reach,
    address_towards,
    is_loopback,
    join_address,
    own_address,
    parse_address,
    reach,
)
from glowray.cluster.host.record import NodeRecord, records
from glowray.cluster.nodes.launch import NodeResources, launch
from glowray.cluster.nodes.stop import stop
from glowray.cluster.security.enrolment import client_settings
from glowray.cluster.security.token import checked, keep_token
from glowray.errors import ClusterError

REJOIN_SECONDS = 600.0
"""How many seconds a worker that has lost its head tries to come back."""


def join(
    address: str,
    token: str,
    *,
    host: str | None = None,
    resources: NodeResources | None = None,
    tls: bool = False,
    foreground: bool = False,
    rejoin_seconds: float = REJOIN_SECONDS,
) -> NodeRecord:
    """Start a worker for the head at `address` (HOST:PORT); return its record.

    The token is kept here in a file of mode 0600. `host` is the address at which other nodes reach this machine; None:
    the address on the route to the head. With `foreground` the worker ends with this process. A worker that loses its
    head tries for `rejoin_seconds` to come back to it, and then ends.

    Raises ClusterError if the head does not answer, refuses the token, or has another Python, Ray or glowray. Also if
    this machine is already its worker.
    """
    head_host, port = parse_address(address)
    where = join_address(head_host, port)
    own = own_address(host) if host else head_host if is_loopback(head_host) else address_towards(head_host)
    secret = checked(token)
    with alone("join"):
        _check_started_here(where)
        _check_cluster(Access(where, secret, client_settings(where, secret) if tls else {}), own)
        return launch(
            "worker",
            own,
            keep_token(where, token),
            resources or NodeResources(),
            address=where,
            use_tls=tls,
            foreground=foreground,
            rejoin_seconds=rejoin_seconds,
            gcs_address=where,
        )


def _check_started_here(where: str) -> None:
    """Raise ClusterError if a living worker of the head at `where` was started here; remove a dead one's record."""
    for record in records():
        if record.kind == "worker" and record.address == where:
            if record.is_alive:
                raise _joined(where)
            stop(record)


def _check_cluster(access: Access, own: str) -> None:
    """Raise ClusterError if the head has other versions, or a living worker with the IP address `own`."""
    with authenticated_gcs(access) as gcs:
        from ray.core.generated.gcs_pb2 import GcsNodeInfo

        versions.check(versions.versions_of(gcs), versions.versions_here(), access.address)
        nodes = gcs.get_all_node_info(timeout=CALL_SECONDS, state_filter=GcsNodeInfo.GcsNodeState.ALIVE).values()
    for node in nodes:
        place = join_address(own, node.node_manager_port)
        # The head notices a killed worker only after a while. Its port tells whether it lives.
        if node.node_manager_address == own and not node.is_head_node and reach(place, CALL_SECONDS) is Reach.ANSWERED:
            raise _joined(access.address)


def _joined(where: str) -> ClusterError:
    return ClusterError(f"this machine works for the head at {where} already; end that worker with: glowray down")
