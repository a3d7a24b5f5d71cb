"""The targets of a run: files to write, and sinks in the driver. One pass over the shared plan serves them all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from glowray.action.perform import Action, begin
from glowray.action.settings import Outcome, Settings
from glowray.action.sigterm import ended_by_sigterm
from glowray.action.sinks import RowSink
from glowray.io.commit.commit import Misfits, commit_together
from glowray.io.commit.pending import PendingWrite
from glowray.io.memory import items_reader
from glowray.io.sink import Part, TypedSink
from glowray.kernels.ends.exchange import Count, Exchange, InPieces
from glowray.kernels.partition.partition_steps import Rewrite, Write
from glowray.physical.stages.stage import StageRun
from glowray.plan.nodes import Cache, Narrow, Node, Read, Store
from glowray.plan.row_types import row_types


class Target(Protocol):
    """The place where the rows of a plan go."""

    exchange: Exchange

    def begin(self) -> Node:
        """Reserve the place to write to, and return the plan to run."""
        ...

    def settle(self, action: Action, stage: StageRun) -> None:
        """Convert the files that tasks wrote to one schema, while the action can still run tasks."""
        ...

    def stage(self, stage: StageRun) -> list[PendingWrite]:
        """Prepare the writes once everything has run, and return them. A run commits all writes together."""
        ...

    def feed(self, action: Action, stage: StageRun) -> None:
        """Give the rows to the sink in the driver. This cannot be undone."""
        ...

    def result(self) -> Any:
        """Return what flow.run() returns for this target."""
        ...

    def abort(self) -> None:
        """Leave everything as it was."""
        ...


@dataclass
class WriteTarget:
    """Rows that the tasks write and the driver makes visible."""

    node: Node
    verb: str
    path: str
    files: PendingWrite
    exchange: Exchange = field(default_factory=Count)
    parts: list[Part] = field(default_factory=list)

    def begin(self) -> Node:
        place, sink = self.files.begin(), self.files.sink
        types = row_types(self.node) if isinstance(sink, TypedSink) else None
        if isinstance(sink, TypedSink) and types is not None:
            sink = sink.keeping(types)
        # The tasks that read a cache begin after all tasks that fill it.
        rows = Cache(self.node, "cache", Store()) if self.files.needs_all_rows else self.node
        return Narrow(rows, Write(self.verb, self.path, sink, place, self.files.folders))

    def settle(self, action: Action, stage: StageRun) -> None:
        self.parts = [part for report in stage.ended for part in report.parts]
        try:
            misfits = self.files.misfits(self.parts)
        except (TypeError, ValueError) as error:
            error.add_note(f"in {self.verb}({self.path})")
            raise
        if misfits is not None and misfits.parts:
            self._replace(misfits, action)

    def _replace(self, misfits: Misfits, action: Action) -> None:
        """Let tasks write the misfitting parts again."""
        tasks = len({part.index for part in misfits.parts})
        rows = Read(items_reader(misfits.parts, tasks), self.verb)
        new = action.more_parts(Narrow(rows, Rewrite(self.verb, self.path, misfits)))
        by_path = {old.path: part for old, part in zip(misfits.parts, new, strict=True)}
        self.parts = [by_path.get(part.path, part) for part in self.parts]
        misfits.remove()

    def stage(self, stage: StageRun) -> list[PendingWrite]:
        self.files.stage(self.parts)
        return [self.files]

    def feed(self, action: Action, stage: StageRun) -> None:
        """Do nothing: the tasks have written the rows."""

    def result(self) -> Any:
        return self.files.written

    def abort(self) -> None:
        self.files.abort()


@dataclass
class SinkTarget:
    """A sink in the driver that receives the rows in order."""

    node: Node
    sink: RowSink
    exchange: Exchange = field(default_factory=InPieces)
    has_begun: bool = False

    def begin(self) -> Node:
        self.has_begun = True
        return self.node

    def settle(self, action: Action, stage: StageRun) -> None:
        """Do nothing: a sink in the driver takes rows of any kind."""

    def stage(self, stage: StageRun) -> list[PendingWrite]:
        return []

    def feed(self, action: Action, stage: StageRun) -> None:
        if not stage.plan.flows:
            for place in range(stage.plan.num_tasks):
                self.take(action, stage, place)
        self.abort()

    def take(self, action: Action, stage: StageRun, place: int) -> None:
        """Give the rows that a task made to the sink."""
        for block in action.read(stage, place):
            self.sink.put(block.rows(), place, action.drop)

    def result(self) -> None:
        return None

    def abort(self) -> None:
        if self.has_begun:
            self.has_begun = False
            self.sink.end()


def run_targets(settings: Settings, outcome: Outcome, targets: Sequence[Target]) -> list[Any]:
    """Run all targets in one pass, then commit all of them and the dead letters together, or none of them.

    A sink in the driver receives rows as they arrive if they come from channels and no step moves them between
    partitions. Other sinks receive their rows when all files are ready, and before any file is put in place. So a
    failing function leaves no file.
    """
    with ended_by_sigterm():
        return _run_targets(settings, outcome, targets)


def _run_targets(settings: Settings, outcome: Outcome, targets: Sequence[Target]) -> list[Any]:
    begun: list[Target] = []
    try:
        nodes = []
        for target in targets:
            nodes.append(target.begin())
            begun.append(target)
        exchanges = [target.exchange for target in targets]
        sinks = [target.sink for target in targets if isinstance(target, SinkTarget)]
        policies, connects = [sink.on_error for sink in sinks], any(sink.connects for sink in sinks)
        with begin(settings, outcome, nodes, exchanges, policies=policies, connects=connects) as action:
            for sink in sinks:
                sink.begin()
            pairs = list(zip(targets, action.targets, strict=True))
            for target, stage in pairs:
                if isinstance(target, SinkTarget) and stage.plan.flows:
                    stage.sink = partial(target.take, action, stage)

            def settle() -> None:
                for target, stage in pairs:
                    target.settle(action, stage)

            action.run(settle)
            commits = [files for target, stage in pairs for files in target.stage(stage)]
            for target, stage in pairs:
                target.feed(action, stage)
            commit_together([*action.staged_letters(), *commits])
        return [target.result() for target in targets]
    except BaseException:
        with ExitStack() as aborting:  # An error in one leaves none open.
            for target in reversed(begun):
                aborting.callback(target.abort)
        raise
