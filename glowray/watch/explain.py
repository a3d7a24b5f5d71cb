"""explain(): a plan, its stages and its engine, as text."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.engine.choose import Choice
from glowray.physical.stage import Stage
from glowray.plan.nodes import Node
from glowray.watch.captures import capture_lines


def explained(name: str, node: Node, stages: Sequence[Stage], choice: Choice) -> str:
    """The text that explain() returns."""
    engine = f"{choice.kind} ({choice.reason})"
    captures = capture_lines(stages)
    captured = ["captured, sent once", *captures] if captures else []
    return "\n".join([name, "plan", *plan_lines(node), "stages", *stage_lines(stages), *captured, f"engine  {engine}"])


def plan_lines(node: Node) -> list[str]:
    """The logical plan, sources first; a node of several inputs lists each below itself, indented."""
    seen: dict[int, int] = {}
    lines: list[str] = []

    def visit(node: Node, depth: int) -> None:
        if id(node) in seen:
            lines.append(f"{'  ' * depth}(as line {seen[id(node)]}) {title(node)}")
            return
        if len(node.inputs) == 1:
            visit(node.inputs[0], depth)
        else:
            for source in node.inputs:
                visit(source, depth + 1)
        lines.append(f"{'  ' * depth}{title(node)}")
        seen[id(node)] = len(lines)

    visit(node, 1)
    return lines


def title(node: Node) -> str:
    """A node as it was called."""
    return f"{node.verb}({node.detail})"


def stage_lines(stages: Sequence[Stage]) -> list[str]:
    """A line for each stage: number, chain of verbs, partitions, and the stages it reads."""
    lines = []
    for stage in stages:
        count = f"{stage.num_tasks} partition{'' if stage.num_tasks == 1 else 's'}"
        reads = ", ".join(str(source.number) for source in stage.upstream)
        words = [f"  {stage.number}  {stage.chain}  {count}"]
        if reads:
            words.append(f"reads {reads}")
        lines.append("  ".join(words))
    return lines
