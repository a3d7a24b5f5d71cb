"""Test which nodes accept connections. All are tried at once."""

from __future__ import annotations

import socket

from glowray.engine.ray.nodes.ray_node import RayNode, find_unreachable


def node(name: str, port: int) -> RayNode:
    """Return a node at a port of this machine."""
    return RayNode(name, "127.0.0.1", port, "here", {}, {})


def test_a_node_is_reached_if_its_port_accepts_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as open_one, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound but not listening: the kernel refuses connections
        nodes = [node("open", open_one.getsockname()[1]), node("closed", bound.getsockname()[1])]
        assert find_unreachable(nodes, 60.0) == {"closed"}
        assert find_unreachable(nodes[:1] * 3, 60.0) == set()


def test_a_node_that_is_not_heard_of_in_time_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert find_unreachable([node("late", server.getsockname()[1])], 0.0) == {"late"}


def test_no_nodes() -> None:
    assert find_unreachable([], 60.0) == set()
