"""The judgement on a round: which outcome it had, and which rules it broke."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.cluster.chaos.jobs import Result
from tests.cluster.chaos.plan import Plan

LONGEST_MESSAGE = 700
NEXT_SUM = 55
"""The result of the next job."""

PLAIN_ERRORS = {"memory": {"MemoryError"}, "full": {"OSError"}, "spill": {"OSError"}, "link": {"OSError"}}
"""Errors that are not glowray's own and are clear all the same, by the kind of fault."""

EXITS = {
    "kill": {-signal.SIGKILL, 128 + signal.SIGKILL},
    "term": {128 + signal.SIGTERM, -signal.SIGTERM},
    "int": {128 + signal.SIGINT, -signal.SIGINT},
}
"""The exit codes of a driver that a signal ended. A negative code of SIGTERM means that no action ran any more."""


@dataclass(frozen=True)
class Contents:
    """The digests of a target's rows: before the job, after it, and after an undisturbed job. None: it is absent."""

    before: str | None
    after: str | None
    new: str | None


@dataclass
class Seen:
    """All that was seen of a round. `code` is None if the driver hung, `next_sum` if the next job failed."""

    code: int | None
    result: Result | None
    expected: Result
    contents: Mapping[str, Contents] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    next_sum: int | None = NEXT_SUM


@dataclass(frozen=True)
class Verdict:
    """The outcome ("exact", "error", "ended", "hung" or "broken"), and the broken rules."""

    outcome: str
    broken: tuple[str, ...]


def judge(plan: Plan, seen: Seen) -> Verdict:
    """Return the outcome of a round and the rules that it broke."""
    outcome = outcome_of(plan, seen)
    broken = [*of_result(plan, seen, outcome), *of_outputs(plan, seen, outcome), *of_traces(seen)]
    return Verdict(outcome, tuple(broken))


def outcome_of(plan: Plan, seen: Seen) -> str:
    """Return how the job ended."""
    if seen.code is None:
        return "hung"
    if seen.result is not None:
        return "error" if seen.result.error else "exact"
    return "ended" if any(seen.code in EXITS.get(kind, ()) for kind in plan.kinds) else "broken"


def of_result(plan: Plan, seen: Seen, outcome: str) -> list[str]:
    """Return the broken rules of results and errors."""
    if outcome == "hung":
        return ["the job did not end"]
    if seen.result is None:
        return [] if outcome == "ended" else [f"the driver ended with {seen.code} and said no result"]
    if outcome == "error":
        return of_error(plan, seen.result)
    wanted, got = seen.expected, seen.result
    pairs = {
        "rows": (wanted.rows, got.rows),
        "counters": (wanted.counters, got.counters),
        "skipped rows": (wanted.skipped, got.skipped),
    }
    return [f"the {name} are {found}, not {right}" for name, (right, found) in pairs.items() if found != right]


def of_error(plan: Plan, result: Result) -> list[str]:
    """Return the broken rules of an error."""
    broken = []
    said = f"{result.error}: {result.message}"
    if not plan.may_fail:
        broken.append(f"the job must survive these faults, and raised {said}")
    if not result.is_glowray and not any(result.error in PLAIN_ERRORS.get(kind, ()) for kind in plan.kinds):
        broken.append(f"the error is not of glowray: {said}")
    if "\n" in result.message or len(result.message) > LONGEST_MESSAGE or not (result.message or result.notes):
        broken.append(f"the error is not one sentence: {said}")
    return broken


def of_outputs(plan: Plan, seen: Seen, outcome: str) -> list[str]:
    """Return the broken rules of outputs: each is whole, new after a result, and those of one run go together."""
    broken = []
    for name, content in seen.contents.items():
        allowed = {content.new} if outcome == "exact" else {content.before, content.new}
        if content.after not in allowed:
            broken.append(f"{name} is {content.after}, not one of {sorted(map(str, allowed))}")
    is_new = {content.after == content.new for content in seen.contents.values() if content.new != content.before}
    if len(is_new) > 1 and "kill" not in plan.kinds:
        broken.append("some outputs of one run are new, others are not")
    return broken


def of_traces(seen: Seen) -> list[str]:
    """Return the broken rules of traces: nothing may be left after the next job."""
    broken = [f"left behind: {name}" for name in seen.left]
    return broken if seen.next_sum == NEXT_SUM else [*broken, f"the next job gave {seen.next_sum}, not {NEXT_SUM}"]
