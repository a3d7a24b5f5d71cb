"""Keyed rows: the check that a row is one, and tables from keys to what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from glowray.rows.keys import canonical_key, registered_keys

MISSING: Any = object()

PLAIN = frozenset({str, int, bytes, bool, type(None)})
"""Types whose values are their own canonical keys, and equal only as Python's dicts have it."""


def keyed_row(row: Any, verb: str) -> tuple[Any, Any]:
    """`row` if it is a keyed row, a 2-tuple (named tuples included).

    Raises:
        TypeError: it is anything else.
    """
    if isinstance(row, tuple) and len(row) == 2:
        return row
    text = repr(row)
    shown = text if len(text) <= 200 else text[:197] + "..."
    raise TypeError(f"{verb}() needs rows that are 2-tuples (key, value), got {shown} ({type(row).__name__})")


class KeyTable:
    """A dict from keys to values where equal keys are one entry: also NaNs, and registered classes.

    `entries` is looked up with the raw key first. Only on a miss is the canonical key asked for, so that ordinary
    keys cost one dict operation. `shown` keeps the first key as the user gave it where the two differ.

    `get(key, MISSING)` is that first look. Where classes are registered it finds plain keys only: an instance of such a
    class may be equal to a key of another type in the eyes of a dict, and is none the less another key.
    """

    __slots__ = ("entries", "get", "shown")

    def __init__(self) -> None:
        self.entries: dict[Any, Any] = {}
        self.shown: dict[Any, Any] = {}
        self.get: Callable[[Any, Any], Any] = self._plain if registered_keys() else self.entries.get

    def _plain(self, key: Any, default: Any) -> Any:
        return self.entries.get(key, default) if type(key) in PLAIN else default

    def admit(self, key: Any) -> Any:
        """The name of `key` in `entries`; remembers how the first of its kind looked.

        Raises:
            KeyTypeError: the key's type has no stable equality.
        """
        canonical = canonical_key(key)
        if canonical is not key and canonical not in self.entries:
            self.shown[canonical] = key
        return canonical

    def find(self, key: Any) -> Any:
        """The entry of `key`, or MISSING."""
        try:
            entry = self.get(key, MISSING)
        except TypeError:  # not hashable: perhaps a registered class
            entry = MISSING
        return self.entries.get(canonical_key(key), MISSING) if entry is MISSING else entry

    def items(self) -> Iterator[tuple[Any, Any]]:
        """(first key, entry), in order of first appearance."""
        if not self.shown:
            return iter(self.entries.items())
        shown = self.shown
        return ((shown.get(name, name), entry) for name, entry in self.entries.items())
