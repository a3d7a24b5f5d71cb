"""The choice of the engine that runs a job, with the reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from glowray.cluster.client.connect import lost_connection
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Engine

LARGE_INPUT = 64 * 1024 * 1024
"""Bytes of input from which LARGE_PATIENCE holds. With less, one process is mostly done before Ray has started."""

PATIENCE = 3.0
"""Seconds that a job runs before Ray starts."""

LARGE_PATIENCE = 1.0
"""The same for a job with a large input. A job that is done within seconds ends before."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine's kind ("inline", "ray" or "automatic") and the reason, as explain() prints them.

    The automatic engine starts Ray after `patience` seconds. `engine` is an Engine given as an object.
    """

    kind: str
    reason: str
    patience: float = PATIENCE
    engine: Engine | None = None

    @property
    def may_share_store(self) -> bool:
        """Whether the job's tasks may see one object store."""
        return self.kind != "inline" if self.engine is None else self.engine.may_share_store


def choose(asked: str | Engine | None, input_bytes: int | None, own: str | None = None) -> Choice:
    """Return the engine for a job: the first of GLOWRAY_ENGINE, `asked`, a connected cluster, or the input's size.

    An Engine object is taken before all of them. `input_bytes` is None if the size is unknown. `own` is a file that
    only this process sees: such a job goes to no Ray of its own.

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
    if is_in_task():
        return Choice("inline", "inside a Ray task")
    if is_connected():
        return Choice("ray", "Ray is connected")
    if lost_connection() is not None:
        return Choice("ray", "gr.connect()")
    for name in ("GLOWRAY_ADDRESS", "RAY_ADDRESS"):
        if os.environ.get(name):
            return Choice("ray", name)
    if own is not None:
        return Choice("inline", f'"{own}" is in the memory of this process')
    size, patience = "input of unknown size" if input_bytes is None else "small input", PATIENCE
    if input_bytes is not None and input_bytes >= LARGE_INPUT:
        size, patience = f"{input_bytes / 2**20:,.0f} MiB of input", LARGE_PATIENCE
    seconds = f"{patience:.0f} s"
    return Choice(
        "automatic", f"{size}: starts in this process, goes to Ray if it still runs after {seconds}", patience
    )


def is_connected() -> bool:
    """Return whether this process is connected to a Ray. It does not import Ray."""
    ray = sys.modules.get("ray")
    return ray is not None and ray.is_initialized()


def is_in_task() -> bool:
    """Return whether this process is a Ray worker."""
    if not is_connected():
        return False
    ray = sys.modules["ray"]
    return bool(ray.get_runtime_context().worker.mode == ray.WORKER_MODE)


def check_engine(engine: object, place: str = "engine") -> None:
    """Check that a value is an engine or the name of one. Errors say where the value was given: `place`.

    Raises ValueError for a name that no engine has, TypeError for what is neither a name nor an Engine.
    """
    if isinstance(engine, Engine) or engine in NAMED:
        return
    if not isinstance(engine, str):
        raise TypeError(f"Flow(): {place} must be a str, got {engine!r:.80}")
    raise ValueError(f'{place} must be "inline" or "ray", or be left out (automatic), got {engine!r}')


def open_engine(choice: Choice) -> Engine:
    """Return the engine of a choice, ready to run."""
    return choice.engine or ENGINES[choice.kind](choice)


def _ray(choice: Choice) -> Engine:
    from glowray.engine.ray.start import coming_ray_engine

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
