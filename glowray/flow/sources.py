"""The base of all families of sources."""

from __future__ import annotations

from typing import Any, cast

from glowray.action.settings import Settings
from glowray.dataset import Dataset
from glowray.functions import Function
from glowray.plan.nodes import Read


class Sources:
    """Makes datasets that begin with a reader."""

    settings: Settings

    def _count(self, partitions: int | None) -> int | None:
        """Return the number of partitions asked for, by the source or else by the flow; None if neither says."""
        return self.settings.partitions if partitions is None else partitions

    def _read(self, reader: Any, verb: str, function: Function | None = None) -> Dataset[Any]:
        flow = cast(Any, self)  # only a Flow inherits the families of sources
        return Dataset(Read(reader, verb, function, self.settings.on_error), flow)
