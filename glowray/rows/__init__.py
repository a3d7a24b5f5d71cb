"""Rows as Arrow columns without loss, and keys that mean the same on every worker.

The package imports `errors`, `native` and `boundary` only. Code that reads files or runs steps does not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glowray.rows.block import Block

__all__ = ["Block"]


def __getattr__(name: str) -> Any:
    """Import `Block`, and with it Arrow, on first use: `import glowray` must stay light."""
    if name == "Block":
        from glowray.rows.block import Block

        return Block
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
