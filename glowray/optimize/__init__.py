"""Rewrites of the plan that change how it runs, and never its results."""

from glowray.optimize.rules import RULES, Rule, optimize

__all__ = ["RULES", "Rule", "optimize"]
