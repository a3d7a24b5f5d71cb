"""The URL of a cluster's dashboard. Jobs are submitted through the dashboard too."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from glowray.cluster.client.access import CALL_SECONDS
from glowray.cluster.host.ports import is_loopback
from glowray.errors import ClusterError

KEY = b"glowray:dashboard"
RAYS_KEY = b"webui:url"
RAYS_NAMESPACE = b"dashboard"


def publish_dashboard(gcs: Any, url: str) -> None:
    """Store in the GCS the URL at which other machines reach the dashboard, if it differs from Ray's own.

    "" means that the cluster has no dashboard. Ray's own URL is then one that no process listens on.
    """
    gcs.internal_kv_put(KEY, url.encode(), True, None)


def dashboard_of(gcs: Any) -> str:
    """Return the dashboard's URL from an authenticated GCS client, or "" if the cluster has none."""
    published = gcs.internal_kv_get(KEY, None, timeout=CALL_SECONDS)
    if published is not None:
        return str(published.decode())
    rays_own = (gcs.internal_kv_get(RAYS_KEY, RAYS_NAMESPACE, timeout=CALL_SECONDS) or b"").decode()
    return rays_own and f"http://{rays_own}"


def check_dashboard(url: str, uses_tls: bool) -> None:
    """Raise ClusterError if there is no dashboard, or if it would get a TLS cluster's token unencrypted."""
    if not url:
        raise ClusterError(
            "the cluster has no dashboard, through which jobs go too; start its head without --light, or run the "
            "script on one of its machines with GLOWRAY_ADDRESS set to the head's address"
        )
    parts = urlsplit(url)
    if uses_tls and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ClusterError(
            f"the cluster speaks TLS, but its dashboard at {url} would get the token and jobs unencrypted; start the "
            "head with `glowray up --tls`, which puts TLS before the dashboard"
        )
