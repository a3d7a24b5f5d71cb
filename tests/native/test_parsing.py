"""Test that parsed numbers equal those of int() and float(), and that every plain number is parsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.native import parsing
from glowray.native.interface import Loops
from tests.loops import with_each

DIGITS = st.text("0123456789", max_size=20)
SIGNS = st.sampled_from(["", "-", "+", " ", "\t-", "--"])
POINTS = st.sampled_from(["", ".", ".."])
ENDS = st.sampled_from(["", " ", "\n", "\x1c", "\x85", "_", "e5", "x"])
ODD = ["", "-", ".", "-.", "1_000", "0x1F", "٣", "nan", "inf", "1e5", "+5", " 7 ", "5.", ".5", "-0", "-0.0", "00012"]
SPELLED = st.one_of(
    st.tuples(SIGNS, DIGITS, POINTS, DIGITS, ENDS).map("".join),
    st.sampled_from(ODD),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.text(max_size=5),
)


def parsed(parse: Callable[..., Any], words: list[str]) -> list[Any] | None:
    """Return the numbers of these words, or None if one of them has none."""
    spelled = [word.encode() for word in words]
    ends = np.cumsum([len(word) for word in spelled], dtype=np.int64)
    starts = ends - np.array([len(word) for word in spelled], np.int64)
    numbers, are_numbers = parse(np.frombuffer(b"".join(spelled), np.uint8), starts, ends)
    if are_numbers is not None:
        assert not are_numbers.all() and not numbers[~are_numbers].any()
        return None
    return list(numbers.tolist())


def called(function: Callable[[str], Any], text: str) -> list[str] | None:
    """Return the repr of a number in a list, or None if the function raises, or its int has no form of 64 bits."""
    try:
        number = function(text)
    except ValueError:
        return None
    return [repr(number)] if type(number) is float or -(2**63) <= number < 2**63 else None


@with_each
@given(text=SPELLED)
@example(text="9" * 18)
@example(text="9" * 19)
@example(text="-9223372036854775808")
@example(text="9223372036854775808")
@example(text="0" * 4301)
@example(text="0" * 700 + "7")
@example(text="1_0__0")
@example(text="1_")
@example(text="- 5")
@example(text="\u00a07\x1c")
def test_an_int_is_that_of_int(loops: Loops, text: str) -> None:
    made = parsed(loops.integers, [text])
    assert (made and list(map(repr, made))) == called(int, text)


@with_each
@given(text=SPELLED)
@example(text="9" * 15)
@example(text="9007199254740993")
@example(text="0.1234567890123456")
@example(text="1e23")
@example(text="-1e400")
@example(text="1e-400")
@example(text="1e99999999999999999999")
@example(text="0e99999")
@example(text="-.5e+3")
@example(text="1_0.5")
@example(text="-Infinity")
@example(text="e5")
@example(text="1e")
@example(text="1\x002")
@example(text=" " * 70 + "1." + "3" * 80)
@example(text="٣.٥")
def test_a_float_is_that_of_float(loops: Loops, text: str) -> None:
    made = parsed(loops.floats, [text])
    assert (made and list(map(repr, made))) == called(float, text)


@with_each
@given(
    digits=st.integers(0, 10**19), exponent=st.integers(-330, 310), sign=st.sampled_from(["", "-", "+"]),
    letter=st.sampled_from("eE"),
)  # fmt: skip
def test_exponents_are_rounded_as_python_rounds_them(
    loops: Loops, digits: int, exponent: int, sign: str, letter: str
) -> None:
    text = f"{sign}{digits}{letter}{exponent}"
    made = parsed(loops.floats, [text])
    assert made is not None and repr(made[0]) == repr(float(text))


@with_each
@given(numbers=st.lists(st.tuples(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 14)), min_size=1))
def test_floats_of_fifteen_digits_are_rounded_as_python_rounds_them(
    loops: Loops, numbers: list[tuple[int, int]]
) -> None:
    words = []
    for number, decimals in numbers:
        digits = f"{abs(number):0{decimals + 1}d}"[-15:]
        size = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
        words.append(f"-{size}" if number < 0 else size)
    made = parsed(loops.floats, words)
    assert made is not None and list(map(repr, made)) == [repr(float(word)) for word in words]


@with_each
@given(
    floor=st.integers(2**51, 2**54), part=st.sampled_from(["5", "25", "75", "49", "51", "499", "501"]),
    shift=st.integers(0, 15),
)  # fmt: skip
def test_floats_near_a_tie_are_rounded_as_python_rounds_them(loops: Loops, floor: int, part: str, shift: int) -> None:
    digits = f"{floor}{part}"
    texts = [f"{floor}.{part}", f"-{digits[:-shift]}.{digits[-shift:]}" if shift else digits, f"{digits}e-{shift + 12}"]
    made = parsed(loops.floats, texts)
    assert made is not None and list(map(repr, made)) == list(map(repr, map(float, texts)))


@with_each
@given(
    words=st.lists(st.integers(-(10**18) + 1, 10**18 - 1).map(str)), wrong=st.sampled_from(["", "x", "1.5", "1" * 20])
)
def test_one_that_is_none_is_enough(loops: Loops, words: list[str], wrong: str) -> None:
    assert parsed(loops.integers, words) == list(map(int, words))
    assert parsed(loops.integers, [*words, wrong]) is None
    assert parsed(loops.integers, [wrong, *words]) is None


def test_what_is_not_within_the_data_is_refused() -> None:
    for parse, dtype in ((parsing.integers, np.int64), (parsing.floats, np.float64)):
        with pytest.raises(ValueError, match="beyond the data"):
            parse(b"1", np.array([0]), np.array([2]), np.empty(1, dtype), np.empty(1, np.bool_))
        with pytest.raises(ValueError, match="of 8 bytes each"):
            parse(b"1", np.array([0]), np.array([1]), np.empty(1, np.int32), np.empty(1, np.bool_))
        with pytest.raises(ValueError, match="of 1 bytes each"):
            parse(b"1", np.array([0]), np.array([1]), np.empty(1, dtype), np.empty(2, np.bool_))
