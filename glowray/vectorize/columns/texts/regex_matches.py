"""The methods of patterns: match, search, fullmatch, sub, findall and split.

An automaton in C matches where the pattern has one. Else Arrow's RE2 runs over the texts for which the pattern means
the same. Python's own pattern takes each of the other texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.native import chosen
from glowray.native.interface import Automaton, Matches
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import ListOf, MatchOf, TupleOf
from glowray.vectorize.columns.texts.mended_texts import mended
from glowray.vectorize.columns.texts.regex_automaton import automaton_of
from glowray.vectorize.columns.texts.regex_syntax import Regex, run_of
from glowray.vectorize.columns.texts.text_methods import column
from glowray.vectorize.columns.texts.text_pieces import Pieces
from glowray.vectorize.columns.texts.text_slices import texts_of
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Nullable, leaf, ranges
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

LARGE = pa.large_string()
_FOUND, _UNCLEAR = 1, 2


def matched(pattern: re.Pattern[str], how: str, text: Expr) -> Expr:
    """Return `pattern.match(text)`, or search or fullmatch."""
    regex = Regex(pattern, names_groups=True, has_groups=True)
    body = f"(?P<g0>{regex.text})"
    spelled = {"search": body, "match": rf"\A{body}", "fullmatch": rf"\A{body}\z"}[how]
    kind = MatchOf(TupleOf((str,) * (pattern.groups + 1)), tuple(pattern.groupindex.items()))
    python: Callable[[str], Any] = {"search": pattern.search, "match": pattern.match, "fullmatch": pattern.fullmatch}[
        how
    ]
    _require_valid(spelled)
    for_ascii, has_end = regex.for_ascii, regex.has_end
    automaton = automaton_of(pattern, how)

    def run(frame: Frame) -> Nullable:
        found_by_automaton = None if automaton is None else _matched_by_automaton(*automaton, python, text, frame)
        if found_by_automaton is not None:
            return found_by_automaton
        texts = column(text, frame)
        found = pc.extract_regex(texts, spelled)
        there = as_numpy(found.is_valid()).copy()
        groups = [pc.fill_null(each, "") for each in found.flatten()]
        bad = np.zeros(frame.length, bool)
        if for_ascii:
            bad |= ~as_numpy(pc.string_is_ascii(texts))
        if has_end:  # Python's $ leaves out the line end at the end of the text
            bad |= as_numpy(pc.ends_with(groups[0], "\n"))
        if bad.any():
            groups = _matched_by_python(python, texts, bad, groups, there, frame)
        return Nullable(tuple(groups), there)

    return leaf(kind, run)


def _matched_by_automaton(
    automaton: Automaton, groups: tuple[tuple[int, int], ...], python: Callable[[str], Any], text: Expr, frame: Frame
) -> Nullable | None:
    """Return the matches that an automaton finds, and Python's where it cannot tell. None: there is no C code."""
    texts = texts_of(text, frame)
    found = chosen.loops.matches(texts.data, *texts.packed_bounds(), automaton)
    if found is None:
        return None
    status, places = found
    for row in np.flatnonzero(status == _UNCLEAR).tolist():
        _set_by_python(python, groups, texts, row, found)
    bounds = [(0, 1), *((start + 2, end + 2) for start, end in groups)]
    return Nullable(tuple(Texts(texts.data, places[start], places[end]) for start, end in bounds), status == _FOUND)


def _set_by_python(
    python: Callable[[str], Any], groups: tuple[tuple[int, int], ...], texts: Texts, row: int, found: Matches
) -> None:
    """Set the status and the places of a text to those of Python's match."""
    value = texts.text(row)
    match = python(value)
    found.status[row] = 0 if match is None else _FOUND
    if match is None:
        return
    for number, (start, end) in enumerate([(-2, -1), *groups]):
        for event, place in zip((start, end), match.span(number), strict=True):
            found.places[event + 2, row] = texts.starts[row] + len(value[:place].encode())


def _require_valid(spelled: str) -> None:
    try:
        pc.match_substring_regex(pa.array([""]), spelled)
    except pa.ArrowInvalid:
        raise Untranslatable("a pattern that is too large") from None


def _matched_by_python(
    python: Callable[[str], Any], texts: pa.Array, bad: Any, groups: list[Any], there: Any, frame: Frame
) -> list[Any]:
    """Return the groups with those that Python finds in the rows where `bad` is true.

    A row with an absent group goes to Python.
    """
    rows = np.flatnonzero(bad)
    good = np.ones(len(texts), bool)
    found: list[tuple[str, ...]] = []
    for row, value in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
        match = python(value)
        there[row] = match is not None
        own = ("",) * len(groups) if match is None else (match[0], *match.groups())
        good[row] = None not in own
        found.append(tuple(each or "" for each in own))
    frame.require(good)
    large = [each.cast(pa.large_string()) for each in groups]
    columns = zip(*found, strict=True)
    replacements = [pa.array(list(each), pa.large_string()) for each in columns]
    return [pc.replace_with_mask(g, pa.array(bad), r) for g, r in zip(large, replacements, strict=True)]


def group(match: Expr, number: object) -> Expr:
    """Return `match.group(number)`, for a number or a name. Rows without a match raise AttributeError."""
    kind = match.kind
    assert isinstance(kind, MatchOf) and isinstance(kind.kind, TupleOf)
    place = dict(kind.names).get(number) if type(number) is str else number
    if type(place) is not int or not 0 <= place < len(kind.kind.fields):
        raise Untranslatable("a group that the pattern does not have")

    def run(frame: Frame) -> Any:
        return _large(_groups(match, frame)[place])

    return leaf(str, run)


def _groups(match: Expr, frame: Frame) -> Any:
    vector = match.carry(frame)
    frame.fail(np.logical_not(vector.there), AttributeError)
    return vector.values


def groups(match: Expr) -> Expr:
    """Return `match.groups()`."""
    kind = match.kind
    assert isinstance(kind, MatchOf) and isinstance(kind.kind, TupleOf)
    if len(kind.kind.fields) < 2:
        raise Untranslatable("groups() of a pattern without groups")
    fields = kind.kind.fields[1:]
    return Expr(TupleOf(fields), lambda frame: tuple(map(_large, _groups(match, frame)[1:])))


def _large(texts: Any) -> Any:
    return texts if isinstance(texts, Texts) else texts.cast(pa.large_string())


def names_of(match: Expr) -> dict[str, int]:
    """Return name → number of the groups of a match that have a name."""
    assert isinstance(match.kind, MatchOf)
    return dict(match.kind.names)


def substituted(pattern: re.Pattern[str], replacement: str, text: Expr) -> Expr:
    """Return `pattern.sub(replacement, text)`."""
    if "\\" in replacement and not re.fullmatch(r"(?:[^\\]|\\[1-9](?![0-9]))*", replacement, re.DOTALL):
        raise Untranslatable("a replacement with such escapes")
    regex = Regex(pattern, names_groups=False, has_groups="\\" in replacement)
    if regex.may_be_empty:
        raise Untranslatable("sub() of a pattern that may match nothing")
    if regex.has_end:
        return _substituted_at_end(pattern, replacement, text)
    if any(int(each) > pattern.groups for each in re.findall(r"\\([1-9])", replacement)):
        raise Untranslatable("a replacement with a group that the pattern does not have")
    spelled, for_ascii = regex.text, regex.for_ascii
    _require_valid(spelled)

    def run(frame: Frame) -> Any:
        texts = column(text, frame)
        made = pc.replace_substring_regex(texts, spelled, replacement)
        if not for_ascii:
            return made
        bad = ~as_numpy(pc.string_is_ascii(texts))
        return mended(made, bad, lambda row: pattern.sub(replacement, texts[row].as_py()))

    return Expr(str, run)


def _substituted_at_end(pattern: re.Pattern[str], replacement: str, text: Expr) -> Expr:
    """Return `pattern.sub(replacement, text)` of a pattern that ends with a $. Texts with two matches are rare."""
    found = automaton_of(pattern, "search")
    if found is None or "\\" in replacement:
        raise Untranslatable("sub() of a pattern with a $ whose match is not decided character by character")
    automaton = found[0]

    def run(frame: Frame) -> Any:
        texts = texts_of(text, frame)
        starts, ends = (np.asarray(each, np.int64) for each in texts.packed_bounds())
        first = chosen.loops.matches(texts.data, starts, ends, automaton)
        if first is None:
            return mended(texts.array, np.ones(len(texts), bool), lambda row: pattern.sub(replacement, texts.text(row)))
        status, (start, end) = first.status, first.places[:2]
        rest = chosen.loops.matches(texts.data, end, ends, automaton)
        assert rest is not None
        before, after = Texts(texts.data, starts, start), Texts(texts.data, end, ends)
        made = pc.binary_join_element_wise(
            before.array, pa.scalar(replacement, LARGE), after.array, pa.scalar("", LARGE)
        )
        whole = pc.if_else(pa.array(status == _FOUND), made, texts.array)
        bad = (status == _UNCLEAR) | ((status == _FOUND) & (rest.status != 0) & (not automaton.anchored))
        return mended(whole, bad, lambda row: pattern.sub(replacement, texts.text(row)))

    return Expr(str, run)


def all_found(pattern: re.Pattern[str], text: Expr) -> Expr:
    """Return `pattern.findall(text)` of a pattern `[class]+`: the runs of its characters."""
    mask = run_of(pattern)
    if mask is None:
        raise Untranslatable("findall() of a pattern that is not one class and a +")

    def run(frame: Frame) -> Pieces:
        texts = texts_of(text, frame)
        if not texts.is_ascii:
            frame.require(as_numpy(pc.string_is_ascii(texts.array)))
        offsets, places = ranges(texts.starts, texts.lengths)
        is_in = mask[texts.data[places]]
        is_start, is_end = is_in.copy(), is_in.copy()
        is_start[1:] &= ~is_in[:-1]
        is_end[:-1] &= ~is_in[1:]
        filled = offsets[:-1][offsets[1:] > offsets[:-1]]
        ends = offsets[1:][offsets[1:] > offsets[:-1]] - 1
        is_start[filled] = is_in[filled]
        is_end[ends] = is_in[ends]
        before = np.zeros(len(places) + 1, np.int64)
        np.cumsum(is_start, out=before[1:])
        return Pieces(texts.data, before[offsets], places[is_start], places[is_end] + 1)

    return Expr(ListOf(str), run)
