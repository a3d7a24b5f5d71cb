"""The exception of a value whose fingerprint would not be certain."""

from __future__ import annotations


class CannotTell(Exception):  # noqa: N818  (no error: the value is just not saved)
    """Two values may differ although all that can be seen of them is equal. The message gives the reason."""
