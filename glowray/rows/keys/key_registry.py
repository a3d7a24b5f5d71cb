"""The registry of the user's classes that may be keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from glowray.boundary import user_facing

ToKey = Callable[[Any], Any]

_TO_KEY: dict[type, ToKey] = {}
_on_change: list[Callable[[], None]] = []


@user_facing
def register_key(cls: type, to_key: ToKey) -> None:
    """Let instances of `cls` and its subclasses be keys. Two of them are one key when their `to_key` results are.

    `to_key(instance)` returns an allowed key, such as a str or a tuple. Keys of a registered class never equal keys of
    another class. Call it before the job starts: the job sends the registry to its tasks.

    >>> class Version:
    ...     def __init__(self, text): self.parts = tuple(map(int, text.split(".")))
    >>> register_key(Version, lambda version: version.parts)
    >>> from glowray.rows.keys import canonical_key
    >>> canonical_key(Version("1.2")) == canonical_key(Version("1.02"))
    True

    Raises TypeError if `cls` is not a class or is a built-in key type, or if `to_key` is not callable.
    """
    if not isinstance(cls, type):
        raise TypeError(f"register_key() needs a class, got {cls!r:.200}")
    if not callable(to_key):
        raise TypeError(f"register_key() needs a function from {cls.__qualname__} to a key, got {to_key!r:.200}")
    if not can_register(cls):
        raise TypeError(f"{cls.__qualname__} is a type of Python's own; only classes of your own can be registered")
    install_keys({**_TO_KEY, cls: to_key})


def can_register(cls: type) -> bool:
    """Return whether a class may be registered: it does not come from Python's or NumPy's own modules."""
    return cls.__module__ not in _FIXED_MODULES


def registered_keys() -> dict[type, ToKey]:
    """Return a copy of the registry, to send to a task."""
    return dict(_TO_KEY)


def install_keys(mapping: Mapping[type, ToKey]) -> None:
    """Replace this process's registry by a copy that `registered_keys` returned."""
    _TO_KEY.clear()
    _TO_KEY.update(mapping)
    for changed in _on_change:
        changed()


def registration(cls: type) -> tuple[type, ToKey] | None:
    """Return (class, to_key) of the first registered class in the MRO of `cls`, or None."""
    if _TO_KEY:
        for base in cls.__mro__:
            if base in _TO_KEY:
                return base, _TO_KEY[base]
    return None


def call_on_change(changed: Callable[[], None]) -> None:
    """Call `changed` after every change of the registry."""
    _on_change.append(changed)


_FIXED_MODULES = frozenset({"builtins", "datetime", "decimal", "fractions", "uuid", "enum", "numpy"})
