"""What was found out about functions while stages are planned: once for each, however often it is asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_found: ContextVar[dict[Hashable, tuple[object, object]] | None] = ContextVar("_found", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within this block `remembered` finds each thing out once: nothing of the user's runs here and changes it."""
    if _found.get() is not None:
        yield
        return
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def remembered(about: object, *question: Hashable, find: Callable[[], T]) -> T:
    """Return what `find()` gives; within `remembering()` what it gave when the same was asked about this very object.

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
        found[key] = about, find()  # as long as the object is held, nothing else has its id
    answer: T = found[key][1]  # type: ignore[assignment]
    return answer
