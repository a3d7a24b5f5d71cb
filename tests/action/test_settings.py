"""Test the settings of a flow, and the record of its last action."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from glowray.action.perform import input_bytes
from glowray.action.settings import Outcome, error_policy
from glowray.flow import Flow
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.stats import Stats


@pytest.mark.parametrize("policy", ["raise", "skip", "collect", "a/b.jsonl", "/a"])
def test_policies(policy: str) -> None:
    assert error_policy(policy) == policy


def test_a_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert error_policy(Path("bad.jsonl")) == str(tmp_path / "bad.jsonl")


@pytest.mark.parametrize("wrong", ["ignore", "", None, 3])
def test_policies_that_do_not_exist(wrong: object) -> None:
    with pytest.raises(ValueError, match="on_error must be"):
        error_policy(wrong)  # type: ignore[arg-type]


def test_what_an_action_left_stays_with_whoever_kept_it() -> None:
    outcome = Outcome()
    outcome.begin(RunRecord(Stats("first")))
    kept, errors = outcome.stats, outcome.errors
    outcome.skipped["map"] += 1
    errors.append("record")
    outcome.begin(RunRecord(Stats("second")))
    assert (outcome.stats.name, outcome.skipped, outcome.errors) == ("second", Counter(), [])
    assert (kept.name, errors) == ("first", ["record"])


def test_the_size_of_an_input() -> None:
    flow = Flow(engine="inline")
    numbers = flow.from_range(1000)
    assert input_bytes([numbers._node]) == 8000
    assert input_bytes([numbers.union(numbers)._node, numbers._node]) == 8000, "what is read once counts once"
    assert input_bytes([numbers.union(flow.from_source(lambda index: [], 1))._node]) is None
    kept = numbers.map(str).cache()
    assert input_bytes([kept._node]) == 8000
    kept.count()
    assert input_bytes([kept._node]) == 0, "a filled cache reads nothing"
