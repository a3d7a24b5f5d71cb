"""Keys of keyed rows: which values may be a key, when two keys are one group, and their stable hash."""

from __future__ import annotations

from glowray.rows.keys.key_hash import canonical_key, key_hash
from glowray.rows.keys.key_registry import install_keys, register_key, registered_keys

__all__ = ["canonical_key", "install_keys", "key_hash", "register_key", "registered_keys"]
