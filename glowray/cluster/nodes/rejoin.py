"""How a worker notices that its head is lost, and when it may come back."""

from __future__ import annotations

import time
from pathlib import Path

from glowray.cluster.client import versions
from glowray.cluster.client.access import CALL_SECONDS, Access, authenticated_gcs
from glowray.cluster.host.ports import Reach, reach
from glowray.cluster.host.record import NodeRecord
from glowray.cluster.security import tls
from glowray.cluster.security.enrolment import renew
from glowray.cluster.security.token import read_token
from glowray.errors import ClusterError

LOOK_SECONDS = 5.0
"""Seconds between two checks whether the head answers."""

CONNECT_SECONDS = 3.0
"""How long the head may take to accept a connection."""

RECENT_SECONDS = 120.0
"""If a worker's Ray ends within this time after the head was missed, the lost head is the reason."""


SESSION_KEY, SESSION_NAMESPACE = b"session_name", b"session"


class HeadWatch:
    """Checks whether a worker's head answers. `trouble` is "", or a sentence that says that it does not."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.trouble = ""
        self._missed: float | None = None

    def look(self) -> Reach:
        """Connect to the head's port; return the result and remember a failure."""
        found = reach(self.address, CONNECT_SECONDS)
        if found is Reach.ANSWERED:
            self.trouble = ""
        else:
            self.trouble = f"the head at {self.address} does not answer"
            self._missed = time.monotonic()
        return found

    def was_missed(self) -> bool:
        """Return whether the head failed to answer within the last RECENT_SECONDS."""
        return self._missed is not None and time.monotonic() - self._missed < RECENT_SECONDS


def is_same_head(record: NodeRecord, session: str) -> bool:
    """Return whether the head that answers a worker is still the one of `session`, Ray's name for a cluster's life.

    A head may end and be started again between two checks of its port. A worker's Ray then ends by itself.
    """
    access = Access(record.address, Path(record.token_file), tls.inherited())
    try:
        with authenticated_gcs(access) as gcs:
            found = gcs.internal_kv_get(SESSION_KEY, SESSION_NAMESPACE, timeout=CALL_SECONDS)
    except ClusterError:  # with TLS, a new head does not know this worker's certificate
        return False
    return bool(found == session.encode())


def wait_for_head(record: NodeRecord, host: str, seconds: float, deadline: float) -> None:
    """Wait until a worker's head answers, accepts the worker's token and has the same versions.

    A restarted head has another certificate authority. So with TLS the worker first gets a new certificate for `host`,
    the IP address at which other nodes reach it.

    Raises ClusterError, with the last reason, if that has not happened by `deadline`, a time of time.monotonic(). The
    message says how many `seconds` the worker had in all.
    """
    access = Access(record.address, Path(record.token_file), tls.inherited())
    while True:
        try:
            if record.tls:
                renew(record.certificates, record.address, read_token(Path(record.token_file)), [host])
            with authenticated_gcs(access) as gcs:
                versions.check(versions.versions_of(gcs), versions.versions_here(), access.address)
            return
        except ClusterError as error:
            if time.monotonic() + LOOK_SECONDS > deadline:
                reason = f"the head was lost and did not come back within {seconds:.0f} s: {error}"
                raise ClusterError(reason) from error
        time.sleep(LOOK_SECONDS)  # a head does not announce that it is back
