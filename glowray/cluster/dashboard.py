"""The address of a cluster's dashboard. Jobs are sent through the dashboard too."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from glowray.cluster.access import CALL_SECONDS
from glowray.cluster.ports import is_loopback
from glowray.errors import ClusterError

KEY = b"glowray:dashboard"
RAYS_KEY = b"webui:url"
RAYS_NAMESPACE = b"dashboard"


def publish_dashboard(gcs: Any, url: str) -> None:
    """Tell the cluster the URL at which other machines reach its dashboard, where Ray's own is another one."""
    gcs.internal_kv_put(KEY, url.encode(), True, None)


def dashboard_of(gcs: Any) -> str:
    """Return the URL of the dashboard from an authenticated GCS client; empty when the cluster has none."""
    published = gcs.internal_kv_get(KEY, None, timeout=CALL_SECONDS)
    if published:
        return str(published.decode())
    rays_own = (gcs.internal_kv_get(RAYS_KEY, RAYS_NAMESPACE, timeout=CALL_SECONDS) or b"").decode()
    return rays_own and f"http://{rays_own}"


def check_dashboard(url: str, uses_tls: bool) -> None:
    """Raise ClusterError when there is no dashboard, or one that would get a TLS cluster's token unencrypted."""
    if not url:
        raise ClusterError("the cluster has no dashboard, through which jobs go too; start its head with: glowray up")
    parts = urlsplit(url)
    if uses_tls and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ClusterError(
            f"the cluster speaks TLS, but its dashboard at {url} would get the token and jobs unencrypted; start the "
            "head with `glowray up --tls`, which puts TLS before the dashboard"
        )
