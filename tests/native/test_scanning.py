"""Words are those of str.split, and bytes are where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.native import loops

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


def words(data: bytes) -> list[str]:
    assert loops.words is not None, "the package's C was not compiled"
    starts, ends = (np.frombuffer(bounds, np.int32).tolist() for bounds in loops.words(data))
    return [data[start:end].decode() for start, end in zip(starts, ends, strict=True)]


@given(text=TEXTS, padding=PADDING, space=st.sampled_from(["x", " "]))
@example(text="", padding=0, space=" ")
def test_words_are_those_of_split(text: str, padding: int, space: str) -> None:
    whole = space * padding + text
    assert words(whole.encode()) == whole.split()


@pytest.mark.parametrize("space", SPACES)
def test_every_white_space_at_every_place_of_sixty_four(space: str) -> None:
    for place in range(130):
        text = "a" * place + space + "b" * (131 - place)
        assert words(text.encode()) == text.split()


def test_no_other_character_is_white_space() -> None:
    others = [chr(code) for code in range(0x110000) if not (chr(code).isspace() or 0xD800 <= code < 0xE000)]
    text = "".join(others)
    assert words(text.encode()) == [text]


@given(data=st.lists(st.sampled_from([b",", b"\n", b"x", b"\xff", b"\0"])).map(b"".join), padding=PADDING,
       pair=st.tuples(*[st.sampled_from([0, 10, 44, 255])] * 2))  # fmt: skip
def test_places_are_where_one_of_two_bytes_is(data: bytes, padding: int, pair: tuple[int, int]) -> None:
    assert loops.places is not None
    whole = b"y" * padding + data
    found = np.frombuffer(loops.places(whole, *pair), np.int64).tolist()
    assert found == [place for place, byte in enumerate(whole) if byte in pair]


@given(data=st.binary(max_size=100), times=st.sampled_from([1, 7, 100]), byte=st.integers(0, 255))
def test_bytes_are_counted(data: bytes, times: int, byte: int) -> None:
    assert loops.count is not None
    for whole in (data * times, bytes([byte]) * 50 * times + data):
        assert loops.count(whole, byte) == whole.count(byte)


@given(lines=st.lists(st.lists(st.sampled_from(["", "a", "bcd", "é" * 40, "x" * 70]), min_size=1), min_size=1))
def test_fields_are_those_of_lines_that_have_as_many(lines: list[list[str]]) -> None:
    check_fields(lines)
    check_fields([line[:2] for line in lines])
    check_fields([(line * 3)[:3] for line in lines])


def test_fields_over_many_blocks() -> None:
    check_fields([[str(n), "x" * (n % 130), ""] for n in range(1000)])
    check_fields([[str(n), "x" * (n % 130), ""] for n in range(1000)] + [["a", "b"], ["a", "b", "c", "d"]])


def check_fields(lines: list[list[str]]) -> None:
    assert loops.fields is not None
    text = "\n".join(map(",".join, lines)).encode()
    found = loops.fields(text, ord(","))
    if len(set(map(len, lines))) > 1:
        assert found is None
        return
    assert found is not None
    bounds = np.frombuffer(found, np.int32).reshape(-1, len(lines))
    assert len(bounds) == len(lines[0]) + 1
    for place in range(len(lines[0])):
        starts, ends = (bounds[place] + (place > 0)).tolist(), bounds[place + 1].tolist()
        spelled = [text[start:end].decode() for start, end in zip(starts, ends, strict=True)]
        assert spelled == [line[place] for line in lines]
