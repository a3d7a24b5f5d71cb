"""Test that characters are counted, found and replaced as Python does, for texts anywhere in UTF-8 data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.native import characters, compiled
from glowray.native.character_tables import tables_for
from glowray.native.interface import Loops
from tests.loops import with_each

TEXT = st.one_of(
    st.text("aZ 1éÉßıİΣσςǅﬁȺⱥ٣\u0345\u3000中😀𐐀𐐨\x00", max_size=20), st.text(max_size=12),
    st.text("abcdefgh", min_size=6, max_size=20),
)  # fmt: skip
METHODS = ("lower", "upper", "casefold", "swapcase", "title", "capitalize")


def packed(texts: list[str]) -> tuple[Any, Any, Any]:
    """Return (data, starts, ends) of texts with a byte between each two."""
    spelled = [text.encode() for text in texts]
    starts = np.cumsum([0, *(len(each) + 1 for each in spelled)])[:-1]
    return np.frombuffer(b"|".join(spelled), np.uint8), starts, starts + np.array([len(each) for each in spelled], int)


@with_each
@given(texts=st.lists(TEXT, max_size=4), place=st.integers(0, 25))
def test_places(loops: Loops, texts: list[str], place: int) -> None:
    data = packed(texts)
    assert loops.counts(*data).tolist() == list(map(len, texts))
    found = loops.offsets(*data, np.full(len(texts), place))
    assert found.tolist() == [len(text[:place].encode()) for text in texts]


@with_each
@pytest.mark.parametrize("method", METHODS)
@given(texts=st.lists(TEXT, max_size=4))
@example(texts=["ΑΣ", "İ", "ß", "straße élan", "ǆ ǅ", "\U0010ffff"])
def test_replaced(loops: Loops, method: str, texts: list[str]) -> None:
    data, starts, ends = packed(texts)
    made, good = loops.replaced(data, starts, ends, *tables_for(method, data))
    assert len(made) == len(data) and made[ends[:-1]].tobytes() == data[ends[:-1]].tobytes()
    assert good is None or not good.all()
    for row, text in enumerate(texts):
        if good is None or good[row]:
            assert made[starts[row] : ends[row]].tobytes().decode() == getattr(str, method)(text)
        else:
            assert not text.isascii()


@with_each
@pytest.mark.parametrize("method", METHODS)
def test_most_letters_need_no_call(loops: Loops, method: str) -> None:
    data, *bounds = packed(["ÉLAN vital", "ŻÓŁĆ żółć", "ПРИВЕТ мир", "中文 字", "😀 Smile", "αβγ ΑΒΓ"])
    assert loops.replaced(data, *bounds, *tables_for(method, data))[1] is None


def test_tables_know_each_letter() -> None:
    """Behind the last character of a table no character has a case."""
    rest = "\n".join(map(chr, range(0x20000, 0x110000)))
    assert all(getattr(str, method)(rest) == rest for method in METHODS)


def test_what_is_not_within_the_data_is_refused() -> None:
    tables = tables_for("lower", np.empty(0, np.uint8))
    beyond = b"", np.array([0]), np.array([1])
    with pytest.raises(ValueError, match="beyond the data"):
        characters.counts(*beyond, np.empty(1, np.int64))
    with pytest.raises(ValueError, match="beyond the data"):
        compiled.replaced(np.empty(0, np.uint8), *beyond[1:], *tables)
    with pytest.raises(ValueError, match="places have to be"):
        characters.offsets(b"a", np.array([0]), np.array([1]), np.empty(2, np.int64), np.empty(1, np.int64))
    with pytest.raises(ValueError, match="tables have to have"):
        short = tables[0][:5]
        compiled.replaced(np.zeros(1, np.uint8), np.array([0]), np.array([1]), short, short)
