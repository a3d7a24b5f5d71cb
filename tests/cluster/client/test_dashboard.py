"""Test that the dashboard's address is found, or refused."""

from __future__ import annotations

import pytest

from glowray.cluster.client.dashboard import check_dashboard, dashboard_of, publish_dashboard
from glowray.errors import ClusterError


class Register:
    """A stand-in for the GCS's store of settings."""

    def __init__(self, **of_the_dashboard: bytes) -> None:
        self.kept = {(name.encode(), b"dashboard"): value for name, value in of_the_dashboard.items()}

    def internal_kv_put(self, key: bytes, value: bytes, overwrite: bool, namespace: bytes | None) -> None:
        self.kept[key, namespace or b""] = value

    def internal_kv_get(self, key: bytes, namespace: bytes | None, timeout: float) -> bytes | None:
        return self.kept.get((key, namespace or b""))


def test_the_published_url_comes_before_rays_own() -> None:
    register = Register()
    assert dashboard_of(register) == ""
    register = Register(**{"webui:url": b"127.0.0.1:8265"})
    assert dashboard_of(register) == "http://127.0.0.1:8265"
    publish_dashboard(register, "https://192.0.2.1:8265")
    assert dashboard_of(register) == "https://192.0.2.1:8265"
    publish_dashboard(register, "")
    assert dashboard_of(register) == ""


@pytest.mark.parametrize("url", ["http://192.0.2.1:8265", "http://[2001:db8::1]:8265", "http://head:8265"])
def test_a_dashboard_that_would_get_the_token_in_the_clear_is_refused(url: str) -> None:
    check_dashboard(url, uses_tls=False)
    with pytest.raises(ClusterError, match="would get the token and jobs unencrypted"):
        check_dashboard(url, uses_tls=True)


@pytest.mark.parametrize("url", ["https://192.0.2.1:8265", "http://127.0.0.1:8265", "http://[::1]:8265"])
def test_an_encrypted_one_and_one_on_this_machine_are_taken(url: str) -> None:
    check_dashboard(url, uses_tls=True)


def test_there_may_be_none() -> None:
    with pytest.raises(ClusterError, match="has no dashboard"):
        check_dashboard("", uses_tls=False)
