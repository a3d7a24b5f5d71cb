"""The content of explain() as a dict of JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glowray.engine.choice import Choice
from glowray.physical.compile.weaving import weave
from glowray.physical.stages.stage import StagePlan, runs_of
from glowray.plan.nodes import Node
from glowray.watch.plan.function_levels import levels
from glowray.watch.plan.plan_lines import plan_lines
from glowray.watch.plan.row_moves import moves


def plan_record(
    name: str,
    targets: Sequence[Node],
    stages: Sequence[StagePlan],
    choice: Choice,
    vectorize: bool,
    rules: Sequence[str],
) -> dict[str, Any]:
    """Return a plan's verbs, stages, functions with their levels, the rules that fired, and the engine."""
    woven = {run.plan: weave(run, vectorize) for run in runs_of(stages).values()}
    return {
        "name": name,
        "engine": {"kind": choice.kind, "reason": choice.reason},
        "plan": [line.removeprefix("  ") for line in plan_lines(targets)],
        "stages": [_stage(stage) for stage in stages],
        "rules": list(rules),
        "functions": [
            {"stage": level.stage, "function": level.function, "level": level.level, "reason": level.reason}
            for level in levels(woven, vectorize)
        ],
    }


def _stage(stage: StagePlan) -> dict[str, Any]:
    """Return a stage: its number, verbs, partitions, and how rows move to it, None if they stay in their partition."""
    ways = {upstream.number: way for branch in stage.branches for upstream, way in moves(branch)}
    reads = [{"stage": number, "moves": way or None} for number, way in ways.items()]
    return {"number": stage.number, "verbs": stage.name, "partitions": stage.num_tasks, "reads": reads}
