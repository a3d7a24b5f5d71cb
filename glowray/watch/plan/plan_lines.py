"""The logical plan as lines of text, sources first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from glowray.plan.nodes import Narrow, Node
from glowray.plan.walk import reader_counts, walk
from glowray.watch.plan.composed_verbs import is_glue, prepares

MOST_NESTED = 12
"""The maximum depth of nested sides. A deeper side is listed first, under a letter."""

MOST_EQUAL = 10
"""The maximum number of equal lines to show one by one. More of them become one line with a count."""


def plan_lines(targets: Sequence[Node]) -> list[str]:
    """Return a line for each verb. A node of several children lists each child before itself, after a dash.

    A node that several nodes read is listed once, with a letter. Afterwards only the letter is listed.
    """
    plan = _Plan(targets)
    lines = [line for node in plan.apart for line in plan.chain(node, 1)]
    for place, target in enumerate(targets, 1):
        if len(targets) > 1:
            lines.append(f"  output {place}")
        lines.extend(plan.chain(target, 1 if len(targets) == 1 else 2))
    return folded(lines)


def folded(lines: Sequence[str]) -> list[str]:
    """Return the lines. More than MOST_EQUAL equal lines in a row become one line with a count.

    >>> folded(["a", "a"]), folded(["a"] * 1200 + ["b"])
    (['a', 'a'], ['a  × 1,200', 'b'])
    """
    found: list[str] = []
    for line, run in groupby(lines):
        count = sum(1 for _ in run)
        found.extend([line] * count if count <= MOST_EQUAL else [f"{line}  × {count:,}"])
    return found


class _Plan:
    """Makes the lines of nodes. Knows which nodes are shared, and which have been shown.

    `apart` lists the nodes that would be nested too deeply, in the order in which they are shown.
    """

    def __init__(self, targets: Sequence[Node]) -> None:
        self.readers = reader_counts(targets)
        self.marks: dict[int, str] = {}
        self.apart: list[Node] = []
        nested: dict[int, int] = {}
        last = {id(target) for target in targets if self.readers[id(target)] == 1}
        for node in walk(targets):
            levels = max((nested[id(child)] for child in node.children), default=0) + (len(node.children) > 1)
            if levels > MOST_NESTED and id(node) not in last:
                self.apart.append(node)
                levels = 0
            nested[id(node)] = levels
        self._has_letter = {id(node) for node in self.apart}

    def chain(self, node: Node, depth: int) -> Iterator[str]:
        """Yield the lines of the plan that ends in a node. Nodes that were shown before appear as letters."""
        dashes: list[int] = []  # The depths at which the next line begins a side.

        def line(depth: int, text: str) -> str:
            indent = "".join("- " if level in dashes else "  " for level in range(depth))
            dashes.clear()
            return indent + text

        waiting: list[tuple[int, Node | Sequence[Node] | None]] = [(depth, node)]
        while waiting:
            depth, each = waiting.pop()
            if each is None:
                dashes.append(depth)
            elif not isinstance(each, Node):
                yield line(depth, title(each) + self._new_mark(each[-1]))
            elif id(each := self._shown(each)) in self.marks:
                yield line(depth, f"[{self.marks[id(each)]}]")
            else:
                parts = self._parts(each)
                children = parts[0].children
                waiting.append((depth, parts))
                for child in reversed(children):
                    waiting.extend([(depth, child)] if len(children) == 1 else [(depth + 1, child), (depth, None)])

    def _shown(self, node: Node) -> Node:
        """Return the node, or its input if the node only reshapes rows for another part of its verb."""
        while isinstance(node, Narrow) and is_glue(node.step) and self.readers[id(node)] == 1:
            node = node.input
        return node

    def _new_mark(self, node: Node) -> str:
        if self.readers[id(node)] == 1 and id(node) not in self._has_letter:
            return ""
        self.marks[id(node)] = letters(len(self.marks))
        return f"  [{self.marks[id(node)]}]"

    def _parts(self, node: Node) -> list[Node]:
        """Return the nodes of the verb that ends in this node, first to last."""
        before = node.children[0] if len(node.children) == 1 else None
        if isinstance(before, Narrow) and self.readers[id(before)] == 1 and prepares(before.step, node.verb):
            return [before, node]
        return [node]


def letters(place: int) -> str:
    """Return a name for each number: a, b, …, z, aa, ab, …"""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(ord("a") + place % 26)


def title(parts: Sequence[Node]) -> str:
    """Return a verb as it was called. A function that both its first and its last part name is shown once."""
    *first, last = parts
    details = [part.detail for part in first if f", {part.detail}, " not in f", {last.detail}, "]
    return f"{last.verb}({', '.join(filter(None, [*details, last.detail]))})"
