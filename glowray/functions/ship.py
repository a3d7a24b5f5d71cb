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


def dumps_up_to(largest: int, obj: object) -> bytes | None:
    """The same, or None for what has more bytes: a large group is not copied to learn that.

    >>> dumps_up_to(10, "a long text"), loads(dumps_up_to(100, "a text"))
    (None, 'a text')
    """
    data, beside = pickling.dumps_beside(obj)
    if len(data) + sum(each.nbytes for each in beside) > largest:
        return None
    return pickling.dumps(obj) if beside else data


def loads(data: bytes | bytearray | memoryview) -> Any:
    """Unpickles what `dumps` wrote in this job; never given bytes from anywhere else."""
    return pickling.loads(data)
