"""`glowray join`: this machine as a worker of a head elsewhere."""

from __future__ import annotations

from glowray.cluster import versions
from glowray.cluster.access import Access, authenticated_gcs
from glowray.cluster.enrolment import client_settings
from glowray.cluster.launch import Resources, launch
from glowray.cluster.ports import address_towards, is_loopback, join_address, own_address, parse_address
from glowray.cluster.record import NodeRecord
from glowray.cluster.token import checked, keep_token


def join(
    address: str,
    token: str,
    *,
    host: str | None = None,
    resources: Resources | None = None,
    tls: bool = False,
    foreground: bool = False,
) -> NodeRecord:
    """Start a worker for the head at `address` (HOST:PORT); return its record.

    The token is kept here in a file of mode 0600. `host` is the address at which the other nodes reach this machine;
    None takes the one on the way to the head. With `foreground` the worker ends with this process.

    Raises ClusterError when the head does not answer, refuses the token, or has another Python, Ray or glowray.
    """
    head_host, port = parse_address(address)
    where = join_address(head_host, port)
    own = own_address(host) if host else head_host if is_loopback(head_host) else address_towards(head_host)
    secret = checked(token)
    _check(Access(where, secret, client_settings(where, secret) if tls else {}))
    return launch(
        "worker",
        own,
        keep_token(where, token),
        resources or Resources(),
        address=where,
        use_tls=tls,
        foreground=foreground,
        gcs_address=where,
    )


def _check(access: Access) -> None:
    with authenticated_gcs(access) as gcs:
        versions.check(versions.versions_of(gcs), versions.versions_here(), access.address)
