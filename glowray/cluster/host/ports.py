"""Addresses and ports: parse a user's text, find free ports, test which ports answer."""

from __future__ import annotations

import enum
import ipaddress
import socket

from glowray.errors import ClusterError

DEFAULT_PORT = 6379
DEFAULT_DASHBOARD_PORT = 8265
LOOPBACK = ("127.0.0.1", "::1")
REACH_SECONDS = 5.0


class Reach(enum.Enum):
    """The result of an attempt to connect. `REFUSED`: the machine answers, but nothing listens on the port."""

    ANSWERED = "answered"
    REFUSED = "refused"
    SILENT = "silent"


def parse_address(text: str) -> tuple[str, int]:
    """Return HOST:PORT as an IP address and a port.

    >>> parse_address("localhost:6379")
    ('127.0.0.1', 6379)

    Raises ClusterError if the text is not HOST:PORT or the host is unknown.
    """
    host, separator, port = text.strip().rpartition(":")
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if not separator or not host or "/" in host or not is_port:
        raise ClusterError(f"{text!r} is no address: write HOST:PORT, such as 192.0.2.10:{DEFAULT_PORT}")
    return resolve(host.strip("[]")), int(port)


def join_address(host: str, port: int) -> str:
    """Return an IP address and a port as HOST:PORT, with brackets around IPv6.

    >>> join_address("::1", 6379)
    '[::1]:6379'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def resolve(host: str) -> str:
    """Return the IP address of a host name, IPv4 first, as Ray does.

    Raises ClusterError if the host is unknown.
    """
    if host == "localhost":
        return LOOPBACK[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ClusterError(f"the host {host!r} is not known here; give its IP address") from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(found[0][4][0])


def is_loopback(host: str) -> bool:
    """Return whether Ray keeps every port of a node with this address on the loopback interface."""
    return host in LOOPBACK


def own_address(host: str) -> str:
    """Return `host` as an IP address of this machine that other processes can connect to.

    Raises ClusterError if it is no address of this machine, or one such as 0.0.0.0.
    """
    address = ipaddress.ip_address(resolve(host))
    if address.is_unspecified or (address.is_loopback and not is_loopback(str(address))):
        raise ClusterError(f"{host} cannot be given to the workers as an address; name one that they can reach")
    try:
        _bind(str(address), 0)
    except OSError as error:
        raise ClusterError(f"{host} is not an address of this machine ({error.strerror})") from error
    return str(address)


def address_towards(host: str) -> str:
    """Return this machine's address on the route to `host`. Sends nothing.

    Raises ClusterError if there is no route.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError as error:
            raise ClusterError(f"this machine has no route to {host}: {error.strerror}") from error
        return str(probe.getsockname()[0])


def check_free(host: str, port: int, what: str, option: str) -> None:
    """Raise ClusterError, naming `option`, if something already listens on `port`. Port 0 is always free."""
    try:
        _bind(host, port)
    except OSError as error:
        raise ClusterError(
            f"{what} cannot listen on {join_address(host, port)}: {error.strerror}; choose another {option}, or 0"
        ) from error


def reach(address: str, seconds: float) -> Reach:
    """Connect to HOST:PORT, with an IP address as host, for at most `seconds`; return the result."""
    try:
        socket.create_connection(parse_address(address), timeout=seconds).close()
    except ConnectionRefusedError:
        return Reach.REFUSED
    except OSError:
        return Reach.SILENT
    return Reach.ANSWERED


def check_reachable(host: str, port: int) -> None:
    """Raise ClusterError if nothing accepts connections there. Ray itself would wait for 40 seconds."""
    try:
        socket.create_connection((host, port), timeout=REACH_SECONDS).close()
    except OSError as error:
        reason = error.strerror or "no answer"
        raise ClusterError(
            f"no cluster answers at {join_address(host, port)} ({reason}); is `glowray up` running there?"
        ) from error


def _bind(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
