"""Test prints of tasks elsewhere: each line once, in task order, the lowest task's while it runs."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.engine.task.protocol import Done, Heard
from glowray.kernels import TaskReport
from glowray.kernels.ends.exchange import OneBlock
from glowray.kernels.ends.sources import Blocks
from glowray.physical.stages.stage import Branch, StagePlan, StageRun, runs_of
from glowray.watch.run import task_prints
from glowray.watch.run.task_prints import TaskPrints
from tests.watch.terminal import Terminal

TASKS = 4


def stage(number: int = 1) -> StageRun:
    plan = StagePlan(number, (Branch(Blocks("read", ""), TASKS),), OneBlock())
    return runs_of([plan])[plan]


def done(place: int, printed: Any = b"", attempt: int = 0, number: int = 1, *, final: bool = True) -> Done:
    task: Any = SimpleNamespace(identity=(number, place))
    report = TaskReport(place, printed=printed, attempt=attempt, remote=True, final=final)
    return Done(task, report, None)


def settle(prints: TaskPrints, *tasks: Done) -> None:
    for each in tasks:
        prints.task_done(stage(), each)
        prints.task_settled(stage(), each)


@pytest.fixture
def prints() -> TaskPrints:
    made = TaskPrints()
    made.stage_started(stage())
    return made


def test_whole_lines_in_order_of_tasks(prints: TaskPrints, capsys: pytest.CaptureFixture[str]) -> None:
    settle(prints, done(0, b"a\nb"), done(1), done(2, pickle.PickleBuffer("é\n".encode())), done(3, b"\xff\n"))
    prints.end()
    assert capsys.readouterr() == ("", "a\nb\né\n\\xff\n")


def test_the_task_whose_turn_it_is_is_heard_at_once(prints: TaskPrints, capsys: pytest.CaptureFixture[str]) -> None:
    prints.task_heard(stage(), 1, Heard(0, ["second"], 0, 7))
    prints.task_heard(stage(), 0, Heard(0, ["first"], 0, 6))
    assert capsys.readouterr().err == "first\n"
    settle(prints, done(0, b"first\nlast\n"))
    assert capsys.readouterr().err == "last\nsecond\n"
    prints.task_heard(stage(), 1, Heard(0, ["a gap before it"], 90, 16))
    assert capsys.readouterr().err == ""
    settle(prints, done(1, b"second\nmore\na gap before it\n"))
    assert capsys.readouterr().err == "more\na gap before it\n"
    prints.task_heard(stage(), 1, Heard(0, ["late"]))
    prints.end()
    assert capsys.readouterr().err == ""


def test_lines_of_an_attempt_that_was_lost(prints: TaskPrints, capsys: pytest.CaptureFixture[str]) -> None:
    prints.task_heard(stage(), 0, Heard(0, ["one"], 0, 4))
    prints.task_heard(stage(), 0, Heard(0, ["one", "two"]))
    prints.task_heard(stage(), 0, Heard(1, ["three"]))
    settle(prints, done(0, b"four\n", attempt=2))
    assert capsys.readouterr().err == "one\ntwo\nthree\nfour\n"


def test_what_is_left_at_the_end(prints: TaskPrints, capsys: pytest.CaptureFixture[str]) -> None:
    prints.task_done(stage(), done(2, b"two\n"))
    prints.task_heard(stage(), 1, Heard(0, ["one"]))
    prints.task_heard(stage(), 3, Heard(0, ["three"], 0, 6))
    prints.end()
    assert capsys.readouterr().err == "one\ntwo\nthree\n"


def test_stages_side_by_side(prints: TaskPrints, capsys: pytest.CaptureFixture[str]) -> None:
    prints.stage_started(stage(2))
    prints.task_heard(stage(2), 0, Heard(0, ["of the second stage"], 0, 20))
    assert capsys.readouterr().err == ""
    prints.stage_done(stage())
    prints.task_heard(stage(2), 0, Heard(0, ["more"], 20, 5))
    assert capsys.readouterr().err == "of the second stage\nmore\n"


def test_pieces_of_a_task_that_flows(prints: TaskPrints, capsys: pytest.CaptureFixture[str]) -> None:
    settle(prints, done(0, b"a\n", final=False), done(0, b"b\n"))
    assert capsys.readouterr().err == "a\nb\n"


def test_a_prefix_in_colour_on_a_terminal_only(prints: TaskPrints, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    settle(prints, done(0, b"a\nb\n"))
    assert terminal.getvalue() == "".join(f"\x1b[2m[stage 1, task 1/4]\x1b[0m {line}\n" for line in "ab")


def test_nobody_reads_stderr(prints: TaskPrints, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, Terminal()):
        if stream is not None:
            stream.close()
        monkeypatch.setattr(sys, "stderr", stream)
        settle(prints, done(0, b"a\n"))


@given(st.lists(st.text("aé漢\n", max_size=9)), st.integers(1, 7), st.integers(0, 40))
def test_pieces_are_whole_lines(texts: list[str], size: int, lines: int) -> None:
    text = "".join(texts)
    shown = "".join(text.splitlines(keepends=True)[:lines])
    shown = shown if shown.endswith("\n") else ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_prints, "PIECE", size)
        pieces = list(task_prints._decoded(text.encode(), len(shown.encode())))
    assert all(piece.endswith("\n") for piece in pieces if piece)
    rest = text[len(shown) :]
    assert "".join(pieces) == rest + ("" if rest.endswith("\n") or not rest else "\n")


def test_a_report_gives_its_output_back(prints: TaskPrints) -> None:
    ended = done(0, b"a\n")
    settle(prints, ended)
    assert dataclasses.asdict(ended.report)["printed"] == b"", "a stage keeps its reports, not what was printed"
