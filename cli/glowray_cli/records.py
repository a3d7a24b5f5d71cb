"""The output of commands with --json: dicts of the same facts, in the shapes of docs/command-line.md."""

from __future__ import annotations

import json
from typing import Any

from glowray.cluster import ClusterStatus, NodeRecord, NodeStatus
from glowray_cli.views import native_name, role_of, state_of

RESOURCES = {"cpus": "CPU", "memory": "memory", "object_store": "object_store_memory"}
"""The name of each resource in records, and Ray's name for it. Memory is in bytes."""


def write_json(record: dict[str, Any]) -> None:
    """Print a record as one JSON object, indented, with its text in ASCII."""
    print(json.dumps(record, indent=2))


def status_record(here: list[NodeRecord], cluster: ClusterStatus | None) -> dict[str, Any]:
    """Return the facts that `status` shows: this machine's nodes, and the cluster, or None if it does not answer."""
    return {
        "native": native_name(),
        "here": [_node_here(record) for record in here],
        "cluster": None if cluster is None else cluster_record(cluster),
    }


def _node_here(record: NodeRecord) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "address": record.address or None,
        "is_alive": record.is_alive,
        "state": state_of(record),
        "dashboard": record.dashboard or None,
        "token_file": record.token_file,
        "log": record.log,
    }


def cluster_record(cluster: ClusterStatus) -> dict[str, Any]:
    """Return a cluster's versions and nodes."""
    versions = cluster.versions
    return {
        "address": cluster.address,
        "dashboard": cluster.dashboard or None,
        "versions": {"python": versions.python, "ray": versions.ray, "glowray": versions.glowray or None},
        "nodes": [_node(node) for node in cluster.nodes],
    }


def _node(node: NodeStatus) -> dict[str, Any]:
    resources = {
        name: {"free": node.free.get(of_ray, 0), "total": node.total.get(of_ray, 0)}
        for name, of_ray in RESOURCES.items()
    }
    return {
        "address": node.address,
        "host": node.name,
        "role": role_of(node),
        "is_alive": node.is_alive,
        **resources,
        "labels": node.labels,
    }
