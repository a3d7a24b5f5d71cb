"""Quotes are counted, and are plain, as the arrays of their places say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glowray.io.csv_quotes import count_quotes
from glowray.io.csv_records import Dialect
from glowray.native import loops

TEXTS = st.lists(st.sampled_from([b'"', b'""', b",", b'","', b"\n", b'\n"', b"a", b"a" * 70, b'"\r\n']), max_size=40)


@given(pieces=TEXTS, inside=st.booleans(), dialect=st.sampled_from([Dialect(), Dialect(";", "a")]))
@example(pieces=[], inside=True, dialect=Dialect())
def test_as_without_the_loop(pieces: list[bytes], inside: bool, dialect: Dialect) -> None:
    assert loops.quotes is not None, "the package's C was not compiled"
    window = np.frombuffer(b"".join([b"\n", *pieces, b"\n"]), np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        made = count_quotes(window, inside, dialect)
        patch.setattr(loops, "quotes", None)
        assert made == count_quotes(window, inside, dialect)


def test_none_between_fewer_than_three_bytes() -> None:
    assert loops.quotes is not None
    assert [loops.quotes(b'"' * count, ord('"'), ord(","), False) for count in range(4)] == [0, 0, 0, 1]
