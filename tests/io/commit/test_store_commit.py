"""The commit to a store without rename: readers see an output whole or not at all, whatever call of the store fails."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from glowray.errors import CommitConflict
from glowray.io import Commit, TextSink, Written
from glowray.io.commit import lease
from glowray.io.commit.commit import commit_together
from glowray.io.commit.lease import DEAD_SECONDS
from glowray.io.files.job_parts import job_of
from glowray.io.text.reader import text_reader
from tests.io.commit.faulty_store import SECOND, STORE, Died, OfOtherMachines, either, faulty

__all__ = ["either", "faulty"]

pytestmark = pytest.mark.usefixtures("faulty")

FAULTS = ["fail before", "fail after", "die before", "die after"]
FOLDER, FILE = "faulty://b/out", "faulty://b/one.txt"


@dataclass
class Write:
    """A write of rows, partition by partition, to a folder or a file of the store."""

    target: str
    rows: Sequence[Sequence[str]]
    mode: str = "error"
    single_file: bool = False
    commit: Commit = field(init=False)

    def __post_init__(self) -> None:
        self.commit = Commit(self.target, TextSink(), self.mode, self.single_file)

    def prepare(self) -> Commit:
        """Do what tasks do, and stage."""
        place = self.commit.begin()
        done = [part for index, rows in enumerate(self.rows) for part in place.write(TextSink(), index, rows)]
        place.write(TextSink(), 0, ["of an attempt that the driver never hears of"])
        self.commit.stage(done)
        return self.commit


def run(*writes: Write) -> list[Written]:
    """Run writes as one job does."""
    with ExitStack() as aborting:
        for write in writes:
            aborting.callback(write.commit.abort)  # after a commit it does nothing
            write.prepare()
        return commit_together(write.commit for write in writes)


def lines(path: str) -> list[str] | None:
    """Return what a reader sees; None if there is nothing."""
    try:
        reader = text_reader(path)
    except FileNotFoundError:
        return None
    return [line for index in range(reader.num_partitions) for rows in reader.read(index) for line in rows]


def garbage() -> list[str]:
    """Return the objects that belong to no output."""
    manifests = [path for path in STORE.objects if path.endswith("/_SUCCESS")]
    listed = {
        f"{path.removesuffix('/_SUCCESS')}/{name}"
        for path in manifests
        for name in json.loads(STORE.objects[path][0])["files"]
    }
    return sorted(STORE.objects.keys() - listed - {*manifests, FILE, "faulty://b/two.txt"})


def old(target: str, mode: str, single_file: bool) -> list[str] | None:
    """Write what was there before a job of this mode. Return its lines."""
    if mode == "error":
        return None
    run(Write(target, [["old 1"], ["old 2"]], single_file=single_file))
    return ["old 1", "old 2"]


@pytest.mark.slow
@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("single_file", [False, True])
@pytest.mark.parametrize("mode", ["error", "overwrite", "append"])
def test_a_job_that_ends_at_any_call_leaves_all_or_nothing(
    either: None, mode: str, single_file: bool, how: str
) -> None:
    target = FILE if single_file else FOLDER
    new = ["new 1", "new 2"]
    whole = {"error": new, "overwrite": new, "append": ["old 1", "old 2", *new]}[mode]
    before = None if mode == "error" else ["old 1", "old 2"]
    number = 0
    while True:
        number += 1
        STORE.clear()
        old(target, mode, single_file)
        STORE.calls.clear()
        STORE.fail_at(number, how)
        failure: BaseException | None = None
        try:
            run(Write(target, [["new 1"], [], ["new 2"]], mode, single_file))
        except (OSError, Died) as error:
            failure = error
        reached = len(STORE.calls) >= number
        STORE.restart()

        assert reached or garbage() == []
        seen = lines(target)
        assert seen in (before, whole)
        if failure is None:
            assert seen == whole
        if isinstance(failure, OSError):
            assert seen == before
        run(Write(target, [["next"]], "append", single_file))
        assert lines(target) == [*(seen or []), "next"]
        assert garbage() == []
        run(Write(target, [["last"]], "overwrite", single_file))
        assert lines(target) == ["last"]
        assert garbage() == []
        if not reached:
            assert number > 15
            return


@pytest.mark.slow
@pytest.mark.parametrize("how", FAULTS)
def test_a_run_of_several_outputs_that_ends_at_any_call(how: str) -> None:
    targets = [("faulty://b/letters/two.txt", True), (FOLDER, False), ("faulty://b/more", False)]
    number = 0
    while True:
        number += 1
        STORE.clear()
        for target, single_file in targets:
            run(Write(target, [["old"]], single_file=single_file))
        STORE.calls.clear()
        STORE.fail_at(number, how)
        failure: BaseException | None = None
        try:
            run(*(Write(target, [["new 1"], ["new 2"]], "overwrite", single_file) for target, single_file in targets))
        except (OSError, Died) as error:
            failure = error
        reached = len(STORE.calls) >= number
        STORE.restart()

        assert reached or garbage() == [targets[0][0]]
        seen = [lines(target) for target, _ in targets]
        assert all(each in (["old"], ["new 1", "new 2"]) for each in seen)
        for place in (number % 3, (number + 1) % 3, (number + 2) % 3):  # Whichever output the next job writes to …
            target, single_file = targets[place]
            run(Write(target, [["next"]], "append", single_file))
        final = [lines(target) for target, _ in targets]
        assert final in ([["old", "next"]] * 3, [["new 1", "new 2", "next"]] * 3)  # … all are of one run.
        if failure is None:
            assert seen == [["new 1", "new 2"]] * 3
        left = [path for path in garbage() if path != "faulty://b/letters/two.txt"]
        assert left == []
        if not reached:
            assert number > 30
            return


@pytest.mark.slow
@pytest.mark.parametrize("how", ["fail before", "die after"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_job_that_ends_while_it_finishes_what_another_decided(place: int, how: str) -> None:
    targets = [("faulty://b/letters/two.txt", True), (FOLDER, False), ("faulty://b/more", False)]
    number, reached = 0, True
    while reached:
        number += 1
        STORE.clear()
        STORE.die_after("create", ".decided")
        with pytest.raises(Died):
            run(*(Write(target, [["new"]], single_file=single_file) for target, single_file in targets))
        STORE.restart()
        assert [lines(target) for target, _ in targets] == [None] * 3

        STORE.fail_at(number, how)
        try:
            run(Write(targets[place][0], [["next"]], "append", targets[place][1]))
        except (OSError, Died):
            reached = True
        else:
            reached = len(STORE.calls) >= number
        STORE.restart()
        assert all(lines(target) in (None, ["new"], ["new", "next"]) for target, _ in targets)
        for target, single_file in targets:
            run(Write(target, [["last"]], "append", single_file))
        seen = [lines(target) for target, _ in targets]
        assert [each and each[0] for each in seen] == ["new"] * 3
        assert [each and each[-1] for each in seen] == ["last"] * 3
        assert garbage() == [targets[0][0]]


def test_a_job_of_this_machine_that_is_alive_keeps_others_out() -> None:
    first = Write(FOLDER, [["a"]])
    first.prepare()
    with pytest.raises(CommitConflict, match="another job is writing"):
        Write(FOLDER, [["b"]]).commit.begin()
    commit_together([first.commit])
    assert (lines(FOLDER), garbage()) == (["a"], [])


@pytest.mark.parametrize("single_file", [False, True])
@pytest.mark.parametrize("mode", ["error", "overwrite", "append"])
def test_of_two_jobs_on_two_machines_one_wins_whole(
    monkeypatch: pytest.MonkeyPatch, either: None, mode: str, single_file: bool
) -> None:
    OfOtherMachines(monkeypatch)
    target = FILE if single_file else FOLDER
    before = old(target, mode, single_file) or []
    one, two = (Write(target, [[name], [name]], mode, single_file) for name in ("one", "two"))
    one.prepare()
    two.prepare()
    commit_together([two.commit])
    with pytest.raises(CommitConflict):
        commit_together([one.commit])
    expected = ["two", "two"] if mode != "append" else [*before, "two", "two"]
    assert lines(target) == expected
    assert garbage() == []


@pytest.mark.slow
@pytest.mark.parametrize("single_file", [False, True])
@pytest.mark.parametrize("mode", ["error", "overwrite", "append"])
def test_steps_of_two_jobs_in_any_order(
    monkeypatch: pytest.MonkeyPatch, either: None, mode: str, single_file: bool
) -> None:
    """Whatever call of one job the whole of another comes before, one of them wins, and no row is of both."""
    OfOtherMachines(monkeypatch)
    target = FILE if single_file else FOLDER
    number, outcomes = 0, set()
    while True:
        number += 1
        STORE.clear()
        before = old(target, mode, single_file) or []
        other: list[BaseException | None] = []

        def meanwhile(place: int, name: str) -> None:
            if place == number and not other:  # noqa: B023
                other.append(None)  # noqa: B023
                try:
                    run(Write(target, [["other"]], mode, single_file))
                except (CommitConflict, FileExistsError) as error:
                    other[0] = error  # noqa: B023

        STORE.calls.clear()
        STORE.before = meanwhile
        won: BaseException | None = None
        try:
            run(Write(target, [["own 1"], ["own 2"]], mode, single_file))
        except (CommitConflict, FileExistsError) as error:
            won = error
        STORE.restart()
        kept = before if mode == "append" else []
        seen = lines(target)
        if not other:
            assert won is None and outcomes == {"own", "other"}
            return
        alone = {("own",): [*kept, "own 1", "own 2"], ("other",): [*kept, "other"]}
        if won is None and other[0] is None:  # One came wholly after the other.
            assert mode != "error"
            ends = [["own 1", "own 2"], ["other"]] if mode == "overwrite" else []
            ends += [[*kept, *pair] for pair in (["own 1", "own 2", "other"], ["other", "own 1", "own 2"])]
            assert seen in ends
        else:
            winner = ("own",) if won is None else ("other",)
            outcomes.add(winner[0])
            assert (won is None) != (other[0] is None)
            assert seen == alone[winner]
        run(Write(target, [["last"]], "overwrite", single_file))
        assert (lines(target), garbage()) == (["last"], [])


def test_a_job_that_was_taken_for_dead_cannot_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    OfOtherMachines(monkeypatch)
    slow = Write(FOLDER, [["slow"]])
    slow.prepare()
    STORE.now_ns += 2 * DEAD_SECONDS * SECOND
    run(Write(FOLDER, [["next"]], "append"))
    assert garbage() == []
    with pytest.raises(CommitConflict):
        commit_together([slow.commit])
    assert (lines(FOLDER), garbage()) == (["next"], [])


def test_the_parts_of_a_job_that_may_be_alive_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    OfOtherMachines(monkeypatch)
    slow = Write(FOLDER, [["slow"]])
    slow.prepare()
    run(Write(FOLDER, [["quick"]], "append"))
    assert lines(FOLDER) == ["quick"]
    assert any(job_of(path) for path in garbage())
    slow.commit.abort()
    assert garbage() == []


def test_a_lease_is_written_again_while_the_job_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0)
    write = Write(FOLDER, [["a"]])
    write.commit.begin()
    moments: set[int] = set()
    while len(moments) < 3:
        moments |= {moment for path, (_, moment) in STORE.objects.copy().items() if path.endswith(".lease")}
    write.commit.abort()
    assert garbage() == []
