"""Test that odd values stay in columns: only a row on which Python raises, or gives another type, leaves them.

Odd values are letters whose case is another number of letters, digits of other scripts, white space beyond ASCII,
exponents. The results are Python's, with C and without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.native.interface import Loops
from glowray.vectorize.columns.translation.translator import translate
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import rows_of
from glowray.vectorize.definition.function_lookup import know
from tests.effort import examples
from tests.loops import using, with_each
from tests.vectorize.agreement import column, program_of
from tests.vectorize.running import spelled

ODD = st.one_of(
    st.text("aZ é1ÉßıİΣσςǅﬁȺ٣\u0345\u3000\u00a0\x1c中😀𐐀", max_size=10),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(["", "ΟΔΟΣ ΑΣ", "straße", "İİ", "ĐÀ Nẵng", "a" * 40 + "é", "\u3000 é \u3000", "ab\x00ß"]),
)
NUMBERS = st.one_of(
    st.sampled_from([" 7 ", "1_000", "٣", "\u00a012\u3000", "+5", "-0", "9" * 18, "007", "0" * 700, "１２"]),
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.integers(0, 10**6).map("{:_}".format),
)
FLOATS = st.one_of(
    st.floats().map(repr), st.floats(width=16).map("{:e}".format),
    st.sampled_from(["1e5", "-.5E-3", "5.", "1_0.2_5", "٣.٥", "\u00a01e400", "infinity", "-nan"]),
    st.sampled_from(["0.30000000000000004", "0." + "3" * 30, "9007199254740993"]),
)  # fmt: skip

OF_TEXTS: list[Callable[[Any], Any]] = [
    lambda s: s.lower(), lambda s: s.upper(), lambda s: s.casefold(), lambda s: s.swapcase(), lambda s: s.title(),
    lambda s: s.capitalize(), lambda s: s.strip(), lambda s: s.lstrip(), lambda s: s.rstrip(), lambda s: s.strip("éa"),
    lambda s: s.find("é"), lambda s: s.rfind("a", 1), lambda s: s.find("Σ", 1, -1), lambda s: s[1:], lambda s: s[:-2],
    lambda s: s[s.find("é") : len(s) - 1], lambda s: s[-3:2], lambda s: len(s), lambda s: s.isalpha(),
    lambda s: s.isalnum(), lambda s: s.isdigit(), lambda s: s.isdecimal(), lambda s: s.lower().title().strip()[1:4],
    lambda s: s.ljust(5, "é"), lambda s: s.zfill(4), lambda s: s.removeprefix("é"), lambda s: s[0] if s else "",
    lambda s: s.upper()[len(s) :], lambda s: s.lower() == s, lambda s: (s[1:].title(), s.title()),
]  # fmt: skip
OF_NUMBERS: list[Callable[[Any], Any]] = [
    lambda s: int(s), lambda s: float(s), lambda s: s.zfill(6), lambda s: int(s.strip())
]  # fmt: skip
OF_FLOATS: list[Callable[[Any], Any]] = [lambda s: float(s), lambda s: float(s.strip())]
CASES = [
    *((function, ODD) for function in OF_TEXTS), *((function, NUMBERS) for function in OF_NUMBERS),
    *((function, FLOATS) for function in OF_FLOATS),
]  # fmt: skip


@with_each
@pytest.mark.parametrize("values", {id(values): values for _, values in CASES}.values())
@given(data=st.data())
@settings(max_examples=examples(30), deadline=None)
def test_no_row_leaves_the_columns(loops: Loops, values: st.SearchStrategy[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(values, max_size=8))
    for function in (function for function, each in CASES if each is values):
        with using(loops):
            computed = program_of(function, (str,)).run([column(str, rows)], len(rows))
            assert computed.ok is None
            assert spelled(rows_of(computed.kind, computed.vector)) == spelled(list(map(function, rows)))


@with_each
@pytest.mark.parametrize("function", [lambda s: int(s), lambda s: float(s), lambda s: s[5], lambda s: s.index("é")])
@given(rows=st.lists(st.one_of(ODD, NUMBERS, FLOATS), max_size=8))
@settings(max_examples=examples(60), deadline=None)
def test_rows_on_which_python_raises_leave_them(loops: Loops, function: Callable[[Any], Any], rows: list[str]) -> None:
    program = translate(know(function, 1), [str])  # type: ignore[arg-type]
    assert isinstance(program, ArrowProgram)
    with using(loops):
        computed = program.run([column(str, rows)], len(rows))
        found = rows_of(computed.kind, computed.vector)
    for row, (text, made) in enumerate(zip(rows, found, strict=True)):
        try:
            wanted = function(text)
        except (ValueError, IndexError):
            assert computed.ok is not None and not computed.ok[row]
            continue
        fits = type(wanted) is not int or -(2**63) <= wanted < 2**63
        assert fits == (computed.ok is None or bool(computed.ok[row]))
        assert not fits or spelled(made) == spelled(wanted)
