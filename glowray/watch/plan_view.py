"""A plan that is cut into stages to be shown, and not run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glowray.engine.choice import Choice
from glowray.physical.stages.stage import StagePlan
from glowray.plan.nodes import Node
from glowray.watch.picture.heat import COLD, Heat
from glowray.watch.picture.plan_graph import Graph, describe
from glowray.watch.plan.explain_text import explained
from glowray.watch.plan.plan_record import plan_record


@dataclass(frozen=True, eq=False)
class PlanView:
    """The plans of an action: one node per target, all stages, the last stage of each target, engine and rules."""

    name: str
    targets: Sequence[Node]
    stages: Sequence[StagePlan]
    outputs: Sequence[StagePlan]
    choice: Choice
    vectorize: bool = True
    rules: Sequence[str] = ()

    @property
    def graph(self) -> Graph:
        """Return the graph that every picture shows."""
        return describe(self.name, self.stages, self.outputs)

    def explain(self) -> str:
        """Return the plan as text, as explain() of a Dataset does."""
        return explained(self.name, self.targets, self.stages, self.outputs, self.choice, self.vectorize, self.rules)

    def to_dict(self) -> dict[str, Any]:
        """Return what explain() says as a dict of JSON values. docs/command-line.md describes its shape."""
        return plan_record(self.name, self.targets, self.stages, self.choice, self.vectorize, self.rules)

    def plot(self, path: str | os.PathLike[str] | None = None, heat: Heat = COLD) -> str | None:
        """Write the plan's picture to a file, or return its DOT text, as plot() of a Dataset does.

        `heat` is what the last run measured.
        """
        from glowray.watch.picture.dot import dot
        from glowray.watch.picture.draw import draw

        if path is None:
            return dot(self.graph, heat)
        draw(self.graph, path, heat)
        return None

    def svg(self, heat: Heat = COLD) -> str | None:
        """Return the plan's picture as SVG, or None if images cannot be drawn here."""
        from glowray.watch.picture.draw import can_draw, rendered

        return rendered(self.graph, "svg", heat).decode() if can_draw() else None
