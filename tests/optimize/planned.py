"""Flows whose jobs are planned by chosen rules, and what explain() says of their stages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import glowray as gr
from glowray.optimize.rules import Rule
from glowray.physical.planning import Rules
from glowray.physical.rules import PhysicalRule


def planned(logical: Iterable[Rule], physical: Iterable[PhysicalRule] = (), **options: Any) -> gr.Flow:
    """Return a flow whose jobs are planned by these rules and no others."""
    flow = gr.Flow("job", **{"engine": "inline", **options})
    flow.settings = replace(flow.settings, rules=Rules(tuple(logical), tuple(physical)))
    return flow


def outline(text: str) -> list[str]:
    """Return the lines of explain() for the stages and the rules."""
    lines = text.splitlines()
    first = lines.index("stages") + 1
    last = next(place for place in range(first, len(lines)) if not lines[place].startswith(" "))
    rules = [line for line in lines[last:] if line.startswith("rules  ")]
    return [re.sub("  +", "  ", line.strip()) for line in lines[first:last] + rules]
