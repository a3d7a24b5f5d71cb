"""How a client reaches a cluster: its address, its token, its certificates."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glowray.cluster.host.environment import applied, client_environment, driver_environment
from glowray.cluster.host.ports import check_reachable, is_loopback, join_address, parse_address
from glowray.cluster.host.record import NodeRecord, head_here, node_here, records
from glowray.cluster.security import tls
from glowray.cluster.security.enrolment import client_settings
from glowray.cluster.security.token import find_token, read_token
from glowray.errors import ClusterError

CALL_SECONDS = 20.0  # how long a head may take to answer; Ray itself would wait for ever
ADDRESS_VARIABLES = ("GLOWRAY_ADDRESS", "RAY_ADDRESS")
NO_CLUSTER = "no cluster is named, and none was started here; run `glowray up`, or give an address or GLOWRAY_ADDRESS"


@dataclass(frozen=True)
class Access:
    """All a client needs: the head's HOST:PORT, the token or its file, and Ray's TLS settings (empty: no TLS)."""

    address: str
    token: Path | str
    tls: dict[str, str]

    def environment(self) -> dict[str, str]:
        """Return the variables that make Ray, in this process or a child of it, a client of this cluster."""
        return driver_environment(client_environment(self.token, is_loopback(self.host), self.tls))

    @property
    def host(self) -> str:
        """Return the head's IP address."""
        return parse_address(self.address)[0]

    @property
    def secret(self) -> str:
        """Return the token itself, for an HTTP header. It must never reach a log or a command line."""
        return read_token(self.token) if isinstance(self.token, Path) else self.token

    def check(self) -> None:
        """Raise ClusterError if no head answers, or if it speaks TLS while these settings do not, or the reverse."""
        host, port = parse_address(self.address)
        check_reachable(host, port)
        tls.check_spoken(host, port, self.tls)


def named_address(address: str | None = None) -> str | None:
    """Return the HOST:PORT of the cluster to use, or None if there is none.

    The first of these counts: `address`, GLOWRAY_ADDRESS, RAY_ADDRESS, a node that runs on this machine.

    Raises ClusterError if the address is not HOST:PORT.
    """
    given = address or next((os.environ[name] for name in ADDRESS_VARIABLES if os.environ.get(name)), None)
    if given in (None, "auto"):
        here = head_here() or next((record for record in records() if record.is_ready), None)
        return here.address if here else None
    assert given is not None
    if "://" in given:
        raise ClusterError(f"{given} is no address of a head; write HOST:PORT, the port that `glowray up` printed")
    return join_address(*parse_address(given))


def find_access(address: str | None = None, token_file: Path | None = None, use_tls: bool = False) -> Access:
    """Return the address, the token and, with `use_tls`, the certificates of the cluster to use.

    This connects to the head only to get certificates that are not on this machine yet.

    Raises ClusterError if no cluster is named, no token is found, or the head gives no certificate for it.
    """
    where = named_address(address)
    if where is None:
        raise ClusterError(NO_CLUSTER)
    node = node_here(where)
    token = find_token(where, token_file, Path(node.token_file) if node else None)
    return Access(where, token, _certificates(where, token, node, use_tls))


def _certificates(where: str, token: Path | str, node: NodeRecord | None, use_tls: bool) -> dict[str, str]:
    if node is not None and node.tls:
        return tls.settings(node.certificates)
    if not use_tls:
        # Inside a job of the cluster, the node's own settings are inherited.
        return tls.inherited()
    return client_settings(where, read_token(token) if isinstance(token, Path) else token)


@contextlib.contextmanager
def authenticated_gcs(access: Access) -> Iterator[Any]:
    """Yield a client of the cluster's GCS, in which Ray registers nodes and settings.

    Raises ClusterError if the cluster does not answer or refuses the token.
    """
    access.check()
    with applied(access.environment()), _quiet():
        from ray._raylet import GcsClient  # type: ignore[attr-defined]  # missing from its stub
        from ray.exceptions import AuthenticationError, RpcError

        try:
            yield GcsClient(address=access.address)
        except AuthenticationError as error:
            raise refused(access.address) from error
        except RpcError as error:
            raise ClusterError(f"the cluster at {access.address} does not answer: {_first_line(error)}") from error


def refused(address: str) -> ClusterError:
    """Return the error for a token that the cluster refuses."""
    return ClusterError(f"the cluster at {address} refused the token; give its own with --token-file")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Discard what Ray's C++ code writes to stderr within this block; it raises its errors as well."""
    with tempfile.TemporaryFile() as sink:
        saved = os.dup(2)
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
