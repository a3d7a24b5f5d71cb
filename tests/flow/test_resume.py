"""Test that a job that died goes on from what its tasks have saved, with the results of an undisturbed run."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from glowray.errors import CommitConflict, DamagedFile
from tests.stores import S3Bucket, s3, s3_endpoint  # noqa: F401  (fixtures)

JOB = Path(__file__).with_name("dying_job.py")
ROWS_A_TASK = 5


class Runs:
    """Runs of the job in one folder. Each has a number, and its calls in a file of its own."""

    def __init__(self, folder: Path, engine: str, environment: dict[str, str]) -> None:
        self.folder, self.engine, self.environment = folder, engine, environment
        self.count = 0

    def run(self, kill_at: int | None = None) -> dict[str, Any] | None:
        """Run the job, and return what it printed; None if it was killed."""
        self.count += 1
        (self.folder / "plan.json").write_text(json.dumps({"run": self.count, "kill_at": kill_at, "driver": 0}))
        done = subprocess.run(
            [sys.executable, JOB, self.folder, self.engine],
            capture_output=True,
            text=True,
            env=os.environ | self.environment,
            timeout=600,
        )
        if done.returncode == -signal.SIGKILL:
            return None
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def calls(self, run: int | None = None) -> list[str]:
        """Return the calls of a run; None: of the last one."""
        path = self.folder / f"calls-{run or self.count}"
        return [line.strip() for line in path.read_text().splitlines()] if path.exists() else []

    def saved(self) -> list[Path]:
        return sorted(self.folder.glob("saved/*/*.saved"))


@pytest.fixture(params=["inline", pytest.param("ray", marks=[pytest.mark.ray, pytest.mark.slow])])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    environment = {"GLOWRAY_HOME": str(tmp_path / "home"), "GLOWRAY_ENGINE": request.param}
    if request.param == "ray":
        request.getfixturevalue("local_ray")
        import ray

        environment["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address
    return Runs(tmp_path, request.param, environment)


def without_restored(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if facts is None else {**facts, "restored": 0}


@pytest.mark.process
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_driver_goes_on(runs: Runs, seed: int, tmp_path: Path) -> None:
    wanted = runs.run()
    assert wanted is not None and wanted["restored"] == 0
    assert not runs.saved(), "the job ended well"
    total, moments = len(runs.calls()), random.Random(seed)
    facts = None
    lines: set[str] = set()
    while facts is None:
        kill_at = moments.randrange(1, total) if runs.count < 4 else None
        # The file of a task is named by its place, so the rows of saved tasks are known.
        saved = [path for path in runs.saved() if path.parent.name in first_stages(runs)]
        rows = {int(path.name[5:11]) * ROWS_A_TASK + each for path in saved for each in range(ROWS_A_TASK)}
        facts = runs.run(kill_at)
        again = {int(call.split()[1]) for call in runs.calls() if call.startswith("words")}
        assert not again & rows, "a function ran again for a saved task"
        lines |= set(runs.calls())
    assert without_restored(facts) == without_restored(wanted)
    assert lines == set(runs.calls(1)), "each function has seen each row"
    assert not runs.saved()
    assert not list(tmp_path.glob("saved/*.lease"))


def first_stages(runs: Runs) -> set[str]:
    """Return the folders of the stage that counts words: its 8 tasks are the only ones beyond the third."""
    return {path.parent.name for path in runs.saved() if int(path.name[5:11]) >= 3}


def fail(row: Any) -> Any:
    raise ValueError("no")


def counted(flow: gr.Flow, path: str, seen: Callable[[Any], Any], **options: Any) -> Dataset[Any]:
    return flow.read_text(path, 2, **options).map(seen).map(lambda line: (line, 1)).reduce_by_key(max)


def failed(flow: gr.Flow, path: str, seen: Callable[[Any], Any], **options: Any) -> None:
    """Run an action whose second stage fails."""
    with pytest.raises(ValueError, match="no"):
        counted(flow, path, seen, **options).map(fail).sort().collect()


def lines_of(flow: gr.Flow, path: str, seen: Callable[[Any], Any], **options: Any) -> list[Any]:
    """Run an action with the same first stage, and return the lines."""
    return [line for line, _ in counted(flow, path, seen, **options).sort().collect()]


class Seen:
    """A function that writes down the rows that it is called with."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __call__(self, line: str) -> str:
        with open(self.path, "a") as file:
            file.write(line + "\n")
        return line

    def taken(self) -> list[str]:
        path = Path(self.path)
        found = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return sorted(found)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOWRAY_HOME", str(tmp_path / "home"))


def test_a_changed_file_is_read_again(engine: Any, tmp_path: Path) -> None:
    data, seen = tmp_path / "data.txt", Seen(tmp_path / "seen")
    data.write_text("a\nb\nc\nd\n")
    os.utime(data, ns=(1, 1))
    flow = gr.Flow(engine=engine.kind, resume=tmp_path / "saved")
    failed(flow, str(data), seen)
    assert seen.taken() == ["a", "b", "c", "d"]
    assert lines_of(flow, str(data), seen) == ["a", "b", "c", "d"]
    assert seen.taken() == []
    data.write_text("a\nb\nc\ne\n")
    os.utime(data, ns=(1, 2))
    failed(flow, str(data), seen)
    seen.taken()
    assert lines_of(flow, str(data), seen)[-1] == "e"
    flow.close()


def test_on_s3(engine: Any, tmp_path: Path, s3: S3Bucket) -> None:  # noqa: F811
    s3.put("data/a.txt", b"a\nb\n")
    s3.put("data/b.txt", b"c\nd\n")
    seen = Seen(tmp_path / "seen")
    flow = gr.Flow(engine=engine.kind, resume=f"{s3.url}/saved", storage_options=s3.options)
    failed(flow, f"{s3.url}/data", seen, storage_options=s3.options)
    assert seen.taken() == ["a", "b", "c", "d"]
    assert any(key.endswith(".saved") for key in s3.keys())  # noqa: SIM118  (no dict)
    assert lines_of(flow, f"{s3.url}/data", seen, storage_options=s3.options) == ["a", "b", "c", "d"]
    assert seen.taken() == []
    assert flow.stats.restored == 2
    assert "restored" in str(flow.stats)


def test_closing_a_flow_empties_the_folder(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "mine.txt").write_text("mine")
    flow = gr.Flow(engine="inline", resume=tmp_path / "saved")
    assert flow.from_range(8, partitions=2).map(lambda n: (n % 2, n)).reduce_by_key(max).sort().collect() == [
        (0, 6),
        (1, 7),
    ]
    assert list((tmp_path / "saved").glob("*/*.saved"))
    flow.close()
    assert [path.name for path in (tmp_path / "saved").iterdir()] == ["mine.txt"]


def test_explain_tells_why_a_stage_is_not_saved(tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline", resume=tmp_path / "saved")
    rows = flow.from_source(lambda index: [(index, 1)], 2).reduce_by_key(max).sort()
    rows.collect()
    assert not list((tmp_path / "saved").glob("*/*.saved"))
    assert re.search(
        r"not saved\n +1 +from_source\(.*\) cannot tell whether its rows have changed", rows.explain(after=True)
    )
    flow.close()


def test_a_damaged_file_is_refused(engine: Any, tmp_path: Path) -> None:
    data, seen = tmp_path / "data.txt", Seen(tmp_path / "seen")
    data.write_text("a\nb\nc\nd\n")
    flow = gr.Flow(engine=engine.kind, resume=tmp_path / "saved")
    failed(flow, str(data), seen)
    first, *_ = sorted((tmp_path / "saved").glob("*/*.saved"))
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    with pytest.raises(DamagedFile, match=r"was not saved by this user, or has changed since"):
        lines_of(flow, str(data), seen)


@pytest.mark.process
def test_two_jobs_on_one_folder(tmp_path: Path) -> None:
    program = f"""
import glowray as gr, sys
flow = gr.Flow(engine="inline", resume={str(tmp_path / "saved")!r})
flow.from_range(4).count()
print("ready", flush=True)
sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
        flow = gr.Flow(engine="inline", resume=tmp_path / "saved")
        with pytest.raises(CommitConflict, match="another job uses resume="):
            flow.from_range(4).count()
        other.communicate("")
    assert flow.from_range(4).count() == 4
    flow.close()
