"""`glowray status`: the nodes of a cluster and their resources, from its authenticated GCS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glowray.cluster.client.access import CALL_SECONDS, Access, authenticated_gcs, find_access
from glowray.cluster.client.dashboard import dashboard_of
from glowray.cluster.client.versions import Versions, versions_of


@dataclass(frozen=True)
class NodeStatus:
    """One node and its resources now, total and free: CPUs, bytes of memory, bytes of the object store."""

    address: str
    name: str
    is_head: bool
    is_alive: bool
    total: Mapping[str, float]
    free: Mapping[str, float]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class ClusterStatus:
    """A cluster as its head describes it."""

    address: str
    dashboard: str
    versions: Versions
    nodes: tuple[NodeStatus, ...]


def status(address: str | None = None, token_file: Path | None = None, use_tls: bool = False) -> ClusterStatus:
    """Return the nodes and versions of a cluster. None as address: see `named_address`.

    Raises ClusterError if there is no cluster, or it does not answer or refuses the token.
    """
    return status_of(find_access(address, token_file, use_tls))


def status_of(access: Access) -> ClusterStatus:
    """Return the nodes and versions of the cluster that `access` reaches."""
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
