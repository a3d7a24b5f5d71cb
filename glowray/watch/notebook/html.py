"""HTML of what a notebook shows besides tables: plans, progress and errors. The user's text is escaped everywhere."""

from __future__ import annotations

from html import escape

from glowray.functions.replay import Replay
from glowray.watch.run.progress_view import Bar, ProgressView, bar_texts
from glowray.watch.run.units import clock
from glowray.watch.table.cell_text import printable
from glowray.watch.table.html import page_part

STYLE = """<style>
.glowray details>summary{cursor:pointer;padding:3px 10px;opacity:.8}
.glowray pre{font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:4px 10px;padding:0;
overflow-x:auto;white-space:pre;background:transparent;color:inherit;border:0}
.glowray .plan svg{max-width:100%;height:auto;border-radius:8px;margin:6px 10px}
.glowray .bars{display:grid;grid-template-columns:minmax(8em,max-content) minmax(5em,16em) repeat(5,max-content);
gap:3px 16px;align-items:center;margin:4px 10px;font-variant-numeric:tabular-nums;overflow-x:auto}
.glowray .bars .title{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.glowray .bars .fact{text-align:right;white-space:nowrap;opacity:.8}
.glowray .track{height:6px;border-radius:3px;background:rgba(128,128,128,.25);overflow:hidden}
.glowray .done{height:6px;border-radius:3px;background:#0e9fb5}
.glowray .done.whole{background:#2da44e}
.glowray .card{border-left:3px solid #e5534b;padding:4px 12px;margin:4px 0}
.glowray .card b.bad{font-size:14px}
.glowray .card dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:6px 0}
.glowray .card dt{opacity:.65;font-weight:400}
.glowray .card dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap;
font:12px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
</style>"""


def folded(summary: str, body: str, *, is_open: bool = False) -> str:
    """Return HTML whose body is shown when the summary is clicked. The summary is text, the body HTML."""
    state = " open" if is_open else ""
    return f"<details{state}><summary>{escape(summary)}</summary>{body}</details>"


def preformatted(text: str) -> str:
    """Return lines of text as HTML."""
    return f"<pre>{escape(chr(10).join(map(printable, text.splitlines())))}</pre>"


def plan_picture(svg: str) -> str:
    """Return an SVG document as a part of a page."""
    return f'<div class="plan">{svg[svg.index("<svg") :]}</div>'


def progress_html(view: ProgressView, now: float, *, has_ended: bool) -> str:
    """Return the progress of a job: its name, stages and time, and a bar for each stage to show.

    A job that has ended is folded to one line.
    """
    facts = [view.name, f"{view.ended} of {view.stages} stages", clock(now - view.began), view.announced]
    bars = f'<div class="bars">{"".join(_bar(bar, now) for bar in view.shown())}</div>'
    remark = f'<div class="note">{escape(view.remark)}</div>' if view.remark else ""
    summary = " · ".join(filter(None, map(printable, facts)))
    return page_part(STYLE + folded(summary, bars + remark, is_open=not has_ended))


def progress_text(view: ProgressView, now: float) -> str:
    """Return the progress of a job as one line of text."""
    return f"{printable(view.name)}: {view.ended} of {view.stages} stages, {clock(now - view.began)}"


def _bar(bar: Bar, now: float) -> str:
    texts = bar_texts(bar, now)
    title = escape(printable(texts.title))
    kind = "done" if bar.ended is None else "done whole"
    track = f'<div class="track"><div class="{kind}" style="width:{100 * min(1.0, bar.share):.1f}%"></div></div>'
    facts = (texts.tasks, texts.rows, texts.rate, texts.size, texts.clock)
    cells = "".join(f'<div class="fact">{escape(fact)}</div>' for fact in facts)
    return f'<div class="title" title="{title}">{title}</div>{track}{cells}'


def error_html(error: BaseException) -> str:
    """Return a user's exception as HTML: what it says, and the notes on step, row and partition that glowray added."""
    head = f'<b class="bad">{escape(type(error).__name__)}</b>'
    message = printable_lines(_message(error))
    lines = "".join(_note(note) for note in _notes(error))
    return page_part(f'{STYLE}<div class="card">{head} {escape(message)}<dl>{lines}</dl></div>')


def is_from_task(error: BaseException) -> bool:
    """Return whether an exception came from a function of the user's in a task, so that it has notes of glowray."""
    return any(isinstance(value, Replay) for value in vars(error).values())


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:  # The user's class may fail to say what it is.
        return f"<its str() raises {type(failed).__name__}>"


def _notes(error: BaseException) -> list[str]:
    notes = vars(error).get("__notes__", ())
    return [note for note in notes if isinstance(note, str)]


def _note(note: str) -> str:
    """Return a note as a line of a list: "row: ('a', 1)" is `row` and `('a', 1)`."""
    name, colon, text = note.partition(": ")
    if not colon or " " in name:
        name, text = ("step", note.removeprefix("in ")) if note.startswith("in ") else ("note", note)
    return f"<dt>{escape(name)}</dt><dd>{escape(printable_lines(text))}</dd>"


def printable_lines(text: str) -> str:
    """Escape characters that are not printable, except line ends."""
    return "\n".join(map(printable, text.splitlines()))
