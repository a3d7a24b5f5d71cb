"""Which engine runs a job, and why."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from glowray.engine.inline import InlineEngine
from glowray.engine.protocol import Engine

LARGE_INPUT = 64 * 1024 * 1024
"""Bytes from which a job goes to Ray at once: below, one process is done before Ray has started."""

ENGINES = ("inline", "ray")


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine's kind ("inline", "ray" or "automatic") and the reason, as explain() prints them."""

    kind: str
    reason: str


def choose(asked: str | None, input_bytes: int | None) -> Choice:
    """The engine for a job: what was asked for, else what is connected, else what the size of the input suggests.

    Raises:
        ValueError: an engine that does not exist was asked for.
    """
    named = asked or os.environ.get("GLOWRAY_ENGINE")
    if named is not None:
        check_engine(named)
        return Choice(named, "asked for" if asked else "GLOWRAY_ENGINE")
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        inside = ray.get_runtime_context().worker.mode == ray.WORKER_MODE
        return Choice("inline", "inside a Ray task") if inside else Choice("ray", "Ray is connected")
    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        if os.environ.get(name):
            return Choice("ray", name)
    if input_bytes is not None and input_bytes >= LARGE_INPUT:
        return Choice("ray", f"{input_bytes / 2**20:,.0f} MiB of input")
    size = "input of unknown size" if input_bytes is None else "small input"
    return Choice("automatic", f"{size}: starts in this process, goes to Ray if it still runs after 3 s")


def check_engine(name: str) -> None:
    """Raises ValueError for an engine that does not exist."""
    if name not in ENGINES:
        raise ValueError(f'engine must be "inline", "ray" or None (automatic), got {name!r}')


def open_engine(choice: Choice) -> Engine:
    """The engine of a choice, ready to run."""
    if choice.kind == "inline":
        return InlineEngine()
    if choice.kind == "ray":
        from glowray.engine.ray_start import ray_engine

        return ray_engine()
    from glowray.engine.automatic import AutomaticEngine

    return AutomaticEngine()
