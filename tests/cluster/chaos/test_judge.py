"""Test the judgement on rounds: each rule finds what breaks it, and a plan follows from seed and round alone."""

from __future__ import annotations

import dataclasses
import signal
from pathlib import Path

import pytest

from tests.cluster.chaos.faults import KINDS, Fault, Fuses, exhaust_memory
from tests.cluster.chaos.jobs import JOBS, Places, Result, run
from tests.cluster.chaos.judge import Contents, Seen, judge
from tests.cluster.chaos.plan import LAST, Plan
from tests.cluster.chaos.rounds import content, files_beside
from tests.cluster.chaos.table import describe

RIGHT = Result("a1", {"seen": 3}, {"map": 2})
LOST = Result(error="WorkerLost", message="the task was lost; try again", is_glowray=True)
NEW = {"folder": Contents(before="b0", after="c1", new="c1"), "other": Contents(before=None, after="d1", new="d1")}
OLD = {"folder": Contents(before="b0", after="b0", new="c1"), "other": Contents(before=None, after=None, new="d1")}
TORN = {"folder": NEW["folder"], "other": OLD["other"]}
HALF = {"folder": Contents(before="b0", after="x9", new="c1")}
FINE = Seen(0, RIGHT, RIGHT, NEW)


def plan_of(*kinds: str, driver: int = 0) -> Plan:
    faults = tuple(Fault(kind, "rows", 0, 0, 1, 0.0) for kind in kinds)
    return Plan(1, 0, "two folders", driver, True, faults)


@pytest.mark.parametrize(
    ("kinds", "seen", "outcome"),
    [
        (["worker"], FINE, "exact"),
        (["head"], dataclasses.replace(FINE, result=LOST, contents=OLD), "error"),
        (["kill"], dataclasses.replace(FINE, code=-signal.SIGKILL, result=None, contents=TORN), "ended"),
        (["term"], dataclasses.replace(FINE, code=143, result=None, contents=OLD), "ended"),
        (["memory"], Seen(0, Result(error="MemoryError", notes="in map, job.py:3"), RIGHT, OLD), "error"),
    ],
)
def test_an_allowed_outcome_breaks_no_rule(kinds: list[str], seen: Seen, outcome: str) -> None:
    verdict = judge(plan_of(*kinds), seen)
    assert (verdict.outcome, verdict.broken) == (outcome, ())


@pytest.mark.parametrize(
    ("kinds", "change", "said"),
    [
        (["worker"], {"result": dataclasses.replace(RIGHT, rows="a2")}, "the rows are a2, not a1"),
        (["worker"], {"result": dataclasses.replace(RIGHT, counters={"seen": 4})}, "the counters are"),
        (["worker"], {"result": dataclasses.replace(RIGHT, skipped={})}, "the skipped rows are"),
        (["worker"], {"contents": OLD}, "folder is b0, not one of"),
        (["worker"], {"result": LOST, "contents": OLD}, "the job must survive these faults"),
        (["worker"], {"code": None, "result": None}, "the job did not end"),
        (["worker"], {"code": -signal.SIGKILL, "result": None}, "ended with -9"),
        (["term"], {"code": 1, "result": None}, "ended with 1"),
        (["head"], {"result": dataclasses.replace(LOST, is_glowray=False)}, "the error is not of glowray"),
        (["head"], {"result": dataclasses.replace(LOST, message="a\nb")}, "the error is not one sentence"),
        (["memory"], {"result": Result(error="MemoryError")}, "the error is not one sentence"),
        (["head"], {"result": LOST, "contents": HALF}, "folder is x9, not one of"),
        (["head"], {"result": LOST, "contents": TORN}, "some outputs of one run are new"),
        (["kill"], {"code": -9, "result": None, "contents": HALF}, "folder is x9"),
        (["worker"], {"left": ["out/.part"]}, "left behind: out/.part"),
        (["worker"], {"next_sum": None}, "the next job gave None"),
    ],
)
def test_a_broken_rule_is_found(kinds: list[str], change: dict[str, object], said: str) -> None:
    broken = judge(plan_of(*kinds), dataclasses.replace(FINE, **change)).broken
    assert any(said in reason for reason in broken), broken


def test_a_raylet_below_the_driver_may_end_the_job() -> None:
    assert plan_of("raylet", driver=1).may_fail and not plan_of("raylet", driver=2).may_fail


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "words.txt").write_text("a b a\n" * 100)
    folder = tmp_path / "round"
    folder.mkdir()
    texts = [str(folder / name) for name in ("out", "other")]
    return Places(str(tmp_path / "words.txt"), *texts, f"memory://{tmp_path.name}", str(folder / "bad.jsonl"), {})


@pytest.mark.parametrize("job", JOBS)
def test_a_job_gives_the_same_twice_and_its_versions_differ(job: str, places: Places) -> None:
    def contents() -> list[str | None]:
        return [content(places, name) for name in JOBS[job].targets]

    quiet = Fuses("", ())
    first, new = run(job, "inline", places, quiet, "new"), contents()
    assert not first.error and None not in new
    run(job, "inline", places, quiet, "old")
    assert all(was != now for was, now in zip(new, contents(), strict=True))
    assert run(job, "inline", places, quiet, "new") == first and contents() == new


def test_planted_files_are_found(places: Places) -> None:
    run("two folders", "inline", places, Fuses("", ()), "new")
    assert files_beside(places) == []
    planted = [Path(places.folder, "_temporary-1"), Path(places.other, "part-00000.txt.tmp"), Path(places.folder + "2")]
    for path in planted:
        path.touch()
    assert sorted(files_beside(places)) == sorted(map(str, planted))


def test_a_changed_output_has_another_content(places: Places) -> None:
    run("folder", "inline", places, Fuses("", ()), "new")
    whole = content(places, "folder")
    Path(places.folder, "part-00002.txt").write_text("")
    assert content(places, "folder") != whole


def test_a_plan_follows_from_seed_and_round() -> None:
    plans = [Plan.draw(7, number) for number in range(400)]
    assert plans == [Plan.draw(7, number) for number in range(400)]
    assert all(Plan.from_json(plan.to_json()) == plan and 1 <= len(plan.faults) <= 3 for plan in plans)
    assert {kind for plan in plans for kind in plan.kinds} == KINDS.keys()
    assert {plan.job for plan in plans} == JOBS.keys()
    assert all(plan.driver != LAST for plan in plans if "late" in plan.kinds)


def test_a_fuse_fires_once(tmp_path: Path) -> None:
    fuses = Fuses(str(tmp_path / "fuses"), (Fault("slow", "rows", 1, 2, 0, 0.0),))
    fuses.arm()
    fuses.file(0, ".applied").touch()
    assert list(fuses.at("rows")(0, iter("abcd"))) == list(fuses.at("keys")(1, iter("abcd"))) == list("abcd")
    assert fuses.file(0, ".armed").exists()
    rows = fuses.at("rows")(1, iter("abcd"))
    assert [next(rows), next(rows)] == ["a", "b"] and fuses.file(0, ".armed").exists()
    assert list(rows) == ["c", "d"] and fuses.file(0, ".fired").exists()
    assert list(fuses.at("rows")(1, iter("abcd"))) == list("abcd")


def test_a_partition_with_too_few_rows_fires_at_its_end(tmp_path: Path) -> None:
    fuses = Fuses(str(tmp_path / "fuses"), (Fault("slow", "rows", 0, 99, 0, 0.0),))
    fuses.arm()
    fuses.file(0, ".applied").touch()
    assert list(fuses.at("rows")(0, iter("ab"))) == ["a", "b"] and fuses.file(0, ".fired").exists()


def test_memory_is_bounded_and_given_back() -> None:
    with pytest.raises(MemoryError):
        exhaust_memory()
    assert len(bytes(256 << 20)) == 256 << 20


def test_the_table_counts_outcomes_and_broken_rounds() -> None:
    rounds = [
        {"plan": {"job": "join", "faults": [{"kind": "worker"}, {"kind": "head"}]}, "outcome": "error", "broken": []},
        {"plan": {"job": "join", "faults": [{"kind": "worker"}]}, "outcome": "exact", "broken": ["the rows are wrong"]},
    ]
    page = describe(rounds)
    assert "2 rounds ran, and 1 broke a rule." in page
    (row,) = [line for line in page.splitlines() if line.startswith("| a worker process is killed")]
    assert "| 1 / 1 / 0 |" in row and row.endswith("| 1 |")
