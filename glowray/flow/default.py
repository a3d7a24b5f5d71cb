"""The module functions: sources of one default flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glowray.flow.flow import Flow

_flow: Flow | None = None


def default_flow() -> Flow:
    """The flow that the module functions share."""
    global _flow
    if _flow is None:
        _flow = Flow()
    return _flow


def source(name: str) -> Callable[..., Any]:
    """The source of that name, bound to the default flow."""
    method: Callable[..., Any] = getattr(default_flow(), name)
    return method
