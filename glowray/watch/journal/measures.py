"""The numbers of a stage that no event of its tasks tells, as JSON values and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from glowray.watch.picture.plan_graph import Box, Edge, Graph, PictureNode
from glowray.watch.plan.function_levels import Level
from glowray.watch.run.level_stats import HandedStats, StageLevels
from glowray.watch.run.stats import StageStats
from glowray.watch.run.time_stats import PartTime, StageTimes


def measured(stage: StageStats, vectorize: bool) -> dict[str, Any]:
    """Return these numbers of a stage, which may still run."""
    return {
        "stage": stage.number,
        "pickled_values": stage.pickled_values,
        "driver_bytes": stage.driver_bytes,
        "handed_over": stage.handed_over,
        "rows_by_level": dict(stage.rows_by_level),
        "functions": [asdict(each) for each in stage.levels.known(stage.number, vectorize)],
        "to_python": [asdict(step) for step in stage.to_python],
        "times": [asdict(part) for part in stage.times],
    }


def add_measures(stage: StageStats, values: dict[str, Any]) -> None:
    """Put what `measured` returned into a stage."""
    stage.pickled_values, stage.driver_bytes = values["pickled_values"], values["driver_bytes"]
    stage.handed_over = values["handed_over"]
    handed = [HandedStats(**step) for step in values["to_python"]]
    stage.levels = StageLevels(values["rows_by_level"], handed, [Level(**each) for each in values["functions"]])
    stage.operators = StageTimes.of([PartTime(**{**part, "steps": tuple(part["steps"])}) for part in values["times"]])


def graph_of(values: dict[str, Any]) -> Graph:
    """Return a graph from the JSON values of its fields."""
    boxes = [
        Box(box["number"], box["partitions"], tuple(tuple(map(_node, run)) for run in box["runs"]))
        for box in values["boxes"]
    ]
    return Graph(values["title"], tuple(boxes), tuple(Edge(**edge) for edge in values["edges"]))


def _node(values: dict[str, Any]) -> PictureNode:
    return PictureNode(**{**values, "steps": tuple(values["steps"])})
