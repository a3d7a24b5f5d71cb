"""Test methods of patterns as column programs, with the automata in C and without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from glowray.native.interface import Loops
from tests.loops import using, with_each
from tests.vectorize.hostile_rows import agreed

LINE = re.compile(r"^(\S+) ([a-z]*)(?:,[^,]*)$")
PAIR = re.compile(r"(?P<key>[^=]+)=(\d*)")


def line(s: str) -> Any:
    match = LINE.match(s)
    return None if match is None else match.groups()


def named(s: str) -> tuple[str, int] | None:
    match = PAIR.search(s)
    return (match["key"].upper(), len(match.group(2))) if match else None


FUNCTIONS: list[Callable[[str], Any]] = [
    line, named,
    lambda s: re.fullmatch(r"[^x]*x?", s) is not None, lambda s: re.sub(r"[a-z]+$", "!", s),
    lambda s: re.sub(r"\([0-9]+\)$", "", s), lambda s: re.sub(r"^\d+ ?$", "é", s), lambda s: re.sub(r"[\n1]$", "-", s),
    lambda s: re.sub(r"\S$", "", s),
]  # fmt: skip


@with_each
@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_programs_of_patterns_give_the_results_of_the_calls(function: Callable[[str], Any], loops: Loops) -> None:
    with using(loops):
        assert agreed(function, [str], 1, rounds=8, size=40) > 200
