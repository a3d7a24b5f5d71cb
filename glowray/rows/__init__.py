"""Rows as Arrow columns without loss, and keys that mean the same on every worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowray.rows.block import Block

__all__ = ["Block"]


def __getattr__(name: str) -> Any:
    """Import `Block`, and with it Arrow, when first asked for: `import glowray` must stay light."""
    if name == "Block":
        from glowray.rows.block import Block

        return Block
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
