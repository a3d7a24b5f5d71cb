"""Test that a function is called on each text, and that texts on which it fails are marked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.native.interface import Loops
from tests.loops import with_each
from tests.native.test_characters import packed


@with_each
@given(texts=st.lists(st.text(max_size=9), max_size=5))
def test_results_are_those_of_the_function(loops: Loops, texts: list[str]) -> None:
    def doubled(text: str) -> str:
        return text[::-1] + text

    (offsets, data), good = loops.called_texts(*packed(texts), doubled)
    assert good.all() and len(offsets) == len(texts) + 1
    assert [bytes(data[a:b]).decode() for a, b in pairwise(offsets)] == list(map(doubled, texts))
    numbers, good = loops.called_integers(*packed(texts), len)
    assert good.all() and numbers.tolist() == list(map(len, texts))
    truths, good = loops.called_integers(*packed(texts), str.isalpha)
    assert good.all() and truths.tolist() == list(map(str.isalpha, texts))


@with_each
def test_failures_are_marked(loops: Loops) -> None:
    made: dict[str, Any] = {"a": "b", "c": "\ud800", "d": 2**63, "e": -1, "": None}
    texts = [*made, "é"]
    (offsets, _), good = loops.called_texts(*packed(texts), made.__getitem__)
    assert good.tolist() == [True, False, False, False, False, False] and offsets.tolist() == [0, 1, 1, 1, 1, 1, 1]
    numbers, good = loops.called_integers(*packed(texts), made.__getitem__)
    assert good.tolist() == [False, False, False, True, False, False] and numbers[3] == -1


@with_each
def test_what_ends_the_process_is_not_caught(loops: Loops) -> None:
    def stop(text: str) -> str:
        raise KeyboardInterrupt

    for call in (loops.called_texts, loops.called_integers):
        with pytest.raises(KeyboardInterrupt):
            call(*packed(["a"]), stop)
