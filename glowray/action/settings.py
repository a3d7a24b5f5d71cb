"""The settings of a Flow, and the outcome of its last action."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glowray.engine.task.protocol import Engine
from glowray.functions import Failure
from glowray.io.saved.saved_folder import SavedFolder
from glowray.physical.planning import Rules
from glowray.resources import NO_NEEDS, Resources
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.stats import Stats


@dataclass(frozen=True)
class Settings:
    """The arguments of a Flow, and the rules by which its plans are rewritten."""

    name: str = "flow"
    engine: str | Engine | None = None
    partitions: int | None = None
    on_error: str = "raise"
    storage_options: Mapping[str, Any] | None = field(default=None, repr=False)
    max_errors: int | None = None
    progress: bool | None = None
    vectorize: bool = True
    resources: Resources = NO_NEEDS
    rules: Rules = field(default_factory=Rules)
    saved: SavedFolder | None = None


@dataclass
class Outcome:
    """The outcome of a flow's last action or run."""

    record: RunRecord = field(default_factory=RunRecord)
    counters: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[Any] = field(default_factory=list)
    letters: dict[str, list[Failure]] = field(default_factory=dict)

    @property
    def stats(self) -> Stats:
        """Return the statistics."""
        return self.record.stats

    def begin(self, record: RunRecord) -> None:
        """Replace the last action's results by new, empty ones. Results that the user holds do not change."""
        self.record = record
        self.counters, self.skipped = Counter(), Counter()
        self.errors, self.letters = [], {}


POLICIES = ("raise", "skip", "collect")


def error_policy(on_error: str | pathlib.Path) -> str:
    """Return the policy as a str: raise, skip, collect, or a path. A Path becomes absolute, so that it has a "/".

    Raises:
        ValueError: the string is none of these.
    """
    if isinstance(on_error, pathlib.Path):
        return str(on_error.absolute())
    if on_error in POLICIES or (isinstance(on_error, str) and "/" in on_error):
        return on_error
    raise ValueError(
        f'on_error must be "raise", "skip", "collect", a pathlib.Path or a str with a "/", got {on_error!r}'
    )
