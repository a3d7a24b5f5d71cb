"""The fingerprint of the software that runs tasks: Python, Arrow, NumPy, glowray."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

FORMAT = 1
"""The version of fingerprints and of saved files. A change of either counts it up."""


@cache
def environment() -> str:
    """Return a text that differs if two processes may compute different rows from the same plan."""
    libraries = [f"{name}=={version(name)}" for name in ("pyarrow", "numpy", "cloudpickle")]
    return " ".join([str(FORMAT), sys.version, sys.byteorder, *libraries, _sources()])


def _sources() -> str:
    """Return a digest of glowray's own files: its version does not tell them while it is developed."""
    folder = Path(__file__).parents[2]
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".so", ".c"):
            found.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
