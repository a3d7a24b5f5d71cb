"""How much a node's rows can be, as far as the plan tells before anything has run."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from glowray.kernels.partition_steps import Limit, PassOn
from glowray.kernels.steps import Filter, FlatMap, FlatMapValues, ForEach, KeyBy, Keys, Map, MapValues, Step, Values
from glowray.vectorize.bindings import python_function

if TYPE_CHECKING:
    from glowray.plan.nodes import Node

WHOLE_BYTES = 4 << 20
"""What is read for a side that every task of another side gets whole. For more than that the shuffle is cheaper: each
task would sort those rows again."""


def is_small(node: Node) -> bool:
    """Whether what these rows are made of is known to be little, and no step makes many rows of one.

    It follows from the input alone: rules, levels and filled caches change nothing in it.
    """
    return node.known_bytes is not None and node.known_bytes <= WHOLE_BYTES


def may_grow(step: Step) -> bool:
    """Whether a step may make many rows of one."""
    if isinstance(step, (FlatMap, FlatMapValues)):
        return not _yields_few(step.function.call)
    return not isinstance(step, (Map, Filter, MapValues, KeyBy, Keys, Values, ForEach, PassOn, Limit))


def _yields_few(function: Callable[..., object]) -> bool:
    """Whether it is a generator function without a loop: it yields as often as that is written down, or less."""
    found = python_function(function)
    if found is None or not found.__code__.co_flags & inspect.CO_GENERATOR:
        return False
    return not any("BACKWARD" in each.opname for each in dis.get_instructions(found.__code__))
