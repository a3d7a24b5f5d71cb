"""The report of an action: one HTML file with its own style and pictures, which loads nothing."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator, Sequence

from glowray.watch.record import event_log as events
from glowray.watch.record.node_heat import heat_of
from glowray.watch.record.run_record import RunRecord
from glowray.watch.report.page_style import STYLE
from glowray.watch.report.plan_cards import plan_cards
from glowray.watch.report.summary import closing_sentence, slowest_function, timed_parts
from glowray.watch.report.timeline import COLOURS, MOST_TASKS, timeline
from glowray.watch.run.level_stats import LEVELS
from glowray.watch.run.stats import StageStats
from glowray.watch.run.units import in_units

MOST_PARTS = 30
"""The maximum number of lines of the table of times."""

LEAST_SHARE = 0.002
"""A part with a smaller share of the time is not listed."""

LEAST_WAIT = 0.1
"""Seconds before the first stage that the time line tells of. Ray may have been starting."""

Column = tuple[str, bool]
"""A heading, and whether its cells are numbers."""


def report(record: RunRecord) -> str:
    """Return the HTML of the report. All texts of the user are escaped."""
    body = "".join(
        [*_head(record), *_failure(record), *_plan(record), *_time(record), *_stages(record), *_functions(record)]
        + [*_python(record), f'<p class="closing">{_text(closing_sentence(record))}</p>']
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(record.stats.name)} · glowray</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _head(record: RunRecord) -> Iterator[str]:
    stats, failed = record.stats, record.log.failure
    badge = '<span class="badge bad">failed</span>' if failed else '<span class="badge ok">done</span>'
    yield f"<h1>{_text(stats.name)}{badge}</h1>"
    plan = next(iter(record.log.of(events.PlanMade)), None)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(plan.time)) if plan else ""
    yield f'<p class="pale">{_text(when)} · engine {_text(stats.engine)} ({_text(record.reason)})</p>'
    stages = stats.stages
    numbers = {
        "seconds": f"{stats.seconds:.2f}",
        "tasks": f"{stats.tasks:,}",
        "rows in": f"{stages[0].rows_in:,}" if stages else "0",
        "rows out": f"{stages[-1].rows_out:,}" if stages else "0",
        "passed on": in_units(sum(stage.bytes for stage in stages)),
        "spilled": in_units(sum(stage.spill for stage in stages)),
        "retries": f"{stats.retries:,}",
        "rows in Python": f"{sum(stage.rows_by_level['python'] for stage in stages):,}",
    }
    cells = "".join(f'<div><b>{value}</b><span class="unit">{name}</span></div>' for name, value in numbers.items())
    yield f'<div class="numbers">{cells}</div>'


def _failure(record: RunRecord) -> Iterator[str]:
    failed = record.log.failure
    if failed is None:
        return
    place = "" if failed.stage is None else f" in stage {failed.stage}, task {(failed.task or 0) + 1}"
    yield f'<div class="failure"><h2>It failed{place}</h2><pre>{_text(failed.error)}</pre></div>'


def _plan(record: RunRecord) -> Iterator[str]:
    stages = {stage.number: stage for stage in record.stats.stages}
    yield "<h2>Plan, coloured by time</h2>"
    yield plan_cards(record.graph, heat_of(record), stages, record.reads)


def _time(record: RunRecord) -> Iterator[str]:
    tasks = record.log.of(events.TaskEnded)
    if not tasks:
        return
    starts = [event.time for event in record.log.of(events.StageBegan)]
    began = min([*starts, *(task.time - task.seconds for task in tasks)])
    before = began - record.log.events[0].time
    seconds = max(event.time for event in record.log.events) - began
    yield "<h2>Tasks on the time line</h2>"
    names = {event.stage: event.name for event in record.log.of(events.StageBegan)}
    legend = "".join(
        f'<span style="--k:var(--c{(n - 1) % COLOURS})">{n} {_text(name)}</span>' for n, name in names.items()
    )
    yield f'<p class="legend">{legend}</p><div class="scroll">{timeline(tasks, began, seconds)}</div>'
    if before >= LEAST_WAIT:
        yield f'<p class="pale">It begins with the first stage, {before:.1f} s after the action was called.</p>'
    if len(tasks) > MOST_TASKS:
        yield f'<p class="pale">The first {MOST_TASKS:,} of {len(tasks):,} tasks are drawn.</p>'


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Return a table. Cells are HTML already."""
    heads = "".join(f"<th{' class=n' if number else ''}>{name}</th>" for name, number in columns)
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"n" if number else "mono"}">{cell}</td>'
            for (_, number), cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'


def _stages(record: RunRecord) -> Iterator[str]:
    columns = [("stage", False), ("levels of its rows", False)]
    names = ("tasks", "retries", "rows in", "rows out", "bytes", "skew", "longest task", "in tasks", "spill", "seconds")
    columns += [(name, True) for name in names]
    rows = [
        [
            f"{stage.number} {_text(stage.name)}",
            _level_bar(stage),
            f"{stage.done:,}" if stage.done == stage.tasks else f"{stage.done:,} of {stage.tasks:,}",
            f"{stage.retries:,}",
            f"{stage.rows_in:,}",
            f"{stage.rows_out:,}",
            in_units(stage.bytes),
            f"{stage.skew:.1f}",
            f"{stage.longest_seconds:.2f} s",
            f"{stage.task_seconds:.2f} s",
            in_units(stage.spill),
            f"{stage.seconds:.2f}",
        ]
        for stage in record.stats.stages
    ]
    legend = "".join(f'<span style="--k:var(--{level})">{level}</span>' for level in LEVELS)
    yield f'<h2>Stages</h2><p class="legend">{legend}</p>{_table(columns, rows)}'


def _level_bar(stage: StageStats) -> str:
    whole = sum(stage.rows_by_level.values()) or 1
    parts = "".join(
        f'<span class="{level}" style="width:{100 * rows / whole:.1f}%" title="{level}: {rows:,} rows"></span>'
        for level, rows in stage.rows_by_level.items()
        if rows
    )
    return f'<div class="bar">{parts}</div>'


def _functions(record: RunRecord) -> Iterator[str]:
    yield "<h2>Where the time went</h2>"
    slowest = slowest_function(record)
    if slowest is not None:
        part = slowest.part
        yield (
            f"<p>The slowest function: <code>{_text(part.name)}</code> in stage {slowest.stage},"
            f" {part.nanoseconds:,.0f} ns a row, {part.seconds:.3f} s in all.</p>"
        )
    levels = {(each.stage, each.function): each for stage in record.stats.stages for each in stage.functions}
    rows = []
    parts = timed_parts(record)
    if not parts:
        yield '<p class="pale">No task ended, so the time of no function is known.</p>'
        return
    shown = [timed for timed in parts[:MOST_PARTS] if timed.share >= LEAST_SHARE]
    for timed in shown:
        part = timed.part
        known = [levels[timed.stage, step] for step in part.steps if (timed.stage, step) in levels]
        where = "".join(
            f'<div class="pale">{_text(site)}</div>' for site in dict.fromkeys(each.site for each in known) if site
        )
        share = f'<div class="bar"><span class="share" style="width:{100 * timed.share:.1f}%"></span></div>'
        each = f"{part.nanoseconds:,.0f}" if part.rows else ""
        cells = [f"{timed.stage} {_text(part.name)}", _text("; ".join(dict.fromkeys(map(str, known)))) + where, share]
        rows.append([*cells, f"{part.seconds:.3f}", f"{part.rows:,}", each])
    columns = [("part", False), ("level", False), ("share", False), ("seconds", True), ("rows", True)]
    yield _table([*columns, ("ns a row", True)], rows)
    if len(shown) < len(parts):
        yield f'<p class="pale">{len(parts) - len(shown)} other parts took less.</p>'


def _python(record: RunRecord) -> Iterator[str]:
    found = [(stage.number, step) for stage in record.stats.stages for step in stage.to_python]
    yield "<h2>Rows that columns handed to Python</h2>"
    if not any(sum(stage.rows_by_level.values()) for stage in record.stats.stages):
        yield '<p class="pale">No rows were counted.</p>'
        return
    if not found:
        yield '<p class="pale">None: all rows of the steps planned as <code>arrow</code> ran as columns.</p>'
        return
    rows = [
        [f"{number} {_text(step.step)}", f"{step.rows:,}", f"{step.of:,}", _text(step.reason), _text(step.example)]
        for number, step in found
    ]
    columns = [("step", False), ("rows", True), ("of", True), ("reason", False), ("example", False)]
    yield _table(columns, rows)
