"""The record of an action that has run: its plan as text and picture, its statistics, and its events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from glowray.engine.choice import Choice
from glowray.physical.stages.stage import StagePlan
from glowray.plan.nodes import Node
from glowray.watch.picture.plan_graph import Graph, describe
from glowray.watch.plan.explain_text import reads
from glowray.watch.plan.plan_lines import plan_lines
from glowray.watch.record.event_log import EventLog, JobEnded, PlanMade
from glowray.watch.run.stats import Stats


@dataclass
class RunRecord:
    """Names and numbers of an action. It holds no rows and no functions, so it does not keep them alive.

    Args:
        stats: the statistics.
        plan: the lines of the plan.
        graph: the picture of the plan.
        reads: stage number → the stages that it reads, as explain() shows them.
        reason: why the engine was chosen.
        log: the events.
    """

    stats: Stats = field(default_factory=Stats)
    plan: tuple[str, ...] = ()
    graph: Graph = field(default_factory=lambda: Graph("", (), ()))
    reads: dict[int, str] = field(default_factory=dict)
    reason: str = ""
    log: EventLog = field(default_factory=EventLog)

    @classmethod
    def begin(
        cls,
        stats: Stats,
        targets: Sequence[Node],
        stages: Sequence[StagePlan],
        outputs: Sequence[StagePlan],
        choice: Choice,
    ) -> RunRecord:
        """Return the record of an action that begins. `outputs` are the last stages of the targets."""
        lines = tuple(plan_lines(targets))
        graph = describe(stats.name, stages, outputs)
        record = cls(stats, lines, graph, {stage.number: reads(stage) for stage in stages}, choice.reason)
        names = tuple(stage.name for stage in stages)
        record.log.add(PlanMade(time.time(), stats.name, stats.engine, choice.reason, lines, names))
        return record

    def end(self) -> None:
        """Note that the action has ended."""
        self.log.add(JobEnded(time.time(), self.stats.name))

    @property
    def has_run(self) -> bool:
        """Return whether an action has begun. It may have failed before its first task."""
        return bool(self.log.events)
