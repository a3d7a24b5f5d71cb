"""Test that automata find the matches of `re`, and that they leave to Python only what they cannot tell."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pyarrow as pa
import pytest

from glowray.native import compiled, portable
from glowray.native.interface import Automaton
from glowray.rows.texts.texts import Texts
from glowray.vectorize.columns.texts.regex_automaton import automaton_of
from tests.effort import examples

HOWS = ("match", "search", "fullmatch")
LETTERS = "abc -.,:1\n\u2003\u00a0éßK😀İ٣"
ATOMS = ("a", "b", "c", "[ab]", "[^a]", r"\d", r"\S", r"\s", r"\w", ".", "é", "-", "[^ ,]", "(?:ab|c)", r"\n", "K")
REPEATS = ("", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?")

DECIDED = (
    r"^(\S+) \S+ (\S+)$", r"(\d+)-(\d+)", r"(a*)(b*)", r"([a-z]+)\.([a-z]+)$", r"(?i)the (cat|dog)s?", r"x{2,4}y?",
    r"(a(b*)c)d?", r"(?s).+\Z", r"([0-9]+|-) ", r"[^\]]*\]", r"(?:ab?)?", r"[a-f]*?g", r"a{0}b",
)  # fmt: skip
NOT_DECIDED = (
    r"(.*),", r"a|ab", r"^a|b", r"\d+?", r"a+?$", r"(a)?b", r"(?:(a)|b)", r"(a)\1", r"a(?=b)", r"\bx", r"(?m)^a",
    r"(?:a*)*", r"a(?:|b)c", r"()a", "a{300}",
)  # fmt: skip


def texts_of(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choices(LETTERS, k=rng.randrange(9))) for _ in range(count)]


def differences(pattern: re.Pattern[str], how: str, values: Sequence[str]) -> tuple[int, int]:
    """Return (texts that the automaton decides, texts that it leaves). Fail if it finds another match than `re`."""
    found = automaton_of(pattern, how)
    assert found is not None
    automaton, groups = found
    texts = Texts.of(pa.array(values, pa.large_string()))
    status, places = compiled.matches(texts.data, *texts.packed_bounds(), automaton) or pytest.fail("no matches")
    for row, value in enumerate(values):
        match = getattr(pattern, how)(value)
        if status[row] == 2:
            continue
        assert status[row] == (match is not None), (pattern.pattern, how, value)
        if match:
            edges = [(0, 1), *((start + 2, end + 2) for start, end in groups)]
            got = [texts.data[places[start, row] : places[end, row]].tobytes().decode() for start, end in edges]
            assert got == [match[0], *match.groups()], (pattern.pattern, how, value)
    return int((status < 2).sum()), int((status == 2).sum())


@pytest.mark.parametrize("pattern", DECIDED)
@pytest.mark.parametrize("how", HOWS)
def test_matches_are_those_of_re(pattern: str, how: str) -> None:
    values = [
        *texts_of(random.Random(pattern + how), 500),
        "The Cats",
        "the dog",
        "xxxy",
        "abbcd",
        "aé 1-2\n",
        "",
        "12-34",
    ]
    differences(re.compile(pattern), how, values)


@pytest.mark.parametrize("pattern", NOT_DECIDED)
def test_a_pattern_with_a_choice_has_no_automaton(pattern: str) -> None:
    assert automaton_of(re.compile(pattern), "search") is None


def test_bytes_and_other_flags_have_no_automaton() -> None:
    assert automaton_of(re.compile(b"a"), "match") is None  # type: ignore[arg-type]
    assert automaton_of(re.compile("^a", re.MULTILINE), "match") is None


def test_characters_are_decided_by_their_first_byte() -> None:
    """ë begins no white space, U+2003 does. Both are beyond ASCII."""
    assert differences(re.compile(r"\S+"), "match", ["zoë", "a😀", "x\u2003", "a b"]) == (3, 1)
    assert differences(re.compile(r"[^,]+,"), "match", ["zoë,", "😀\u2003,", "é"]) == (3, 0)


def test_random_patterns() -> None:
    rng = random.Random(5)
    decided = 0
    for _ in range(examples(600)):
        parts = [rng.choice(ATOMS) + rng.choice(REPEATS) for _ in range(rng.randint(1, 5))]
        place = rng.randrange(len(parts))
        parts[place] = f"({parts[place]})" if rng.random() < 0.6 else parts[place]
        text = rng.choice(("", "", "^", r"\A")) + "".join(parts) + rng.choice(("", "", "$", r"\Z"))
        pattern, how = re.compile(text, rng.choice((0, 0, re.IGNORECASE, re.ASCII, re.DOTALL))), rng.choice(HOWS)
        if automaton_of(pattern, how) is not None:
            decided += differences(pattern, how, texts_of(rng, 60))[0] > 0
    assert decided > examples(600) // 10


def test_tables_that_are_none_are_refused() -> None:
    texts = Texts.of(pa.array(["a"], pa.large_string()))
    with pytest.raises(ValueError, match="no automaton"):
        compiled.matches(texts.data, *texts.packed_bounds(), Automaton(bytes(256), b"\0", b"\1", 0, True, True, True))
    with pytest.raises(ValueError, match="no automaton"):
        compiled.matches(texts.data, *texts.packed_bounds(), Automaton(b"\7" * 256, b"\0", b"\0", 0, True, True, True))
    found = automaton_of(re.compile("a"), "match")
    assert found is not None and portable.matches(texts.data, *texts.packed_bounds(), found[0]) is None
