"""Keyed rows: the check that a row is a keyed row, and a table of values by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from glowray.rows.keys import canonical_key, registered_keys

MISSING: Any = object()

PLAIN = frozenset({str, int, bytes, bool, type(None)})
"""Types whose values are their own canonical keys: a dict decides whether two of them are equal."""


def keyed_row(row: Any, verb: str) -> tuple[Any, Any]:
    """Return `row` if it is a keyed row: a 2-tuple or a named tuple of two fields.

    Raises:
        TypeError: it is anything else.
    """
    if isinstance(row, tuple) and len(row) == 2:
        return row
    text = repr(row)
    shown = text if len(text) <= 200 else text[:197] + "..."
    hint = ""
    if isinstance(row, dict):
        hint = ": name the fields of records by on=" if verb == "join" else ": key_by() of a field's name makes them"
    raise TypeError(f"{verb}() needs rows that are 2-tuples (key, value), got {shown} ({type(row).__name__}){hint}")


class KeyTable:
    """A dict from keys to values in which all NaNs are one key, and instances of registered classes are keys.

    A look-up tries the raw key first. The canonical key is computed only on a miss, so that an ordinary key costs one
    dict operation. `shown` holds the first key as the user gave it, if its canonical key differs.

    `get(key, MISSING)` is the first try. If classes are registered, it finds only keys of PLAIN types. A dict may
    call an instance of a registered class equal to a key of another type, but they are two keys.
    """

    __slots__ = ("entries", "get", "shown")

    def __init__(self) -> None:
        self.entries: dict[Any, Any] = {}
        self.shown: dict[Any, Any] = {}
        self.get: Callable[[Any, Any], Any] = self._plain if registered_keys() else self.entries.get

    def _plain(self, key: Any, default: Any) -> Any:
        return self.entries.get(key, default) if type(key) in PLAIN else default

    def admit(self, key: Any) -> Any:
        """Return the canonical key of `key`, and keep `key` in `shown` if it is the first of its kind.

        Raises:
            KeyTypeError: the key's type has no stable equality.
        """
        canonical = canonical_key(key)
        if canonical is not key and canonical not in self.entries:
            self.shown[canonical] = key
        return canonical

    def find(self, key: Any) -> Any:
        """Return the entry of `key`, or MISSING."""
        try:
            entry = self.get(key, MISSING)
        except TypeError:  # not hashable: perhaps a registered class
            entry = MISSING
        return self.entries.get(canonical_key(key), MISSING) if entry is MISSING else entry

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Return (first key, entry) pairs in order of first appearance."""
        if not self.shown:
            return iter(self.entries.items())
        shown = self.shown
        return ((shown.get(name, name), entry) for name, entry in self.entries.items())
