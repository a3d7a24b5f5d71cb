"""A worker and its head: whether the head answers, and when the worker may come back to it after it was lost."""

from __future__ import annotations

import time
from pathlib import Path

from glowray.cluster import tls, versions
from glowray.cluster.access import Access, authenticated_gcs
from glowray.cluster.enrolment import renew
from glowray.cluster.ports import Reach, reach
from glowray.cluster.record import NodeRecord
from glowray.cluster.token import read_token
from glowray.errors import ClusterError

LOOK_SECONDS = 5.0
"""How often a worker looks whether its head answers."""

CONNECT_SECONDS = 3.0
"""How long the head may take to accept a connection."""

RECENT_SECONDS = 120.0
"""A worker whose Ray ends so soon after the head was missed has ended because of that."""


class HeadWatch:
    """Looks whether the head of a worker answers; `trouble` is empty, or says that it does not."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.trouble = ""
        self._missed: float | None = None

    def look(self) -> Reach:
        """Connect to the head's port, and take note of what comes of it."""
        found = reach(self.address, CONNECT_SECONDS)
        if found is Reach.ANSWERED:
            self.trouble = ""
        else:
            self.trouble = f"the head at {self.address} does not answer"
            self._missed = time.monotonic()
        return found

    def was_missed(self) -> bool:
        """Return whether the head did not answer a short while ago."""
        return self._missed is not None and time.monotonic() - self._missed < RECENT_SECONDS


def wait_for_head(record: NodeRecord, host: str, seconds: float) -> None:
    """Wait until the head of a worker takes it again: it answers, with the worker's token and the same versions.

    A head that was started anew has another certificate authority: with TLS the worker, which others reach at the IP
    address `host`, gets a new certificate.

    Raises ClusterError, with the last reason, when it does not within `seconds`.
    """
    access = Access(record.address, Path(record.token_file), tls.inherited())
    deadline = time.monotonic() + seconds
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
        time.sleep(LOOK_SECONDS)  # nothing announces it
