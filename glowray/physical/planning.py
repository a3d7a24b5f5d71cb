"""The plans of one action under rules, and which rules changed something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glowray.optimize import RULES, optimize
from glowray.optimize.rules import Rule
from glowray.physical.rules import PHYSICAL_RULES, Facts, NodeRule, PhysicalRule, StageRewrite, StageRule
from glowray.physical.stages.stage import StagePlan
from glowray.plan.nodes import Node


@dataclass(frozen=True)
class Rules:
    """The rules that jobs are planned by."""

    logical: tuple[Rule, ...] = RULES
    physical: tuple[PhysicalRule, ...] = PHYSICAL_RULES


@dataclass
class Planning:
    """Applies rules to the plans of one action, and keeps the names of those that changed something."""

    rules: Rules = field(default_factory=Rules)
    facts: Facts = field(default_factory=Facts)
    _fired: set[Rule | StageRewrite] = field(default_factory=set)

    def nodes(self, targets: Sequence[Node]) -> list[Node]:
        """Return the plans after all rules that look at nodes.

        Logical rules come first at each node. Nodes are visited before their children, so a rule sees the children as
        the verbs made them.
        """
        rewrites = (rule.rewrite for rule in self.rules.physical if isinstance(rule, NodeRule))
        return optimize(targets, [*self.rules.logical, *rewrites], self._fired.add)

    def stage(self, stage: StagePlan) -> StagePlan:
        """Return a stage after all rules that look at stages."""
        for rule in self.rules.physical:
            if isinstance(rule, StageRule):
                changed = rule.rewrite(stage, self.facts)
                if changed is not None:
                    self._fired.add(rule.rewrite)
                    stage = changed
        return stage

    @property
    def fired(self) -> tuple[str, ...]:
        """The names of the rules that changed the plan, in the order of the tuples."""
        rules = [*self.rules.logical, *(rule.rewrite for rule in self.rules.physical)]
        return tuple(rule.__name__ for rule in rules if rule in self._fired)
