"""Test that words are split as by str.split, and that bytes are found at their places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.native.interface import Loops
from tests.loops import with_each

SPACES = [chr(code) for code in range(0x110000) if chr(code).isspace()]
OTHERS = [
    "a",
    "bc",
    "\0",
    "\x08",
    "\x0e",
    "\x1b",
    "!",
    "\x7f",
    "é",
    "ﬀ",
    "\u200b",
    "\u2010",
    "\u202e",
    "\u3001",
    "💡",
    "\x84",
    "\xa1",
]
TEXTS = st.lists(st.sampled_from(SPACES + OTHERS + ["word"] * 10 + [" "] * 10)).map("".join)
PADDING = st.integers(0, 70)


def as_array(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def words(loops: Loops, data: bytes) -> list[str]:
    starts, ends = (bounds.tolist() for bounds in loops.words(as_array(data)))
    return [data[start:end].decode() for start, end in zip(starts, ends, strict=True)]


@with_each
@given(text=TEXTS, padding=PADDING, space=st.sampled_from(["x", " "]))
@example(text="", padding=0, space=" ")
def test_words_are_those_of_split(loops: Loops, text: str, padding: int, space: str) -> None:
    whole = space * padding + text
    assert words(loops, whole.encode()) == whole.split()


@with_each
@pytest.mark.parametrize("space", SPACES)
def test_every_white_space_at_every_place_of_sixty_four(loops: Loops, space: str) -> None:
    for place in range(130):
        text = "a" * place + space + "b" * (131 - place)
        assert words(loops, text.encode()) == text.split()


@with_each
def test_no_other_character_is_white_space(loops: Loops) -> None:
    others = [chr(code) for code in range(0x110000) if not (chr(code).isspace() or 0xD800 <= code < 0xE000)]
    text = "".join(others)
    assert words(loops, text.encode()) == [text]


@with_each
@given(data=st.lists(st.sampled_from([b",", b"\n", b"x", b"\xff", b"\0"])).map(b"".join), padding=PADDING,
       pair=st.tuples(*[st.sampled_from([0, 10, 44, 255])] * 2))  # fmt: skip
def test_places_are_where_one_of_two_bytes_is(loops: Loops, data: bytes, padding: int, pair: tuple[int, int]) -> None:
    whole = b"y" * padding + data
    found = loops.places(as_array(whole), *pair).tolist()
    assert found == [place for place, byte in enumerate(whole) if byte in pair]


@with_each
@given(data=st.binary(max_size=100), times=st.sampled_from([1, 7, 100]), byte=st.integers(0, 255))
def test_bytes_are_counted(loops: Loops, data: bytes, times: int, byte: int) -> None:
    for whole in (data * times, bytes([byte]) * 50 * times + data):
        assert loops.count(as_array(whole), byte) == whole.count(byte)


@with_each
@given(lines=st.lists(st.lists(st.sampled_from(["", "a", "bcd", "é" * 40, "x" * 70]), min_size=1), min_size=1))
def test_fields_are_those_of_lines_that_have_as_many(loops: Loops, lines: list[list[str]]) -> None:
    check_fields(loops, lines)
    check_fields(loops, [line[:2] for line in lines])
    check_fields(loops, [(line * 3)[:3] for line in lines])


@with_each
def test_fields_over_many_blocks(loops: Loops) -> None:
    check_fields(loops, [[str(n), "x" * (n % 130), ""] for n in range(1000)])
    check_fields(loops, [[str(n), "x" * (n % 130), ""] for n in range(1000)] + [["a", "b"], ["a", "b", "c", "d"]])


def check_fields(loops: Loops, lines: list[list[str]]) -> None:
    text = "\n".join(map(",".join, lines)).encode()
    bounds = loops.fields(as_array(text), ord(","), len(lines))
    if len(set(map(len, lines))) > 1:
        assert bounds is None
        return
    assert bounds is not None and len(bounds) == len(lines[0]) + 1
    for place in range(len(lines[0])):
        starts, ends = (bounds[place] + (place > 0)).tolist(), bounds[place + 1].tolist()
        spelled = [text[start:end].decode() for start, end in zip(starts, ends, strict=True)]
        assert spelled == [line[place] for line in lines]
