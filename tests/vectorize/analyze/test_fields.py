"""Test which fields of a record a function reads."""

from __future__ import annotations

from typing import Any

import pytest

from glowray.vectorize.analyze.record_fields import fields_read
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known


def read(function: Any) -> frozenset[str] | None:
    known = know(function)
    assert isinstance(known, Known)
    return fields_read(known)


def branches(record: dict[str, int]) -> int:
    if record["a"] > 0:
        return record["b"]
    return -1


def changed(record: dict[str, int]) -> int:
    record["a"] = 1
    return record["b"]


def bound_again(record: Any) -> Any:
    record = record["a"]
    return record["b"]


def calls_itself(record: dict[str, int]) -> int:
    return record["a"] if record["b"] else calls_itself(record)


def calls_branches(record: dict[str, int]) -> tuple[int, int]:
    return record["c"], branches(record)


def test_fields_that_are_read() -> None:
    assert read(lambda r: 1) == frozenset()
    assert read(lambda r: r["a"] + r["b"]["c"]) == {"a", "b"}
    assert read(branches) == {"a", "b"}


def test_fields_that_a_called_function_reads() -> None:
    assert read(calls_branches) == {"a", "b", "c"}
    assert read(lambda r: calls_branches(r)[0] + r["d"]) == {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    "function",
    [
        lambda r: r,
        lambda r: r[0],
        lambda r: len(r),
        lambda r: r.get("a"),
        lambda r: [r for r in r["a"]],  # noqa: C416  (a name that is bound again)
        lambda r: (lambda r: r)(1),
        lambda r: {**r},
        lambda r, s: r["a"],
        lambda r: changed(r),
        lambda r: branches(record=r),
        lambda r: branches(*[r]),
        lambda r: int(r),
        lambda branches: branches(branches),
        calls_itself,
        changed,
        bound_again,
    ],
)
def test_functions_that_may_look_at_all(function: Any) -> None:
    assert read(function) is None
