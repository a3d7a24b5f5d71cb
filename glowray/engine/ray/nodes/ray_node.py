"""The nodes of a Ray cluster as a driver sees them: how errors name them, and whether they can be reached."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SHOWN_ID = 8
"""Hexadecimal digits of a node's id that an error shows."""


@dataclass(frozen=True, slots=True)
class RayNode:
    """A node: its id in hexadecimal, IP address, raylet port, host name, resources and labels."""

    id: str
    address: str
    port: int
    host: str
    resources: Mapping[str, float]
    labels: Mapping[str, str]

    @classmethod
    def from_info(cls, info: Any) -> RayNode:
        """Return the node that Ray's GcsNodeInfo describes."""
        return cls(
            info.node_id.hex(),
            info.node_manager_address,
            info.node_manager_port,
            info.node_manager_hostname,
            dict(info.resources_total),
            dict(info.labels),
        )

    def __str__(self) -> str:
        """Return the node as errors name it.

        >>> str(RayNode("1a2b3c4d5e6f", "192.0.2.7", 1, "tiger", {}, {}))
        '192.0.2.7 (host tiger, node 1a2b3c4d)'
        """
        return f"{self.address} (host {self.host}, node {self.id[:SHOWN_ID]})"


def find_unreachable(nodes: Iterable[RayNode], seconds: float) -> set[str]:
    """Return the ids of the nodes whose raylet accepts no connection within `seconds`. Tries all at the same time."""
    with contextlib.ExitStack() as stack:
        poll = select.poll()
        waiting: dict[int, tuple[socket.socket, str]] = {}
        failed: set[str] = set()
        for node in nodes:
            family = socket.AF_INET6 if ":" in node.address else socket.AF_INET
            probe = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            probe.setblocking(False)
            if probe.connect_ex((node.address, node.port)) in (0, errno.EINPROGRESS):
                poll.register(probe, select.POLLOUT)
                waiting[probe.fileno()] = probe, node.id
            else:
                failed.add(node.id)
        deadline = time.monotonic() + seconds
        while waiting and (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left * 1000):
                poll.unregister(descriptor)
                probe, node_id = waiting.pop(descriptor)
                if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    failed.add(node_id)
    return failed | {node_id for _, node_id in waiting.values()}
