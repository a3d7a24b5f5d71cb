"""The rules, each a function from a node (whose inputs are optimised) to another node, or None for no change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from glowray.plan.by_key import CombineByKey, GroupByKey, Meeting, PartitionByKey
from glowray.plan.nodes import Limit, Node, Sort, Top, Union

Rule = Callable[[Node], Node | None]


def combine_before_shuffle(node: Node) -> Node | None:
    """Fold each partition's values by key before they are shuffled: less to move, the same association."""
    if isinstance(node, CombineByKey) and not node.combine_first:
        return replace(node, combine_first=True)
    return None


def keep_key_partitions(node: Node) -> Node | None:
    """No shuffle where equal keys already share a partition."""
    if isinstance(node, (CombineByKey, GroupByKey)) and node.shuffle and node.input.key_partitions is not None:
        return replace(node, shuffle=False)
    if isinstance(node, PartitionByKey) and node.shuffle and node.input.key_partitions == node.count:
        return replace(node, shuffle=False)
    if isinstance(node, Meeting):
        shuffles = tuple(side.key_partitions != node.num_partitions for side in node.sides)
        return replace(node, shuffles=shuffles) if shuffles != node.shuffles else None
    return None


def merge_unions(node: Node) -> Node | None:
    """A union of unions is one union."""
    if isinstance(node, Union) and any(isinstance(part, Union) for part in node.parts):
        parts = (part.parts if isinstance(part, Union) else (part,) for part in node.parts)
        return replace(node, parts=tuple(inner for part in parts for inner in part))
    return None


def merge_limits(node: Node) -> Node | None:
    """The first n of the first m rows are the first min(n, m)."""
    if isinstance(node, Limit) and isinstance(node.input, Limit):
        return replace(node, input=node.input.input, n=min(node.n, node.input.n))
    return None


def limited_sort_is_top(node: Node) -> Node | None:
    """The first n of a sort need no sort: each partition keeps its n best."""
    if isinstance(node, Limit) and isinstance(node.input, Sort) and node.n <= 10_000:
        sort = node.input
        # sort is ascending where top is descending.
        return Top(sort.input, sort.name, node.n, sort.function, not sort.reverse)
    return None


RULES: tuple[Rule, ...] = (
    merge_limits,
    limited_sort_is_top,
    merge_unions,
    keep_key_partitions,
    combine_before_shuffle,
)


def optimize(targets: Sequence[Node], rules: Sequence[Rule] = RULES) -> list[Node]:
    """The targets' plans after all rules, inputs first; a node shared by several consumers stays shared."""
    shared = _shared(targets)
    done: dict[int, Node] = {}

    def visit(node: Node) -> Node:
        if id(node) not in done:
            new = _apply(_with_inputs(node, tuple(visit(source) for source in node.inputs)), rules, shared)
            done[id(node)] = new
            if id(node) in shared:
                shared.add(id(new))
        return done[id(node)]

    return [visit(target) for target in targets]


def _apply(node: Node, rules: Sequence[Rule], shared: set[int]) -> Node:
    changed = True
    while changed:
        changed = False
        for rule in rules:
            new = rule(node)
            # A rule may swallow its input (a limit its sort), but not one that somebody else reads too.
            if new is not None and not (_swallows(node, new) and shared.intersection(map(id, node.inputs))):
                node, changed = new, True
    return node


def _swallows(old: Node, new: Node) -> bool:
    return any(source not in new.inputs for source in old.inputs)


def _shared(targets: Sequence[Node]) -> set[int]:
    """The ids of nodes with more than one consumer."""
    seen: dict[int, int] = {}
    stack = list(targets)
    while stack:
        node = stack.pop()
        seen[id(node)] = seen.get(id(node), 0) + 1
        if seen[id(node)] == 1:
            stack.extend(node.inputs)
    return {identity for identity, count in seen.items() if count > 1}


def _with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    if all(new is old for new, old in zip(inputs, node.inputs, strict=True)):
        return node
    names = {field.name for field in fields(node)}
    if "input" in names:
        return replace(node, input=inputs[0])  # type: ignore[call-arg]
    if "left" in names:
        return replace(node, left=inputs[0], right=inputs[1])  # type: ignore[call-arg]
    if "sides" in names:
        return replace(node, sides=inputs)  # type: ignore[call-arg]
    return replace(node, parts=inputs)  # type: ignore[call-arg]
