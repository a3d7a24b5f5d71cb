"""`glowray status`: the nodes of a cluster and what they offer, from its authenticated GCS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glowray.cluster.access import CALL_SECONDS, Access, authenticated_gcs, find_access
from glowray.cluster.dashboard import dashboard_of
from glowray.cluster.versions import Versions, versions_of


@dataclass(frozen=True)
class NodeStatus:
    """One node; amounts are those of now: CPUs, bytes of memory and of the object store."""

    address: str
    name: str
    is_head: bool
    is_alive: bool
    total: Mapping[str, float]
    free: Mapping[str, float]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class ClusterStatus:
    """A cluster as its head sees it."""

    address: str
    dashboard: str
    versions: Versions
    nodes: tuple[NodeStatus, ...]


def status(address: str | None = None, token_file: Path | None = None, use_tls: bool = False) -> ClusterStatus:
    """Ask the head of a cluster for its nodes; without an address, that of a cluster that runs here.

    Raises ClusterError when there is no cluster, or it does not answer or refuses the token.
    """
    return status_of(find_access(address, token_file, use_tls))


def status_of(access: Access) -> ClusterStatus:
    """As `status`, with the access at hand."""
    with authenticated_gcs(access) as gcs:
        from ray.core.generated.autoscaler_pb2 import GetClusterResourceStateReply
        from ray.core.generated.gcs_pb2 import GcsNodeInfo

        reply = GetClusterResourceStateReply.FromString(gcs.get_cluster_resource_state(timeout_s=CALL_SECONDS))
        free = {state.node_id: dict(state.available_resources) for state in reply.cluster_resource_state.node_states}
        nodes = [
            NodeStatus(
                info.node_manager_address,
                info.node_manager_hostname,
                info.is_head_node,
                info.state == GcsNodeInfo.GcsNodeState.ALIVE,
                dict(info.resources_total),
                free.get(info.node_id, {}),
                {name: value for name, value in info.labels.items() if not name.startswith("ray.io/")},
            )
            for info in gcs.get_all_node_info(timeout=CALL_SECONDS).values()
        ]
        dashboard = dashboard_of(gcs)
        found = versions_of(gcs)
    nodes.sort(key=lambda node: (not node.is_head, not node.is_alive, node.address))
    return ClusterStatus(access.address, dashboard, found, tuple(nodes))
