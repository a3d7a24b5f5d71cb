"""The rules. Each is a function from a node of the plan to another node, or None for no change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from glowray.plan.by_key import CombineByKey, GroupByKey, Meeting, PartitionByKey
from glowray.plan.nodes import Limit, Node, Sort, Top, Union
from glowray.plan.positional import TakeWhile
from glowray.plan.walk import reader_counts, walk

IsOwn = Callable[[Node], bool]
"""A function that says whether only one node reads a child. A rule may merge only such a child into its reader."""

Rule = Callable[[Node, IsOwn], Node | None]


def combine_before_shuffle(node: Node, is_own: IsOwn) -> Node | None:
    """Fold each partition's values by key before the shuffle. Less data moves, and the association is the same."""
    if isinstance(node, CombineByKey) and not node.combine_first:
        return replace(node, combine_first=True)
    return None


def keep_key_partitions(node: Node, is_own: IsOwn) -> Node | None:
    """Leave out a shuffle if equal keys already share a partition."""
    if isinstance(node, (CombineByKey, GroupByKey)) and node.shuffle and node.input.key_partitions is not None:
        return replace(node, shuffle=False)
    if isinstance(node, PartitionByKey) and node.shuffle and node.input.key_partitions == node.count:
        return replace(node, shuffle=False)
    if isinstance(node, Meeting):
        shuffles = tuple(side.key_partitions != node.num_partitions for side in node.sides)
        return replace(node, shuffles=shuffles) if shuffles != node.shuffles else None
    return None


def merge_unions(node: Node, is_own: IsOwn) -> Node | None:
    """Replace a union of unions by one union."""
    if not isinstance(node, Union):
        return None
    parts = node.leaves(is_own)
    return replace(node, parts=parts) if len(parts) > len(node.parts) else None


def merge_limits(node: Node, is_own: IsOwn) -> Node | None:
    """Replace the first n of the first m rows by the first min(n, m)."""
    if isinstance(node, Limit) and isinstance(node.input, Limit) and is_own(node.input):
        return replace(node, input=node.input.input, n=min(node.n, node.input.n))
    return None


def limited_take_while(node: Node, is_own: IsOwn) -> Node | None:
    """Make take_while() stop after as many rows as a limit behind it wants."""
    if isinstance(node, Limit) and isinstance(node.input, TakeWhile) and is_own(node.input):
        most = node.n if node.input.most is None else min(node.input.most, node.n)
        return replace(node, input=replace(node.input, most=most)) if most != node.input.most else None
    return None


def limited_sort_is_top(node: Node, is_own: IsOwn) -> Node | None:
    """Replace the first n rows of a sort by top(n), which keeps only the n best rows of each partition."""
    if isinstance(node, Limit) and isinstance(node.input, Sort) and is_own(node.input) and node.n <= 10_000:
        sort = node.input
        # sort is ascending, top is descending
        return Top(sort.input, sort.name, node.n, sort.function, not sort.reverse, sort.is_keyed, of_sort=True)
    return None


RULES: tuple[Rule, ...] = (
    merge_limits,
    limited_take_while,
    limited_sort_is_top,
    merge_unions,
    keep_key_partitions,
    combine_before_shuffle,
)


def optimize(
    targets: Sequence[Node], rules: Sequence[Rule] = RULES, fired: Callable[[Rule], None] = lambda rule: None
) -> list[Node]:
    """Return the targets' plans after all rules. A node that several nodes read stays shared.

    Args:
        targets: the last nodes of the plans.
        rules: the rules, each tried on each node.
        fired: a function that is called with each rule that changes a node.

    Rules visit the targets first and the sources last. So a node absorbs a long chain before rules visit the chain.
    """
    readers = reader_counts(targets)
    chosen: dict[int, Node] = {}  # what the rules made of each node, over the children of the unchanged plan
    waiting = list(targets)
    while waiting:
        node = waiting.pop()
        if id(node) not in chosen:
            chosen[id(node)] = made = _apply(node, rules, lambda child: readers[id(child)] == 1, fired)
            waiting.extend(made.children)
    done: dict[int, Node] = {}
    for node in walk(targets, lambda node: chosen[id(node)].children):
        made = chosen[id(node)]
        done[id(node)] = made.rebuild([done[id(child)] for child in made.children])
    return [done[id(target)] for target in targets]


def _apply(node: Node, rules: Sequence[Rule], is_own: IsOwn, fired: Callable[[Rule], None]) -> Node:
    changed = True
    while changed:
        changed = False
        for rule in rules:
            new = rule(node, is_own)
            if new is not None:
                node, changed = new, True
                fired(rule)
    return node
