"""Test progress: bars at the bottom of a terminal that vanish at the end, lines elsewhere, nothing if not wanted."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import glowray as gr
from glowray.watch import progress_place
from glowray.watch.progress_place import progress_for
from glowray.watch.run import progress
from glowray.watch.run.live_lines import Guard, LiveLines
from glowray.watch.run.progress import LiveProgress, PlainProgress, Progress
from glowray.watch.run.progress_lines import progress_lines
from glowray.watch.run.progress_view import Bar, ProgressView
from glowray.watch.table.cell_text import signs_for
from tests.watch.terminal import CONTROL, Terminal


def use_terminal(patch: pytest.MonkeyPatch) -> Terminal:
    """Send standard output and error to one terminal, for the rest of the test."""
    made = Terminal()
    patch.setenv("TERM", "xterm")
    patch.setattr(sys, "stdout", made)
    patch.setattr(sys, "stderr", made)
    return made


def flow(asked: bool | None) -> gr.Flow:
    return gr.Flow("job", engine="inline", progress=asked)


@given(st.lists(st.text("ab \n", max_size=4) | st.none(), max_size=12))
def test_what_is_printed_stands_as_without_the_lines(writes: list[str | None]) -> None:
    terminal = Terminal()
    lines = LiveLines(terminal, lambda width: ["one", "two"], 0)
    guard = Guard(terminal, lines)
    for text in writes:
        if text is not None:
            assert guard.write(text) == len(text)
        elif not lines.in_line:
            lines._draw()
            assert terminal.screen.endswith("one\ntwo\n")
    lines.stop()
    assert terminal.screen == "".join(text for text in writes if text is not None)


def test_lines_are_drawn_until_they_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    drawn = threading.Event()
    lines = LiveLines(terminal, lambda width: [drawn.set() or "busy"], 0)  # type: ignore[func-returns-value, list-item]
    lines.start()
    assert drawn.wait(60)
    with lines.lock:
        assert isinstance(sys.stdout, Guard) and isinstance(sys.stderr, Guard)
    print("from the job")
    print("to stderr", file=sys.stderr)
    lines.stop()
    lines.stop()
    lines.thread.join()
    assert sys.stdout is sys.stderr is terminal
    assert terminal.screen == "from the job\nto stderr\n"


def test_a_process_that_was_forked_off_needs_no_lock() -> None:
    terminal = Terminal()
    lines = LiveLines(terminal, lambda width: [], 0)
    lines.process = -1
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with lines.lock:
            held.set()
            free.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        Guard(terminal, lines).writelines(["child", "\n"])
    finally:
        free.set()
        thread.join()
    assert terminal.getvalue() == "child\n"


def test_a_terminal_that_has_gone_does_not_end_the_job() -> None:
    terminal = Terminal()
    lines = LiveLines(terminal, lambda width: ["busy"], 0)
    terminal.close()
    lines._draw()
    assert lines.closed.is_set()


def test_who_gets_which(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    assert type(progress_for("job", [], False)) is Progress
    assert isinstance(made := progress_for("job", [], None), LiveProgress) and made.lines.delay == progress_place.DELAY
    assert isinstance(made := progress_for("job", [], True), LiveProgress) and made.lines.delay == 0
    monkeypatch.setenv("TERM", "dumb")
    assert type(progress_for("job", [], None)) is Progress
    assert type(progress_for("job", [], True)) is PlainProgress


def test_a_job_leaves_the_terminal_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    rows = flow(True).from_range(4, partitions=2).map(lambda n: print(n) or (n % 2, n))  # type: ignore[func-returns-value]
    rows.reduce_by_key(max).sort().collect()
    assert terminal.screen == "0\n1\n2\n3\n"
    assert sys.stdout is terminal


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_so_does_one_that_fails(error: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)

    def fail(row: int) -> int:
        raise error

    with pytest.raises(error):
        flow(True).from_range(4, partitions=2).map(fail).count()
    assert terminal.screen == ""
    assert sys.stdout is sys.stderr is terminal
    assert progress.drawing.acquire(blocking=False)
    progress.drawing.release()


def test_a_reader_of_rows_has_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    for row in flow(True).from_range(4, partitions=2).map(str):
        print(row)
        assert sys.stdout is terminal
    assert terminal.screen == "0\n1\n2\n3\n"


def test_a_job_within_a_job_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    outer, inner = (LiveProgress(name, 1, terminal, 3600) for name in ("outer", "inner"))
    outer.begin()
    inner.begin()
    assert (outer.draws, inner.draws) == (True, False)
    inner.end()
    outer.end()
    inner.begin()
    assert inner.draws
    inner.end()


def test_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    seen: list[list[str]] = []
    shown = LiveProgress("job", 9, terminal, 3600)
    shown.view.bars = [
        Bar(n, f"map→verb {n}" * 9, 4, n % 4, 1000 * n, ended=float(n) if n < 6 else None) for n in range(1, 10)
    ]
    seen.append(shown.render(90))
    assert all(len(line) < 300 for line in seen[0])
    text = Terminal()
    text.write("\n".join(seen[0]))
    first, *bars = text.screen.splitlines()
    assert first.startswith("job") and "5 of 9 stages" in first
    assert [bar.split()[0] for bar in bars] == ["4", "5", "6", "7", "8", "9"]
    assert "3 of 4 tasks" in bars[3] and "7,000 rows" in bars[3]
    assert all(len(bar) <= 90 for bar in bars)


@pytest.mark.parametrize("width", [59, 79, 199])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("name", ["job", "日本語" * 40, "a\nb\x1b[1m", ""])
@pytest.mark.parametrize("tasks", [1, 64, 1_000_000])
def test_no_line_is_wider_than_the_terminal(name: str, tasks: int, encoding: str, width: int) -> None:
    bars = [
        Bar(n, "read_csv→" + name * n, tasks, tasks // 2, 10 ** (3 * n), 10 ** (3 * n), 1.0, 9.0 if n < 3 else None)
        for n in range(1, 7)
    ]
    view = ProgressView(name, 10**6, "starting Ray…", 5, bars, 0.0)
    lines = [CONTROL.sub("", line) for line in progress_lines(view, 100_000.0, width, signs_for(encoding))]
    assert len(lines) == 8 and max(map(cell_len, lines)) <= width
    assert lines[-1] == "5 rows planned as arrow ran in Python"
    assert all(("left" in line) == (tasks > 1) for line in lines[3:-1]), "how long it takes is seen at any width"
    assert len({cell_len(line) for line in lines[1:-1]}) == 1
    "".join(lines).encode(encoding)


def test_what_a_line_says() -> None:
    view = ProgressView("flights", 3, "starting Ray…", began=0.0)
    view.bars = [
        Bar(1, "read_csv→map→combine", 64, 64, 336_776, 1_234_567, 0.0, 4.0),
        Bar(2, "merge→sort", 8, 2, 5_000, 120_000, 4.0),
    ]

    def lines(width: int) -> list[str]:
        return [CONTROL.sub("", line) for line in progress_lines(view, 8.0, width, signs_for("utf-8"))]

    assert lines(59) == [
        "flights  1 of 3 stages  0:08  starting Ray…",
        "1 read_csv→ma…  ━━━━━━━  64 of 64   84.2k rows/s       0:04",
        "2 merge→sort    ━━━━━━━    2 of 8   1,250 rows/s  0:12 left",
    ]
    assert lines(79)[1:] == [
        "1 read_csv→ma…  ━━━━━━━━  64 of 64 tasks  336.8k rows   84.2k rows/s       0:04",
        "2 merge→sort    ━━━━━━━━    2 of 8 tasks   5,000 rows   1,250 rows/s  0:12 left",
    ]
    assert all(lines(199)[place].startswith(view.bars[place - 1].chain, 2) for place in (1, 2))
    assert lines(199)[2].endswith("2 of 8 tasks   5,000 rows   1,250 rows/s  117.2 KiB  0:12 left")


def test_lines_where_nothing_can_be_drawn_anew(capsys: pytest.CaptureFixture[str]) -> None:
    flow(True).from_items([("a", 1), ("b", 2)], partitions=2).reduce_by_key(max).collect()
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("job: stage 1 of 2, from_items→combine, 2 of 2 tasks, 2 rows, ")
    assert second.startswith("job: stage 2 of 2, merge, 2 of 2 tasks, 2 rows, ")


@pytest.mark.parametrize("asked", [None, False])
def test_nothing_where_nobody_asked(asked: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    flow(asked).from_range(3).collect()
    assert capsys.readouterr() == ("", "")


def test_what_the_engine_does_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = LiveProgress("job", 2, use_terminal(monkeypatch), 3600)
    shown.announce("starting Ray…")
    assert "starting Ray…" in shown.render(90)[0]
    shown.announce("")
    assert "Ray" not in shown.render(90)[0]
