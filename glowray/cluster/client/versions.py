"""Checks that a process may work on a cluster: both sides need the same Python, Ray and glowray."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from dataclasses import dataclass
from typing import Any

from glowray.cluster.client.access import CALL_SECONDS
from glowray.errors import ClusterError

KEY = b"glowray:version"
METADATA_KEY = b"CLUSTER_METADATA"
METADATA_NAMESPACE = b"cluster"
SOURCE_TREE = "source tree"


@dataclass(frozen=True)
class Versions:
    """The versions that must agree. `glowray` is None on a head that `ray start` made."""

    python: str
    ray: str
    glowray: str | None


def versions_here() -> Versions:
    """Return the versions of this process."""
    import ray

    return Versions(platform.python_version(), ray.__version__, _glowray())


def publish(gcs: Any) -> None:
    """Store the head's glowray version in the GCS. Ray itself stores its own version and Python's."""
    gcs.internal_kv_put(KEY, _glowray().encode(), True, None)


def versions_of(gcs: Any) -> Versions:
    """Return the head's versions from an authenticated GCS client."""
    metadata = json.loads(gcs.internal_kv_get(METADATA_KEY, METADATA_NAMESPACE, timeout=CALL_SECONDS) or b"{}")
    named = gcs.internal_kv_get(KEY, None, timeout=CALL_SECONDS)
    return Versions(metadata.get("python_version", "?"), metadata.get("ray_version", "?"), named and named.decode())


def check(head: Versions, here: Versions, address: str) -> None:
    """Raise ClusterError, naming both sides, if this machine cannot work for the head at `address`.

    Ray must be the same release. Python must be the same minor release, as pickles and bytecode differ between them. If
    the head has glowray, both must have the same release of it.

    >>> check(Versions("3.11.4", "2.60.0", None), Versions("3.11.9", "2.60.0", "1.0"), "192.0.2.1:6379")
    """
    pairs = [
        ("Python", _minor(head.python), _minor(here.python)),
        ("Ray", head.ray, here.ray),
        ("glowray", head.glowray or here.glowray, here.glowray),
    ]
    different = [f"{name} {there} there, {own} here" for name, there, own in pairs if there != own]
    if different:
        raise ClusterError(f"the head at {address} and this machine differ: {'; '.join(different)}; install the head's")


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _glowray() -> str:
    try:
        return importlib.metadata.version("glowray")
    except importlib.metadata.PackageNotFoundError:  # glowray runs from its sources and is not installed
        return SOURCE_TREE
