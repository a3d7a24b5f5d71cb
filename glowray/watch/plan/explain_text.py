"""The text of explain(): a plan, its stages, the levels of its functions, and its engine."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.engine.choice import Choice
from glowray.kernels import Fragment
from glowray.kernels.ends.sources import ReadSource
from glowray.physical.compile.weaving import weave
from glowray.physical.stages.stage import StagePlan, runs_of
from glowray.plan.nodes import Node
from glowray.watch.plan.captured_values import capture_lines
from glowray.watch.plan.function_levels import Level, Woven, levels
from glowray.watch.plan.plan_lines import folded, plan_lines
from glowray.watch.plan.row_moves import moves


def explained(
    name: str,
    targets: Sequence[Node],
    stages: Sequence[StagePlan],
    outputs: Sequence[StagePlan],
    choice: Choice,
    vectorize: bool,
    rules: Sequence[str],
) -> str:
    """Return the text of explain(). `outputs` are the last stages of the targets, `rules` those that fired."""
    woven = {run.plan: weave(run, vectorize) for run in runs_of(stages).values()}
    return "\n".join(
        [
            name,
            *_section("plan", plan_lines(targets)),
            *_section("stages", stage_lines(woven, outputs)),
            *([f"rules  {', '.join(rules)}"] if rules else []),
            *_section("functions", function_lines(woven, vectorize)),
            *_section("captured, sent once", capture_lines(stages)),
            f"engine  {choice.kind} ({choice.reason})",
        ]
    )


def _section(title: str, body: Sequence[str]) -> list[str]:
    """Return the lines of a section, none if it has no body."""
    return [title, *body] if body else []


def stage_lines(woven: Woven, outputs: Sequence[StagePlan] = ()) -> list[str]:
    """Return a line for each stage: number, chain of verbs, partitions, what it reads and how those rows move."""
    numbers = {stage: f"output {place}" for place, stage in enumerate(outputs, 1)} if len(outputs) > 1 else {}
    rows = []
    for stage, fragments in woven.items():
        count = f"{stage.num_tasks} partition{'' if stage.num_tasks == 1 else 's'}"
        ends = "  ".join(filter(None, [reads(stage), columns_read(fragments), numbers.get(stage)]))
        rows.append((str(stage.number), stage.name, count, ends))
    return aligned(rows)


def columns_read(fragments: Sequence[Fragment]) -> str:
    """Return the columns that the readers of a stage are asked for, if they leave out others: "columns a, b"."""
    columns = [fragment.source.columns_read or () for fragment in fragments if isinstance(fragment.source, ReadSource)]
    names = sorted(set().union(*columns))
    return f"columns {', '.join(names)}" if names else ""


def reads(stage: StagePlan) -> str:
    """Return the stages that a stage reads, with how their rows move.

    "reads 1, 2 (shuffle)": rows of stage 1 stay in their partition, rows of stage 2 are shuffled.
    """
    ways = {upstream.number: way for branch in stage.branches for upstream, way in moves(branch)}
    words = [f"{number} ({way})" if way else str(number) for number, way in ways.items()]
    return f"reads {', '.join(words)}" if words else ""


def function_lines(woven: Woven, vectorize: bool) -> list[str]:
    """Return a line for each of the user's functions: its stage, verb and name, its place, and the level it runs at."""
    return level_lines(levels(woven, vectorize))


def level_lines(found: Sequence[Level]) -> list[str]:
    """Return these lines for functions with their levels. C code has no place."""
    sites = [_file_and_line(each.site) for each in found]
    places = [[site] for site in sites] if any(sites) else [[] for _ in sites]
    lines = [[str(each.stage), each.function, *place, str(each)] for each, place in zip(found, places, strict=True)]
    return folded(aligned(lines))


def _file_and_line(site: str | None) -> str:
    """Return a function's file and line, or its notebook cell and line; "" for a function typed at a prompt."""
    return "" if site is None or site.startswith("<") else site


def aligned(rows: Sequence[Sequence[str]], most: int = 60) -> list[str]:
    """Return lines with the cells of each column aligned. A cell longer than `most` shifts only its own line."""
    if not rows:
        return []
    lengths = [[len(cell) for cell in column if len(cell) <= most] for column in zip(*rows, strict=True)]
    widths = [max(column, default=0) for column in lengths]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
