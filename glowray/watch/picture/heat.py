"""How long each node of a picture took in the last run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heat:
    """The measurements of an action, for the nodes and edges of a picture.

    Args:
        shares: node → its share of the time of all tasks, from 0.0 to 1.0. Steps that ran as one program share it.
        words: node → its time and its rows, as text.
        stages: the number of a stage → its seconds, as text.
        rows: the number of a stage → the rows and bytes that it passed on, as text.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[int, str] = field(default_factory=dict)
    rows: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_measured(self) -> bool:
        """Return whether a stage of the picture has run."""
        return bool(self.stages)


COLD = Heat()
"""Nothing was measured."""
