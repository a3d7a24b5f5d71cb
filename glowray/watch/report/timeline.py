"""Tasks on a time line, as SVG: a lane for each worker, or several where its tasks overlap."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence

from glowray.watch.record import event_log as events

WIDTH = 1000
"""The width of the drawing. The page scales it."""

LANE, GAP, AXIS = 16, 4, 22
MOST_TASKS = 4_000
"""More tasks are not drawn: the page says how many are left out."""

COLOURS = 6
"""The number of colours of stages in the style sheet: stage 7 has the colour of stage 1."""

Ended = events.TaskEnded


def timeline(tasks: Sequence[Ended], began: float, seconds: float) -> str:
    """Return the SVG of tasks that ran within `seconds` after `began`."""
    shown = sorted(tasks, key=lambda task: task.time - task.seconds)[:MOST_TASKS]
    lanes = list(_lanes(shown))
    height = AXIS + sum(GAP + LANE * len(rows) + LANE for _, rows in lanes)
    scale = WIDTH / max(seconds, 1e-6)
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="tasks by worker and time">']
    parts += _axis(seconds, scale, height)
    top = AXIS
    for worker, rows in lanes:
        parts.append(f'<text class="lane" x="2" y="{top + 11}">{html.escape(worker)}</text>')
        top += LANE
        for row in rows:
            parts += [_task(task, (task.time - task.seconds - began) * scale, top, scale) for task in row]
            top += LANE
        top += GAP
    return "".join([*parts, "</svg>"])


def _lanes(tasks: Sequence[Ended]) -> Iterator[tuple[str, list[list[Ended]]]]:
    """Yield each worker with its tasks in rows. The tasks of a row do not overlap."""
    workers: dict[str, list[list[Ended]]] = {}
    for task in tasks:
        rows = workers.setdefault(task.worker, [])
        free = (row for row in rows if row[-1].time <= task.time - task.seconds + 1e-4)
        row = next(free, None)
        if row is None:
            rows.append([task])
        else:
            row.append(task)
    yield from workers.items()


def _axis(seconds: float, scale: float, height: int) -> Iterator[str]:
    step = 10 ** math.floor(math.log10(max(seconds, 1e-6)))
    step = next(step * part for part in (0.1, 0.2, 0.5, 1, 2) if seconds / (step * part) <= 10)
    for number in range(int(seconds / step) + 1):
        x = number * step * scale
        anchor = "start" if x < 40 else "end" if x > WIDTH - 40 else "middle"
        yield f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{AXIS - 6}" y2="{height}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="12" text-anchor="{anchor}">{number * step:g} s</text>'


def _task(task: Ended, x: float, top: int, scale: float) -> str:
    width = max(1.0, task.seconds * scale)
    kind = "task python" if task.to_python else "task"
    words = [
        f"stage {task.stage}, task {task.task + 1}: {task.seconds:.3f} s",
        f"{task.rows_in:,} rows in, {task.rows_out:,} out, {task.bytes:,} bytes",
        *([f"{task.to_python:,} rows ran in Python"] if task.to_python else []),
        *([f"{task.retries} attempts were lost"] if task.retries else []),
    ]
    colour = (task.stage - 1) % COLOURS
    return (
        f'<rect class="{kind} s{colour}" x="{max(0.0, x):.1f}" y="{top}" width="{width:.1f}" height="{LANE - 3}">'
        f"<title>{html.escape(chr(10).join(words))}</title></rect>"
    )
