"""Test that both modules agree on the count of quotes and on plain quoting."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.native import compiled, portable
from glowray.native.interface import Loops
from tests.loops import with_each

TEXTS = st.lists(st.sampled_from([b'"', b'""', b",", b'","', b"\n", b'\n"', b"a", b"a" * 70, b'"\r\n']), max_size=40)


@given(pieces=TEXTS, inside=st.booleans(), signs=st.sampled_from([b'",', b"a;"]))
@example(pieces=[], inside=True, signs=b'",')
def test_both_count_alike(pieces: list[bytes], inside: bool, signs: bytes) -> None:
    window = np.frombuffer(b"".join([b"\n", *pieces, b"\n"]), np.uint8)
    assert compiled.quotes(window, *signs, inside) == portable.quotes(window, *signs, inside)


@with_each
def test_none_between_fewer_than_three_bytes(loops: Loops) -> None:
    windows = [np.frombuffer(b'"' * count, np.uint8) for count in range(4)]
    assert [loops.quotes(window, ord('"'), ord(","), False) for window in windows] == [0, 0, 0, 1]


@with_each
def test_a_quote_amid_a_field_is_not_plain(loops: Loops) -> None:
    assert loops.quotes(np.frombuffer(b'\na"b"\n', np.uint8), ord('"'), ord(","), False) is None
    assert loops.quotes(np.frombuffer(b'\n"a"b\n', np.uint8), ord('"'), ord(","), False) is None
    assert loops.quotes(np.frombuffer(b'\n"a",b\n', np.uint8), ord('"'), ord(","), False) == 2
