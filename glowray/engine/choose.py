"""Which engine runs a job, and why."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from glowray.cluster.connect import lost_connection
from glowray.engine.inline import InlineEngine
from glowray.engine.protocol import Engine

LARGE_INPUT = 64 * 1024 * 1024
"""Bytes of input from which Ray starts soon: with less, one process is mostly done before Ray has started."""

PATIENCE = 3.0
"""Seconds that a job runs before Ray starts."""

LARGE_PATIENCE = 1.0
"""The same for a job whose input is large: long enough to tell one that is done within seconds."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine's kind ("inline", "ray" or "automatic") and the reason, as explain() prints them.

    An automatic one starts Ray after `patience` seconds; None: PATIENCE. `engine` is one that was given as an object.
    """

    kind: str
    reason: str
    patience: float | None = None
    engine: Engine | None = None


def choose(asked: str | Engine | None, input_bytes: int | None) -> Choice:
    """Return the engine for a job: an Engine that was given, else GLOWRAY_ENGINE, else what was asked for, else what is
    connected, else what the size of the input suggests.

    Raises:
        ValueError: GLOWRAY_ENGINE names an engine that does not exist.
    """
    if isinstance(asked, Engine):
        return Choice(asked.name, "given", engine=asked)
    if set_for_all := os.environ.get("GLOWRAY_ENGINE"):
        check_engine(set_for_all, "GLOWRAY_ENGINE")
        return Choice(set_for_all, "GLOWRAY_ENGINE")
    if asked is not None:
        return Choice(asked, "asked for")
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        inside = ray.get_runtime_context().worker.mode == ray.WORKER_MODE
        return Choice("inline", "inside a Ray task") if inside else Choice("ray", "Ray is connected")
    if lost_connection() is not None:
        return Choice("ray", "gr.connect()")
    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        if os.environ.get(name):
            return Choice("ray", name)
    size, patience = "input of unknown size" if input_bytes is None else "small input", None
    if input_bytes is not None and input_bytes >= LARGE_INPUT:
        size, patience = f"{input_bytes / 2**20:,.0f} MiB of input", LARGE_PATIENCE
    seconds = f"{patience or PATIENCE:.0f} s"
    return Choice(
        "automatic", f"{size}: starts in this process, goes to Ray if it still runs after {seconds}", patience
    )


def check_engine(engine: object, place: str = "engine") -> None:
    """Raise ValueError for an engine that does not exist, naming the `place` that says so."""
    if not isinstance(engine, Engine) and engine not in NAMED:
        raise ValueError(f'{place} must be "inline" or "ray", or be left out (automatic), got {engine!r}')


def open_engine(choice: Choice) -> Engine:
    """Return the engine of a choice, ready to run."""
    return choice.engine or ENGINES[choice.kind](choice)


def _ray(choice: Choice) -> Engine:
    from glowray.engine.ray_start import coming_ray_engine

    return coming_ray_engine()


def _automatic(choice: Choice) -> Engine:
    from glowray.engine.automatic import AutomaticEngine

    return AutomaticEngine(choice.patience)


ENGINES: dict[str, Callable[[Choice], Engine]] = {
    "inline": lambda choice: InlineEngine(),
    "ray": _ray,
    "automatic": _automatic,
}
"""Every kind of engine, and how one is made."""

NAMED = ("inline", "ray")
"""The kinds that a user may ask for by name."""
