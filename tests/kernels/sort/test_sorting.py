"""Test that sorting morsels of any kind equals sorted(), in memory and through a file."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.spill import SpillFile
from glowray.kernels.sort.external_sort import sorted_morsels
from glowray.rows import Block
from tests.kernels.ordering import keys, morsels, outcome, pairs_of, sorted_rows
from tests.oracle.exact import assert_rows

LARGE = 1 << 30


def in_order(stream: Iterator[Any], keyed: bool, reverse: bool, strip: bool, budget: int) -> Generator[Any]:
    with SpillFile() as file:
        yield from sorted_morsels(stream, keyed, reverse, strip, budget, file)


def check(got: Any, wanted: Any) -> None:
    if isinstance(wanted, type) or isinstance(got, type):
        assert got == wanted
    else:
        assert_rows(got, wanted)


@given(st.data(), keys, st.booleans(), st.booleans(), st.sampled_from([1, 300, LARGE]))
def test_pairs_by_their_keys(data: st.DataObject, drawn: list[Any], reverse: bool, strip: bool, budget: int) -> None:
    rows = pairs_of(drawn)
    stream = data.draw(morsels(rows))

    def wanted() -> list[list[Any]]:
        ordered = sorted_rows(rows, True, reverse)
        return [[row for _, row in ordered] if strip else ordered]

    check(outcome(lambda: in_order(iter(stream), True, reverse, strip, budget)), outcome(wanted))


@given(st.data(), keys, st.booleans(), st.sampled_from([1, 300, LARGE]))
def test_rows_by_themselves(data: st.DataObject, rows: list[Any], reverse: bool, budget: int) -> None:
    stream = data.draw(morsels(rows))
    got = outcome(lambda: in_order(iter(stream), False, reverse, True, budget))
    check(got, outcome(lambda: [sorted_rows(rows, False, reverse)]))


def test_what_cannot_be_pickled_is_sorted_all_the_same() -> None:
    rows = [(n % 3, (n, threading.Lock())) for n in range(10)]
    got = outcome(lambda: in_order(iter([rows]), True, False, True, 1))
    assert [row[0] for row in got] == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]
    assert got[0] is rows[0][1]


class OnlyLess:
    """A row with an order but no matching equality. Rows of one weight are neither less nor equal."""

    def __init__(self, weight: int) -> None:
        self.weight = weight

    def __lt__(self, other: OnlyLess) -> bool:
        return self.weight < other.weight


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("budget", [1, LARGE])
def test_ties_of_objects_that_only_know_less(reverse: bool, budget: int) -> None:
    rows = [(OnlyLess(n % 3), n) for n in range(30)]
    stream = [rows[start : start + 4] for start in range(0, 30, 4)]
    got = outcome(lambda: in_order(iter(stream), True, reverse, True, budget))
    assert got == sorted(range(30), key=lambda n: n % 3, reverse=reverse)


def test_nothing_is_held_beyond_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = SpillFile.read

    def noted(file: SpillFile, place: Any) -> Block:
        block = original(file, place)
        read.append(len(block))
        return block

    monkeypatch.setattr(SpillFile, "read", noted)
    monkeypatch.setattr("glowray.kernels.sort.external_sort.SPILLED_BYTES", 1 << 10)
    texts = [f"{n * 7919 % 10_007:08}" for n in range(10_000)]
    blocks = (Block.from_rows(texts[start : start + 500]) for start in range(0, 10_000, 500))
    made = in_order(blocks, False, False, False, 1 << 14)
    first = next(made)
    assert isinstance(first, Block)
    # Only the first piece of each of about twelve runs was read, and no more than the windows of a merge hold.
    assert max(read) <= 1 << 10
    assert first.rows() + outcome(lambda: made) == sorted(texts)


def test_a_full_disk_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(**given: Any) -> IO[bytes]:
        return Path("/dev/full").open("w+b", 0)

    monkeypatch.setattr("glowray.io.spill.tempfile.TemporaryFile", full_disk)
    with pytest.raises(OSError, match=r"No space left on device, while rows .* TMPDIR") as caught:
        outcome(lambda: in_order(iter([["b", "a"]]), False, False, False, 1))
    assert caught.value.errno == 28


def test_the_file_is_closed_when_nobody_wants_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(SpillFile, "close", lambda file: closed.append(True))
    made = in_order(iter([["b"], ["a"], ["c"]]), False, False, False, 1)
    next(made)
    made.close()
    assert closed == [True]
