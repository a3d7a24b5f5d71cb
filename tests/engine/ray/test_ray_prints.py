"""Test prints of tasks on Ray: every line once, on stderr, in task order, before the action returns."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.engine.ray import prints as ray_prints
from glowray.engine.ray.capture import LIVE, TAKEN
from glowray.engine.ray.prints import Prints
from glowray.engine.task.protocol import Heard
from tests.engine.doubles import Lab


@pytest.mark.ray
def test_every_line_in_order(ray_lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    def work(n: int) -> int:
        print("the same in all")
        print("line", n, file=sys.stderr, flush=True)
        print("no line end", n, end="")
        return n

    assert ray_lab.flow().from_range(200, partitions=200).map(work).sum() == 19900
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "".join(f"the same in all\nline {n}\nno line end {n}\n" for n in range(200))


@pytest.mark.ray
def test_whatever_prints(ray_lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    def work(n: int) -> bool:
        print("unicode é漢")
        sys.stdout.buffer.write(b"\xff binary\n")
        sys.stdout.buffer.flush()
        os.write(2, b"descriptor\n")
        subprocess.run(["echo", "a process"], check=True)
        logging.warning("a warning")
        thread = threading.Thread(target=print, args=("a thread",))
        thread.start()
        thread.join()
        print("x" * 3_000_000)
        return sys.stdout.isatty()

    assert ray_lab.flow().from_range(1).map(work).collect() == [False]
    *lines, long = capfd.readouterr().err.splitlines()
    assert lines == [
        "unicode é漢", "\\xff binary", "descriptor", "a process", "WARNING:root:a warning", "a thread",
    ]  # fmt: skip
    assert long == "x" * 3_000_000


@pytest.mark.ray
def test_a_failure_comes_after_what_was_printed(ray_lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    def fail(n: int) -> int:
        print("row", n)
        return 1 // n

    with pytest.raises(ZeroDivisionError):
        ray_lab.flow().from_range(1).map(fail).collect()
    assert capfd.readouterr().err == "row 0\n"


@pytest.mark.ray
def test_a_task_is_heard_while_it_runs(ray_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "heard"
    os.mkfifo(fifo)
    written: list[str] = []

    class Stream:
        def write(self, text: str) -> None:
            written.append(text)
            if "before" in text:
                fifo.write_text("heard")

        def flush(self) -> None: ...
        def isatty(self) -> bool:
            return False

    def work(n: int) -> str:
        print("before")
        text = fifo.read_text()
        print("after")
        return text

    monkeypatch.setattr(sys, "stderr", Stream())
    assert ray_lab.flow().from_range(1).map(work).collect() == ["heard"]
    assert written == ["before\n", "after\n"]


@pytest.mark.ray
def test_what_a_lost_attempt_printed(ray_lab: Lab, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    once, fifo = tmp_path / "once", tmp_path / "heard"
    os.mkfifo(fifo)
    heard: list[Heard] = []

    def work(n: int) -> int:
        if not once.exists():
            once.touch()
            print("first attempt")
            fifo.read_text()
            os.kill(os.getpid(), signal.SIGKILL)
        print("second attempt")
        return n

    hear = Prints.handle

    def handle(self: Prints, data: dict[str, Any]) -> None:
        hear(self, data)
        if str(data["task_name"]).startswith(TAKEN) and "first attempt" in data["lines"]:
            heard.append(Heard(0, data["lines"]))
            fifo.write_text("heard")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prints, "handle", handle)
        patch.setattr("glowray.engine.ray.start._engine", None)  # a new engine, with its own handlers
        assert ray_lab.flow().from_range(1).map(work).collect() == [0]
    lines = [line for line in capfd.readouterr().err.splitlines() if "attempt" in line]
    assert lines == ["first attempt", "second attempt"]
    assert heard


@pytest.mark.ray
def test_a_channel_s_tasks(ray_lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    rows = ray_lab.flow().from_channel(iter(range(3))).map(lambda n: print("row", n) or n)  # type: ignore[func-returns-value]
    assert list(rows) == [0, 1, 2]
    assert [line for line in capfd.readouterr().err.splitlines() if "row" in line] == ["row 0", "row 1", "row 2"]


def test_inline_prints_stay_where_they_are(capfd: pytest.CaptureFixture[str]) -> None:
    gr.Flow(engine="inline").from_range(2).map(print).collect()
    assert capfd.readouterr() == ("0\n1\n", "")


class Task:
    """A stand-in for a task whose prints are heard."""

    flows = False

    def __init__(self) -> None:
        self.got: list[Heard] = []
        self.hear = self.got.append


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    from ray._private.ray_logging import global_worker_stdstream_dispatcher as dispatcher

    found: list[tuple[str, Any]] = []
    monkeypatch.setattr(dispatcher, "handlers", found)
    monkeypatch.setattr("ray._private.worker.print_to_stdstream", None)
    return iter([found])


def test_lines_of_others_are_not_lost(handlers: Iterator[Any], capsys: pytest.CaptureFixture[str]) -> None:
    import ray

    found, seen = next(handlers), []
    found.append((ray_prints.HANDLER, seen.append))
    line = {"pid": 7, "ip": "10.0.0.1", "localhost": "10.0.0.2", "lines": ["an actor's"], "task_name": None}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_prints, "_is_own", lambda: False)
        Prints().handle(line)
        assert seen == [line], "the user's own Ray prints as ever"
    found[:] = [(ray_prints.HANDLER, seen.append)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_prints, "_is_own", lambda: True)
        Prints().handle(line)
        ray._private.worker.print_to_stdstream({"pid": "raylet", "lines": ["an error"], "is_err": False}, False)
    assert capsys.readouterr() == ("", "(pid=7, ip=10.0.0.1) an actor's\n(raylet) an error\n")


def test_who_wants_no_lines_gets_none(handlers: Iterator[Any]) -> None:
    """With log_to_driver=False, Ray has no handler."""
    task: Any = Task()
    assert Prints().listen(task) == ""


def test_lines_go_to_their_task(handlers: Iterator[Any]) -> None:
    next(handlers).append((ray_prints.HANDLER, pytest.fail))
    prints, task = Prints(), Task()
    token = prints.listen(task)  # type: ignore[arg-type]
    prints.handle({"task_name": f"{TAKEN} {token} 1", "lines": ["a"]})
    prints.handle({"task_name": f"{LIVE} {token} 1 5 2", "lines": ["b"]})
    assert task.got == [Heard(1, ["a"]), Heard(1, ["b"], 5, 2)]
    prints.forget([task])  # type: ignore[list-item]
    prints.handle({"task_name": f"{TAKEN} {token} 1", "lines": ["late"]})
    assert len(task.got) == 2
