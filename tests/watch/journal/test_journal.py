"""A journal outlives its driver: the report made from it says what the flow's own says, and where a killed job was."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.cluster.client.board import NAMESPACE
from glowray.watch.journal import folder, journal
from glowray.watch.journal.reading import PastRun, read_run, running_here
from glowray.watch.report.report import report
from glowray.watch.report.trace import trace
from tests.cluster.machine import Machine
from tests.engine.doubles import Lab
from tests.watch.plans import PLANS

DIES_COLLECTING = """\
import os, signal
import glowray as gr

class Row:
    def __init__(self, n):
        self.n = n

    def __setstate__(self, state):
        os.kill(os.getpid(), signal.SIGKILL)

print(gr.Flow("large result", engine="inline").from_range(2).map(Row).collect())
"""

KILLED = """\
import os, signal, sys, time
import glowray as gr

def last_words(n):
    if n == 7:
        time.sleep(float(sys.argv[2]))
        os.kill(os.getpid(), signal.SIGKILL)
    return n

rows = gr.Flow("doomed", engine="inline").from_range(12, partitions=6)
if sys.argv[1] == "1":
    rows = rows.map(last_words)
pairs = rows.map(lambda n: (n % 3, n)).reduce_by_key(max).map_values(lambda n: n - 2)
if sys.argv[1] == "2":
    pairs = pairs.map_values(last_words)
print(pairs.collect())
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLOWRAY_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def only_run(home: Path) -> PastRun:
    (path,) = (home / "runs").iterdir()
    return read_run(path)


def without_memory_of_time(page: str) -> str:
    """Return a page without numbers that depend on the moment at which it is made."""
    return re.sub(r"\d+(\.\d+)? s\b|<b>\d+\.\d\d</b>|\d\.\d+</td>", "#", page)


@pytest.mark.parametrize("plan", PLANS)
def test_the_report_from_the_journal_is_that_of_the_flow(
    plan: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "KEPT_SECONDS", 0.0)
    rows = PLANS[plan]()
    rows.collect()
    past = only_run(home)
    assert past.state == "done" and past.record.log.events == rows.flow.outcome.record.log.events
    assert without_memory_of_time(report(past.record)) == without_memory_of_time(report(rows.flow.outcome.record))
    ours, theirs = past.record.stats.to_dict(), rows.flow.stats.to_dict()
    assert without_seconds(ours) == without_seconds(theirs)


def without_seconds(stats: dict[str, Any]) -> dict[str, Any]:
    """Return statistics without the seconds of the job and its stages. A journal has them by another clock."""
    stages = [{name: value for name, value in stage.items() if name != "seconds"} for stage in stats["stages"]]
    return {**stats, "seconds": None, "stages": stages}


def test_a_failed_job_has_a_journal_on_every_engine(engine: Lab, home: Path) -> None:
    flow = engine.flow("reciprocals")
    with pytest.raises(ZeroDivisionError):
        flow.from_range(8, partitions=4).map(lambda n: 1 / (n - 3)).collect()
    past = only_run(home)
    assert past.state == "failed" and past.record.log.failure == flow.outcome.record.log.failure
    assert "ZeroDivisionError" in report(past.record) and trace(past.record)["traceEvents"]


def test_a_short_job_that_succeeds_leaves_nothing(engine: Lab, home: Path) -> None:
    assert engine.flow().from_range(5).map(str).collect() == list("01234")
    assert list((home / "runs").iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize(("stage", "lives", "where"), [(1, 0, "task 4 of 6"), (2, 0, "map_values"), (1, 2.5, "")])
def test_the_report_of_a_killed_driver_says_where_and_what_is_known(
    stage: int, lives: float, where: str, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "machine")
    (tmp_path / "killed.py").write_text(KILLED)
    machine.run("run", tmp_path / "killed.py", stage, lives, code=-signal.SIGKILL)
    shown = machine.run("report", "-o", tmp_path / "died.html").stdout
    page = (tmp_path / "died.html").read_text()
    for said in ("doomed", "killed.py", f"stage {stage} ", where, "memory"):
        assert said in shown and said in page
    assert f"It failed in stage {stage}" in page
    assert ("were left" in shown) == (lives > journal.BEAT_SECONDS)
    assert "died" in machine.run("report", "--list").stdout


@pytest.mark.process
def test_a_driver_that_dies_while_it_takes_the_result_has_died(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "machine")
    (tmp_path / "large.py").write_text(DIES_COLLECTING)
    machine.run("run", tmp_path / "large.py", code=-signal.SIGKILL)
    shown = machine.run("report", "-o", tmp_path / "died.html").stdout
    assert "large result died" in shown and "All tasks had ended" in shown


@pytest.mark.parametrize("text", [b"", b"{}\n", b"no json\n", b'{"event": "plan"}\n'])
def test_files_that_are_no_journals_are_told_apart(text: bytes, home: Path) -> None:
    folder.JournalFile.create()
    (home / "runs" / "other.jsonl").write_bytes(text)
    assert len(folder.journals()) == 1
    with pytest.raises(ValueError, match="is no journal"):
        read_run(home / "runs" / "other.jsonl")


def test_cut_lines_are_left_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT_SECONDS", 0.0)
    gr.Flow("whole", engine="inline").from_range(20, partitions=3).map(str).collect()
    (path,) = (home / "runs").iterdir()
    whole = path.read_bytes()
    begins = whole.index(b'"stage begins"')
    for size in range(begins, len(whole), 97):
        path.write_bytes(whole[:size])
        assert "whole" in report(read_run(path).record)


def test_old_journals_are_swept_and_those_of_living_drivers_are_kept(home: Path) -> None:
    made = []
    for _ in range(folder.KEPT + 5):
        created = folder.JournalFile.create()
        assert created is not None
        os.close(created[1])
        made.append(created[0])
    folder.sweep()
    assert len(folder.journals()) == len(made), "this process lives"
    for file in made:
        head = json.loads(file.path.read_text())
        head["driver"]["process"]["started"] += 1  # Another process had this pid.
        file.path.write_bytes(folder.line(head))
    os.utime(made[-1].path, (0, time.time() - folder.KEPT_SECONDS - 9))
    folder.sweep()
    assert 0 < len(folder.journals()) <= folder.KEPT and not made[-1].path.exists()


def test_a_process_keeps_its_newest_journals_and_looks_at_others_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sweeps = [100.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(folder, "sweep", lambda: sweeps.append(now[0]))
    sweeper = folder.Sweeper()
    for number in range(2 * folder.KEPT):
        path = tmp_path / f"{number}.jsonl"
        path.touch()
        sweeper.ended(path)
        now[0] += folder.SWEEP_SECONDS / folder.KEPT
    assert {int(path.stem) for path in tmp_path.iterdir()} == set(range(folder.KEPT, 2 * folder.KEPT))
    assert len(sweeps) == 2


def test_a_home_that_cannot_be_used_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GLOWRAY_HOME", str(tmp_path / "file" / "below"))
    assert gr.Flow(engine="inline").from_range(3).collect() == [0, 1, 2]


def test_a_running_job_is_seen_from_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BEAT_SECONDS", 0.01)
    for _ in gr.Flow("watched", engine="inline").from_range(4, partitions=2):
        while not (seen := running_here()):
            time.sleep(0.01)
        assert [(run.name, run.pid, run.tasks) for run in seen] == [("watched", os.getpid(), 2)]
    assert not running_here()


@pytest.mark.ray
def test_the_state_of_a_job_on_ray_is_posted_and_removed(
    ray_lab: Lab, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_list

    def new_keys() -> set[bytes]:
        return set(_internal_kv_list(b"", namespace=NAMESPACE)) - before

    before = set(_internal_kv_list(b"", namespace=NAMESPACE))  # of drivers that other tests killed
    monkeypatch.setattr(journal, "BEAT_SECONDS", 0.05)
    for _ in ray_lab.flow("posted").from_range(4, partitions=2):
        while not (keys := new_keys()):
            time.sleep(0.01)
        (key,) = keys
        assert json.loads(_internal_kv_get(key, namespace=NAMESPACE))["name"] == "posted"
    assert not new_keys()
