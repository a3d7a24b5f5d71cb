"""Engines for tests: one that counts, one that must not run, and flows bound to an engine under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import glowray as gr
from glowray.dataset import Dataset
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Done, Engine, Ref, Task
from glowray.resources import Resources
from glowray.rows import Block


class CountingEngine(InlineEngine):
    """An inline engine that counts the tasks of each stage, and the blocks that each task gives."""

    def __init__(self) -> None:
        self.tasks: dict[int, int] = {}
        self.outputs: dict[int, int] = {}
        self.names: list[str] = []
        self.resources: list[Resources] = []

    @property
    def stages(self) -> int:
        return len(self.tasks)

    @property
    def shuffles(self) -> int:
        """Return the number of stages whose tasks give a block to each task of the next stage."""
        return sum(1 for outputs in self.outputs.values() if outputs > 1)

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        return super().run(self._counted(tasks))

    def _counted(self, tasks: Iterable[Task]) -> Iterator[Task]:
        for task in tasks:
            stage = task.identity[0]
            self.tasks[stage] = self.tasks.get(stage, 0) + 1
            self.outputs[stage] = task.outputs
            self.names.append(task.name)
            self.resources.append(task.resources)
            yield task


class ForbiddenEngine(Engine):
    """An engine that fails if it must run or fetch anything."""

    name = "forbidden"

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        raise AssertionError("something ran")

    def shared_bytes(self) -> int:
        raise AssertionError("something is to run")

    def fetch(self, refs: Sequence[Ref]) -> list[Block]:
        raise AssertionError("something was fetched")


class TinyFlow(gr.Flow):
    """A flow whose in-memory sources have one row a partition."""

    def from_items(self, items: Iterable[Any], partitions: int | None = None) -> Dataset[Any]:
        rows = list(items)
        return super().from_items(rows, max(1, len(rows)))

    def from_range(
        self, start: int, stop: int | None = None, step: int = 1, partitions: int | None = None
    ) -> Dataset[int]:
        numbers = range(start) if stop is None else range(start, stop, step)
        return super().from_range(start, stop, step, max(1, len(numbers)))


class Lab:
    """An engine under test. `name` is the fixture's name of it, `kind` is the name that a Flow takes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind = "ray" if name == "ray" else "inline"
        self.tiny = name == "inline-tiny"

    def __repr__(self) -> str:
        return self.name

    def flow(self, name: str = "test", **options: Any) -> gr.Flow:
        """Return a new flow that runs on this engine."""
        return (TinyFlow if self.tiny else gr.Flow)(name, engine=self.kind, **options)
