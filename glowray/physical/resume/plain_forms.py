"""Plain values that stand for glowray's own objects in fingerprints: what counts of them, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from glowray.engine.task.protocol import Remote
from glowray.functions.fingerprints.cannot_tell import CannotTell
from glowray.io.filesystem.location import Location
from glowray.io.reader import RowReader
from glowray.kernels.base.shared_values import Broadcast, own_value
from glowray.kernels.base.steps import Step
from glowray.physical.stages.stage import StagePlan
from glowray.physical.stages.wires import Arriving, Given


class PlainForms:
    """Rewrites objects for `digest`.

    Args:
        files: size and time of change of each file that is read.
        stages: the fingerprint of each stage that may be read.
    """

    def __init__(self, files: Mapping[Location, object], stages: Mapping[StagePlan, str]) -> None:
        self.files, self.stages = files, stages

    def __call__(self, value: Any) -> Any:
        kind = type(value)
        if issubclass(kind, Step):
            return _parts(value, except_for="label")  # a label shows the place of a function in its file
        if issubclass(kind, RowReader):
            return _reader(value)
        if kind is Location:
            return self._location(value)
        if kind is StagePlan:
            return "stage", self._stage(value)
        if kind is Given:
            return _given(value)
        if kind is Broadcast:
            return "broadcast", own_value(value.identity)
        if issubclass(kind, (Arriving, Remote)):
            raise CannotTell("its rows are not in files")
        return None

    def _location(self, place: Location) -> Any:
        found = self.files.get(place)
        if found is None:
            raise CannotTell(f"the store does not tell when {place} changed")
        return "file", type(place.files).__name__, str(place), found

    def _stage(self, plan: StagePlan) -> str:
        found = self.stages.get(plan)
        if found is None:
            raise CannotTell(f"it reads stage {plan.number}")
        return found


def _parts(value: Step | RowReader, *, except_for: str) -> Any:
    """Return the fields of an object, without values that it keeps beside them."""
    assert is_dataclass(value), "steps and readers are dataclasses"
    found = {each.name: getattr(value, each.name) for each in fields(value) if each.name != except_for}
    return type(value).__qualname__, found


def _reader(reader: RowReader) -> Any:
    if not reader.is_repeatable:
        raise CannotTell(f"{reader.label} cannot tell whether its rows have changed")
    return _parts(reader, except_for="label")


def _given(wire: Given) -> Any:
    if wire.identity is not None:
        return "cached", wire.identity
    if type(wire.blocks) not in (tuple, list):
        raise CannotTell("its rows are not in this process")
    return "rows", list(wire.blocks)
