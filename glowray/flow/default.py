"""The default flow, whose sources are the module functions such as `gr.read_text`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glowray.flow.flow import Flow

_flow: Flow | None = None


def default_flow() -> Flow:
    """Return the flow that the module functions share; the first call makes it."""
    global _flow
    if _flow is None:
        _flow = Flow()
    return _flow


def source(name: str) -> Callable[..., Any]:
    """Return the default flow's source of that name, such as "read_text"."""
    method: Callable[..., Any] = getattr(default_flow(), name)
    return method
