"""Draw the progress of a job as lines of a terminal, none wider than it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from glowray.watch.run.progress_view import Bar, BarTexts, ProgressView, bar_texts
from glowray.watch.run.units import clock
from glowray.watch.table.cell_text import Signs, cut_end, printable

if TYPE_CHECKING:
    from rich.text import Text

BAR = (6, 24)
"""The least and the most terminal cells of a bar."""

TITLE = 12
"""The least terminal cells of a stage's number and verbs."""

STEADY = {"rows": 11, "rate": 13, "size": 9, "clock": 9}
"""The terminal cells of texts that grow while a stage runs, so that the bar does not move."""

GAP = "  "


def progress_lines(view: ProgressView, now: float, width: int, signs: Signs) -> list[str]:
    """Return the job's line, a line for each stage to show, and the remark, with escape sequences for colours.

    A narrow terminal shows no bytes. A narrower one leaves out the word "tasks", then the rows, then their rate.
    """
    from rich.console import Console
    from rich.text import Text

    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=width, highlight=False)
    remarks = [Text(cut_end(view.remark, width, signs.more), "yellow")] if view.remark else []
    for line in [_head(view, now, width, signs), *_bars(view.shown(), now, width, signs), *remarks]:
        console.print(line, soft_wrap=True)
    return text.getvalue().splitlines()


def _head(view: ProgressView, now: float, width: int, signs: Signs) -> Text:
    """Return the job's line: its name, stages, time, and what the engine does besides."""
    from rich.cells import cell_len
    from rich.text import Text

    facts = [f"{view.ended} of {view.stages} stages", clock(now - view.began)]
    rest = GAP.join([*facts, *([view.announced] if view.announced else [])])
    rest = cut_end(printable(rest, signs.encoding), width, signs.more)
    room = width - cell_len(rest) - len(GAP)
    if room <= 0:
        return Text(rest, "dim")
    name = cut_end(printable(view.name, signs.encoding), room, signs.more)
    return Text.assemble((name, "bold"), GAP, (rest, "dim"))


def _bars(bars: Sequence[Bar], now: float, width: int, signs: Signs) -> list[Text]:
    from rich.cells import cell_len

    if not bars:
        return []
    texts = [bar_texts(bar, now) for bar in bars]
    columns, room = _chosen(texts, width)
    titles = [printable(text.title, signs.encoding) for text in texts]
    title_width = max(1, min(max(map(cell_len, titles)), max(TITLE, room * 2 // 3)))
    bar_width = min(BAR[1], room - title_width)
    lines = []
    for place, bar in enumerate(bars):
        line = _padded(cut_end(titles[place], title_width, signs.more), title_width)
        line.append_text(_bar(bar, bar_width, signs))
        for column in columns:
            line.append(GAP + column[place])
        lines.append(line)
    return lines


def _chosen(texts: Sequence[BarTexts], width: int) -> tuple[list[list[str]], int]:
    """Return the columns of texts that fit beside the title and the bar, and the terminal cells left for these two."""
    tasks = _aligned(text.tasks for text in texts)
    counts = _aligned(text.tasks.removesuffix(" tasks") for text in texts)
    rows = _aligned((text.rows for text in texts), STEADY["rows"])
    rates = _aligned((text.rate for text in texts), STEADY["rate"])
    sizes = _aligned((text.size for text in texts), STEADY["size"])
    clocks = _aligned((text.clock for text in texts), STEADY["clock"])
    ways = [
        [tasks, rows, rates, sizes, clocks],
        [tasks, rows, rates, clocks],
        [counts, rows, rates, clocks],
        [counts, rates, clocks],
        [counts, clocks],
        [clocks],
        [],
    ]
    for way in ways:
        room = width - len(GAP) - sum(len(column[0]) + len(GAP) for column in way)
        if room >= TITLE + BAR[0]:
            return way, room
    return [], width - len(GAP)


def _aligned(texts: Iterable[str], least: int = 0) -> list[str]:
    """Return texts of one length, at least `least`, with spaces before them."""
    column = list(texts)
    width = max(least, *map(len, column))
    return [text.rjust(width) for text in column]


def _padded(text: str, width: int) -> Text:
    from rich.cells import cell_len
    from rich.text import Text

    return Text(text + " " * (width - cell_len(text)) + GAP)


def _bar(bar: Bar, width: int, signs: Signs) -> Text:
    """Return a bar: the part that is done in colour, the rest pale."""
    from rich.text import Text

    if width <= 0:
        return Text("")
    full = min(width, int(bar.share * width))
    done, rest = ("━", "━") if signs.more == "…" else ("#", "-")
    colour = "cyan" if bar.ended is None else "green"
    return Text.assemble((done * full, colour), (rest * (width - full), "bright_black"))
