"""Test addresses as users write them, and ports that are taken."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.cluster.host.ports import (
    address_towards,
    check_free,
    check_reachable,
    is_loopback,
    join_address,
    own_address,
    parse_address,
    resolve,
)
from glowray.errors import ClusterError


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_comes_back_as_it_was_written(host: object, port: int) -> None:
    assert parse_address(join_address(str(host), port)) == (str(host), port)


@pytest.mark.parametrize(
    "text", ["", "host", "host:", ":6379", "host:0", "host:65536", "host:-1", "host:6379x", "host:٣"]
)
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(ClusterError, match="is no address: write HOST:PORT"):
        parse_address(text)


def test_localhost_is_the_loopback_address() -> None:
    assert parse_address("localhost:1") == ("127.0.0.1", 1)
    assert is_loopback(resolve("localhost")) and is_loopback("::1") and not is_loopback("192.0.2.1")


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(ClusterError, match="'no such host' is not known here"):
        resolve("no such host")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "127.0.0.2"])
def test_a_head_needs_an_address_that_others_can_be_told(host: str) -> None:
    with pytest.raises(ClusterError, match="cannot be given to the workers as an address"):
        own_address(host)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ClusterError, match=r"192\.0\.2\.200 is not an address of this machine"):
        own_address("192.0.2.200")
    assert own_address("localhost") == "127.0.0.1"


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ClusterError, match=f"the head cannot listen on 127.0.0.1:{port}: .*another --port, or 0"):
            check_free("127.0.0.1", port, "the head", "--port")
        check_reachable("127.0.0.1", port)
    check_free("127.0.0.1", 0, "the head", "--port")


def test_a_port_at_which_nobody_listens_is_named() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # no other process can take the port meanwhile
        port = bound.getsockname()[1]
        with pytest.raises(ClusterError, match=f"no cluster answers at 127.0.0.1:{port}"):
            check_reachable("127.0.0.1", port)


def test_the_way_to_this_machine_is_loopback() -> None:
    assert address_towards("127.0.0.1") == "127.0.0.1"
