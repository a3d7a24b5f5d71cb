"""The text of explain(): a plan, its stages, the levels of its functions, and its engine."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.engine.choose import Choice
from glowray.physical.stage import Stage
from glowray.plan.nodes import Node
from glowray.watch.captures import capture_lines
from glowray.watch.levels import levels
from glowray.watch.moves import moves
from glowray.watch.plan_lines import folded, plan_lines


def explained(
    name: str,
    targets: Sequence[Node],
    stages: Sequence[Stage],
    outputs: Sequence[Stage],
    choice: Choice,
    vectorize: bool,
) -> str:
    """Return the text of explain(). `outputs` are the last stages of the targets."""
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


def stage_lines(stages: Sequence[Stage], outputs: Sequence[Stage] = ()) -> list[str]:
    """Return a line for each stage: its number, its verbs, its partitions, and the stages it reads."""
    numbers = {id(stage): f"output {place}" for place, stage in enumerate(outputs, 1)} if len(outputs) > 1 else {}
    rows = []
    for stage in stages:
        count = f"{stage.num_tasks} partition{'' if stage.num_tasks == 1 else 's'}"
        ends = "  ".join(filter(None, [reads(stage), numbers.get(id(stage))]))
        rows.append((str(stage.number), stage.chain, count, ends))
    return aligned(rows)


def reads(stage: Stage) -> str:
    """Return the stages that a stage reads, with how their rows move.

    "reads 1, 2 (shuffle)": rows of stage 1 stay in their partition, rows of stage 2 are shuffled.
    """
    ways = {upstream.number: way for branch in stage.branches for upstream, way in moves(branch)}
    words = [f"{number} ({way})" if way else str(number) for number, way in ways.items()]
    return f"reads {', '.join(words)}" if words else ""


def function_lines(stages: Sequence[Stage], vectorize: bool) -> list[str]:
    """Return a line for each of the user's functions: its stage, verb and name, and the level it runs at."""
    return folded(aligned([(str(level.stage), level.function, str(level)) for level in levels(stages, vectorize)]))


def aligned(rows: Sequence[Sequence[str]], most: int = 60) -> list[str]:
    """Return lines with the cells of each column aligned. A cell longer than `most` shifts only its own line."""
    if not rows:
        return []
    lengths = [[len(cell) for cell in column if len(cell) <= most] for column in zip(*rows, strict=True)]
    widths = [max(column, default=0) for column in lengths]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
