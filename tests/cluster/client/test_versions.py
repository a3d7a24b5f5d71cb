"""Test that a machine or a driver works only with a head of the same Python, Ray and glowray."""

from __future__ import annotations

import dataclasses
import json
from contextlib import nullcontext

import pytest

from glowray.cluster.client import connect
from glowray.cluster.client.access import Access
from glowray.cluster.client.versions import Versions, check, publish, versions_here, versions_of
from glowray.errors import ClusterError

HEAD = Versions("3.11.7", "2.60.0", "0.1.0")
ADDRESS = "192.0.2.1:6379"


@pytest.mark.parametrize("same", [HEAD, dataclasses.replace(HEAD, python="3.11.0")])
def test_the_same_versions_agree(same: Versions) -> None:
    check(HEAD, same, ADDRESS)


@pytest.mark.parametrize(
    ("field", "version", "said"),
    [
        ("python", "3.12.1", "Python 3.11 there, 3.12 here"),
        ("ray", "2.59.1", "Ray 2.60.0 there, 2.59.1 here"),
        ("glowray", "0.2.0", "glowray 0.1.0 there, 0.2.0 here"),
    ],
)
def test_a_difference_is_named_with_both_sides(field: str, version: str, said: str) -> None:
    with pytest.raises(ClusterError, match=f"the head at {ADDRESS} and this machine differ: {said}; install"):
        check(HEAD, dataclasses.replace(HEAD, **{field: version}), ADDRESS)


def test_a_head_that_ray_start_made_has_no_glowray_to_compare() -> None:
    check(dataclasses.replace(HEAD, glowray=None), HEAD, ADDRESS)


class Register(dict[bytes, bytes]):
    """A stand-in for the part of the GCS that answers about versions."""

    def internal_kv_put(self, key: bytes, value: bytes, overwrite: bool, namespace: bytes | None) -> None:
        self[key] = value

    def internal_kv_get(self, key: bytes, namespace: bytes | None, timeout: float) -> bytes | None:
        return self.get(key)


def test_what_a_head_publishes_is_what_it_has() -> None:
    here = versions_here()
    metadata = {"ray_version": here.ray, "python_version": here.python}
    register = Register({b"CLUSTER_METADATA": json.dumps(metadata).encode()})
    assert versions_of(register) == dataclasses.replace(here, glowray=None)
    publish(register)
    assert versions_of(register) == here


def test_a_driver_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = {"ray_version": "0.9", "python_version": versions_here().python}
    register = Register({b"CLUSTER_METADATA": json.dumps(metadata).encode()})
    monkeypatch.setattr(connect, "authenticated_gcs", lambda access: nullcontext(register))
    with pytest.raises(ClusterError, match=f"the head at {ADDRESS} and this machine differ: Ray 0.9 there"):
        connect._find_node_here(Access(ADDRESS, "token", {}))
