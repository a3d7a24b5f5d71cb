"""The text of explain(after=True): the plan of the last action with what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from glowray.watch.plan.explain_text import aligned, level_lines
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.stats import StageStats
from glowray.watch.run.units import in_units


def explained_after(record: RunRecord) -> str:
    """Return the plan with measured rows, bytes, seconds, rows by level, and the reasons of rows in Python."""
    stats = record.stats
    sections = {
        "plan": record.plan,
        "stages": aligned([(str(stage.number), *_stage(stage, record.reads)) for stage in stats.stages]),
        "functions": _functions(stats.stages),
        "time": _times(stats.stages),
        "not saved": aligned([(str(stage.number), stage.unsaved) for stage in stats.stages if stage.unsaved]),
    }
    lines = [stats.name]
    for title, body in sections.items():
        lines += [title, *body] if body else []
    if stats.rules:
        lines.append(f"rules  {', '.join(stats.rules)}")
    return "\n".join([*lines, f"engine  {stats.engine} ({record.reason})", *_failure(record), f"ran  {stats}"])


def _stage(stage: StageStats, reads: dict[int, str]) -> tuple[str, ...]:
    tasks = f"{stage.done} task{'' if stage.done == 1 else 's'}"
    tasks += f", {stage.restored} restored" if stage.restored else ""
    rows = f"{stage.rows_in:,} → {stage.rows_out:,} rows"
    ends = "  ".join(filter(None, [by_level(stage.rows_by_level), reads.get(stage.number, ""), _groups(stage)]))
    return stage.name, tasks, rows, in_units(stage.bytes), f"{stage.seconds:.2f} s", ends


def _groups(stage: StageStats) -> str:
    """Return how many calls of workers ran the tasks, and how much each read: "in 32 calls of up to 1.2 MB"."""
    return f"in {stage.groups} calls of up to {in_units(stage.group_bytes)}" if stage.groups else ""


def by_level(rows: dict[str, int]) -> str:
    """Return the rows of each level that has some.

    >>> by_level({"arrow": 9_000, "fused": 0, "python": 120})
    'arrow 9,000, python 120'
    """
    return ", ".join(f"{level} {count:,}" for level, count in rows.items() if count)


def _functions(stages: Sequence[StageStats]) -> list[str]:
    """Return a line for each function, and below it a line for each step that handed rows to Python."""
    lines = level_lines([each for stage in stages for each in stage.functions])
    return lines + [f"  {stage.number}  {step}" for stage in stages for step in stage.to_python]


def _times(stages: Sequence[StageStats]) -> list[str]:
    rows = []
    for stage in stages:
        for part in stage.times:
            each = f"{part.nanoseconds:,.0f} ns a row" if part.rows else ""
            rows.append((str(stage.number), part.name, f"{part.seconds:.3f} s", each))
    return aligned(rows)


def _failure(record: RunRecord) -> list[str]:
    failed = record.log.failure
    return [] if failed is None else ["failed", *(f"  {line}" for line in failed.error.splitlines())]
