"""explain(): a plan, its stages, the level of its functions and its engine, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from glowray.engine.choose import Choice
from glowray.physical.stage import Stage
from glowray.plan.nodes import Narrow, Node
from glowray.watch.captures import capture_lines
from glowray.watch.composed import continues, is_glue
from glowray.watch.levels import levels
from glowray.watch.moves import moves

SHOWN_VERBS = 12
"""Verbs of a stage's chain that explain() shows."""


def explained(
    name: str,
    targets: Sequence[Node],
    stages: Sequence[Stage],
    outputs: Sequence[Stage],
    choice: Choice,
    vectorize: bool,
) -> str:
    """The text that explain() returns: `outputs` are the last stages of the targets."""
    sections = {
        "plan": plan_lines(targets),
        "stages": stage_lines(stages, outputs),
        "functions": function_lines(stages, vectorize),
        "captured, sent once": capture_lines(stages),
    }
    lines = [name]
    for title, body in sections.items():
        lines.extend([title, *body] if body else [])
    return "\n".join([*lines, f"engine  {choice.kind} ({choice.reason})"])


def plan_lines(targets: Sequence[Node]) -> list[str]:
    """The logical plan, sources first; a node of several inputs lists each of them before itself, after a dash.

    What several nodes read stands once, marked with a letter that takes its place from then on.
    """
    if len(targets) == 1:
        return list(_Plan(targets).chain(targets[0], 1))
    plan, lines = _Plan(targets), []
    for place, target in enumerate(targets, 1):
        lines.extend([f"  output {place}", *plan.chain(target, 2)])
    return lines


class _Plan:
    """The lines of nodes; knows which of them are shared, and which have been shown."""

    def __init__(self, targets: Sequence[Node]) -> None:
        self.readers: Counter[int] = Counter()
        self.marks: dict[int, str] = {}
        stack = list(targets)
        while stack:
            node = stack.pop()
            self.readers[id(node)] += 1
            if self.readers[id(node)] == 1:
                stack.extend(node.inputs)

    def chain(self, node: Node, depth: int) -> Iterator[str]:
        indent = "  " * depth
        if id(node) in self.marks:
            yield f"{indent}[{self.marks[id(node)]}]"
            return
        if isinstance(node, Narrow) and is_glue(node.step) and self.readers[id(node)] == 1:
            yield from self.chain(node.input, depth)
            return
        parts = self._parts(node)
        inputs = parts[0].inputs
        for source in inputs:
            yield from self.chain(source, depth) if len(inputs) == 1 else self._side(source, depth)
        mark = ""
        if self.readers[id(node)] > 1:
            self.marks[id(node)] = _letters(len(self.marks))
            mark = f"  [{self.marks[id(node)]}]"
        yield f"{indent}{title(parts)}{mark}"

    def _side(self, node: Node, depth: int) -> Iterator[str]:
        """The lines of one of several inputs, the first of them marked with a dash."""
        lines = list(self.chain(node, depth + 1))
        dash = 2 * depth
        return iter([f"{lines[0][:dash]}- {lines[0][dash + 2 :]}", *lines[1:]])

    def _parts(self, node: Node) -> list[Node]:
        """The nodes of which the verb that ends in this one is made, first to last."""
        parts = [node]
        while len(parts[0].inputs) == 1:
            (before,) = parts[0].inputs
            step = parts[0].step if isinstance(parts[0], Narrow) else None
            if self.readers[id(before)] > 1 or not continues(node.verb, before.verb, step):
                break
            parts.insert(0, before)
        return parts


def _letters(place: int) -> str:
    """a, b, …, z, aa, ab, …"""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("a") + place % 26)


def title(parts: Sequence[Node]) -> str:
    """A verb as it was called."""
    return f"{parts[-1].verb}({', '.join(dict.fromkeys(part.detail for part in parts if part.detail))})"


def stage_lines(stages: Sequence[Stage], outputs: Sequence[Stage] = ()) -> list[str]:
    """A line for each stage: number, chain of verbs, partitions, the stages it reads with how their rows move."""
    numbers = {id(stage): f"output {place}" for place, stage in enumerate(outputs, 1)} if len(outputs) > 1 else {}
    rows = []
    for stage in stages:
        count = f"{stage.num_tasks} partition{'' if stage.num_tasks == 1 else 's'}"
        ends = "  ".join(filter(None, [reads(stage), numbers.get(id(stage))]))
        rows.append((str(stage.number), _shortened(stage.chain), count, ends))
    return aligned(rows)


def _shortened(chain: str) -> str:
    """A chain of many verbs without its middle: the functions stand below one by one."""
    verbs = chain.split("→")
    if len(verbs) <= SHOWN_VERBS or " | " in chain:
        return chain
    left_out = len(verbs) - SHOWN_VERBS + 1
    return "→".join([*verbs[: SHOWN_VERBS - 4], f"… {left_out} more …", *verbs[-3:]])


def reads(stage: Stage) -> str:
    """The stages that a stage reads, each with how its rows move: "reads 1, 2 (shuffle)" takes those of 1 in place."""
    ways = {upstream.number: way for branch in stage.branches for upstream, way in moves(branch)}
    words = [f"{number} ({way})" if way else str(number) for number, way in ways.items()]
    return f"reads {', '.join(words)}" if words else ""


def function_lines(stages: Sequence[Stage], vectorize: bool) -> list[str]:
    """A line for each function of the user's: its stage, verb and name, and the level it runs at."""
    return aligned([(str(level.stage), level.function, str(level)) for level in levels(stages, vectorize)])


def aligned(rows: Sequence[Sequence[str]], most: int = 60) -> list[str]:
    """Rows of cells as lines of columns; a cell that is longer than `most` pushes the rest of its own line only."""
    if not rows:
        return []
    lengths = [[len(cell) for cell in column if len(cell) <= most] for column in zip(*rows, strict=True)]
    widths = [max(column, default=0) for column in lengths]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
