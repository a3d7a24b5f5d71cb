"""A plan to be looked at: cut into stages, not run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from glowray.engine.choose import Choice
from glowray.physical.stage import StagePlan
from glowray.plan.nodes import Node
from glowray.watch.explain import explained
from glowray.watch.graph import Graph, describe


@dataclass(frozen=True, eq=False)
class PlanView:
    """The plans of an action, one a target, with their stages, the last stage of each, their engine, and the rules."""

    name: str
    targets: Sequence[Node]
    stages: Sequence[StagePlan]
    outputs: Sequence[StagePlan]
    choice: Choice
    vectorize: bool = True
    rules: Sequence[str] = ()

    @property
    def graph(self) -> Graph:
        """What every picture shows."""
        return describe(self.name, self.stages, self.outputs)

    def explain(self) -> str:
        """The plan as text: what explain() of a Dataset returns."""
        return explained(self.name, self.targets, self.stages, self.outputs, self.choice, self.vectorize, self.rules)

    def plot(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The plan's picture as a file, or its DOT text: what plot() of a Dataset does."""
        from glowray.watch.dot import dot
        from glowray.watch.draw import draw

        if path is None:
            return dot(self.graph)
        draw(self.graph, path)
        return None

    def svg(self) -> str | None:
        """The plan's picture as SVG; None without the library for it."""
        from glowray.watch.draw import can_draw, rendered

        return rendered(self.graph, "svg").decode() if can_draw() else None
