"""A cache for what planning finds out about objects: each question about an object is answered once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_found: ContextVar[dict[Hashable, tuple[object, object]] | None] = ContextVar("_found", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep the answers of `remembered` until the block ends. No user code runs in the block that could change them."""
    if _found.get() is not None:
        yield
        return
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def remembered(about: object, *question: Hashable, find: Callable[[], T]) -> T:
    """Return `find()`. Within `remembering()`, return the first answer to this question about this object.

    >>> with remembering():
    ...     remembered(len, "name", find=lambda: "first"), remembered(len, "name", find=lambda: "second")
    ('first', 'first')
    >>> remembered(len, "name", find=lambda: "third")
    'third'
    """
    found = _found.get()
    if found is None:
        return find()
    key = (id(about), *question)
    if key not in found:
        found[key] = about, find()  # the object is kept alive, so no other object gets its id
    answer: T = found[key][1]  # type: ignore[assignment]
    return answer
