"""The pickling of fragments, functions and failures: that of rows, so that a class has one identity everywhere."""

from __future__ import annotations

from typing import Any

from glowray.rows import pickling


def dumps(obj: object) -> bytes:
    """Pickles anything that can go to a task; raises what the object's own pickling raises.

    >>> loads(dumps(lambda n: n + 1))(1)
    2
    """
    return pickling.dumps(obj)


def loads(data: bytes | bytearray | memoryview) -> Any:
    """Unpickles what `dumps` wrote in this job; never given bytes from anywhere else."""
    return pickling.loads(data)
