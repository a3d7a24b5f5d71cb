"""Short notices of running jobs, which a cluster's GCS keeps: each driver posts one, every client may read all."""

from __future__ import annotations

from collections.abc import Callable

from glowray.cluster.client.access import CALL_SECONDS, Access, authenticated_gcs

NAMESPACE = b"glowray runs"


def post(key: str, text: str | None) -> None:
    """Post a notice under a key, or remove it with None. This process must be connected to the cluster.

    It waits for the head's answer for CALL_SECONDS at most. Raises an error of Ray's if there is none.
    """
    from ray.experimental.internal_kv import internal_kv_get_gcs_client

    gcs = internal_kv_get_gcs_client()
    if text is None:
        gcs.internal_kv_del(key.encode(), False, NAMESPACE, timeout=CALL_SECONDS)
    else:
        gcs.internal_kv_put(key.encode(), text.encode(), True, NAMESPACE, timeout=CALL_SECONDS)


def notices(access: Access, is_stale: Callable[[str], bool]) -> list[str]:
    """Return all notices of a cluster. Remove those for which `is_stale` returns True: their drivers were killed.

    Raises ClusterError if the cluster does not answer or refuses the token.
    """
    found = []
    with authenticated_gcs(access) as gcs:
        for key in gcs.internal_kv_keys(b"", NAMESPACE, timeout=CALL_SECONDS):
            notice = gcs.internal_kv_get(key, NAMESPACE, timeout=CALL_SECONDS)
            if notice is None:  # Its job ended a moment ago.
                continue
            if is_stale(notice.decode()):
                gcs.internal_kv_del(key, False, NAMESPACE, timeout=CALL_SECONDS)
            else:
                found.append(notice.decode())
    return found
