"""Folds and other functions of one list a row: sum, any, all, min, max, sorted, set, enumerate, zip and range.

sum of [[1, 2], [], [4]] → offsets [0, 2, 2, 3], values [1, 2, 4] → [3, 0, 4]
"""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from glowray.rows.types.kinds import NUMBERS, Kind, ListOf, TupleOf
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations.none_values import blank
from glowray.vectorize.columns.texts.text_ranks import ranked
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Lists, array_of, leaf, ranges, select, spread_out, take
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_SAFE = 2.0**62
_MOST_ITEMS = 20_000_000
IS_COMPENSATED = sys.version_info >= (3, 12)
"""Whether sum() adds up floats with a compensation for lost digits."""


def element_of(lists: Expr) -> Kind:
    """Return the kind of the elements of lists."""
    assert isinstance(lists.kind, ListOf)
    return lists.kind.element


def total(lists: Expr, start: Expr | None, *, compensated: bool) -> Expr:
    """Return `start + element + element …`, added from left to right. The sum of no floats, the int 0, is Python's."""
    kind = element_of(lists)
    begin = start.kind if start is not None else int
    if kind not in NUMBERS or begin not in NUMBERS:
        raise Untranslatable("a sum of what are not numbers")
    if kind is not float:
        if begin is float:
            raise Untranslatable("a sum of ints that starts from a float")
        whole = Expr(int, lambda frame: _int_sums(lists.run(frame), frame))
        return whole if start is None else numbers.arithmetic(ast.Add(), start, whole)

    def run(frame: Frame) -> Any:
        made: Lists = lists.run(frame)
        first = 0.0 if start is None else numbers.as_float(start, frame)
        if begin is not float:
            frame.require(made.lengths() > 0)
        return _float_sums(made, np.array(np.broadcast_to(first, frame.length)), compensated)

    return Expr(float, run, is_fresh=True)


def _int_sums(lists: Lists, frame: Frame) -> Any:
    values = lists.values.astype(np.int64, copy=False)
    if not len(values):
        return np.zeros(frame.length, np.int64)
    largest = max(-int(values.min()), int(values.max()))
    if largest * int(lists.lengths().max()) >= 2**63:
        sizes = np.zeros(frame.length)
        np.add.at(sizes, lists.parents, np.abs(values.astype(np.float64)))
        frame.require(sizes < _SAFE)
    before = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=before[1:])  # it may wrap around; the difference of two sums is right all the same
    return before[lists.offsets[1:]] - before[lists.offsets[:-1]]


def _float_sums(lists: Lists, sums: Any, compensated: bool) -> Any:
    """Add the elements of each row to `sums`, one by one."""
    if not compensated:
        np.add.at(sums, lists.parents, lists.values)
        return sums
    lost = np.zeros(len(sums))
    lengths = lists.lengths()
    for place in range(int(lengths.max()) if len(lengths) else 0):
        rows = np.flatnonzero(lengths > place)
        before, value = sums[rows], lists.values[lists.offsets[rows] + place]
        after = before + value
        larger = np.abs(before) >= np.abs(value)
        lost[rows] += np.where(larger, (before - after) + value, (value - after) + before)
        sums[rows] = after
    return np.where((lost != 0) & np.isfinite(lost), sums + lost, sums)


def any_of(lists: Expr) -> Expr:
    """Return `any(lists)` for lists of bool."""
    return Expr(bool, lambda frame: _true_counts(lists.run(frame)) > 0)


def all_of(lists: Expr) -> Expr:
    """Return `all(lists)` for lists of bool."""

    def run(frame: Frame) -> Any:
        made = lists.run(frame)
        return _true_counts(made) == made.lengths()

    return Expr(bool, run)


def _true_counts(lists: Lists) -> Any:
    before = np.zeros(lists.count + 1, np.int64)
    np.cumsum(np.broadcast_to(lists.values, lists.count), out=before[1:])
    return before[lists.offsets[1:]] - before[lists.offsets[:-1]]


def extreme(lists: Expr, keys: Expr, least: bool, default: Expr | None) -> Expr:
    """Return min or max of lists by a list of keys, one an element. The first of equal elements wins.

    An empty list gives the default, or raises ValueError without one.
    """
    kind = element_of(lists)
    if default is not None and default.kind != kind:
        raise Untranslatable("min or max with a default of another kind")

    def run(frame: Frame) -> Any:
        made: Lists = lists.run(frame)
        ranks = _ranks(element_of(keys), keys.run(frame).values, made, frame)
        filled = made.lengths() > 0
        if default is None:
            frame.fail(~filled, ValueError)
        if not made.count:
            return spread_out(kind, default.run(frame), frame.length) if default else blank(kind)
        places = np.zeros(frame.length, np.int64)
        places[filled] = _places_of_extreme(ranks, made, filled, least)
        value = take(kind, made.values, places)
        return value if default is None else select(kind, filled, value, default.run(frame))

    return leaf(kind, run)


def _places_of_extreme(ranks: Any, lists: Lists, filled: Any, least: bool) -> Any:
    starts = lists.offsets[:-1][filled]
    best = (np.minimum if least else np.maximum).reduceat(ranks, starts)
    rows = np.flatnonzero(ranks == np.repeat(best, lists.lengths()[filled]))
    return rows[np.searchsorted(rows, starts)]


def _ranks(kind: Kind, values: Any, lists: Lists, frame: Frame) -> Any:
    """Return numbers in the order of the values. Rows with NaN go to Python."""
    if kind is str:
        array = array_of(values)
        return ranked(array)[0] if len(array) else np.zeros(0, np.int64)
    if kind is float:
        odd = np.isnan(values)
        if odd.any():
            good = np.ones(frame.length, bool)
            good[lists.parents[odd]] = False
            frame.require(good)
        return np.where(odd, 0.0, values)
    if kind in NUMBERS:
        return values.astype(np.int64, copy=False)
    raise Untranslatable("the order of what are not numbers or str")


def ordered(lists: Expr, keys: Expr, reverse: bool) -> Expr:
    """Return `sorted(lists)` by a list of keys, one an element."""
    kind = element_of(lists)
    _require_ordered(element_of(keys))

    def run(frame: Frame) -> Lists:
        made: Lists = lists.run(frame)
        ranks = _ranks(element_of(keys), keys.run(frame).values, made, frame)
        order = np.lexsort((-ranks if reverse else ranks, made.parents))
        return Lists(made.offsets, take(kind, made.values, order))

    return Expr(ListOf(kind), run)


def _require_ordered(kind: Kind) -> None:
    if kind is not str and kind not in NUMBERS:
        raise Untranslatable("the order of what are not numbers or str")


def distinct(lists: Expr) -> Expr:
    """Return the lists without elements that equal an earlier one."""
    kind = element_of(lists)
    if kind not in (str, int, bool):
        raise Untranslatable("a set of what are not str or int")

    def run(frame: Frame) -> Lists:
        made: Lists = lists.run(frame)
        if not made.count:
            return made
        values = made.values
        codes = _codes(kind, values)
        order = np.lexsort((codes, made.parents))
        parents, codes = made.parents[order], codes[order]
        is_first = np.ones(len(order), bool)
        is_first[1:] = (parents[1:] != parents[:-1]) | (codes[1:] != codes[:-1])
        keep = np.zeros(len(order), bool)
        keep[order[is_first]] = True
        return made.only(kind, keep)

    return Expr(ListOf(kind), run)


def _codes(kind: Kind, values: Any) -> Any:
    if kind is not str:
        return values.astype(np.int64, copy=False)
    return np.asarray(array_of(values).dictionary_encode().indices)


def numbered(lists: Expr, start: int) -> Expr:
    """Return `enumerate(lists, start)`."""

    def run(frame: Frame) -> Lists:
        made: Lists = lists.run(frame)
        places = np.arange(made.count) - np.repeat(made.offsets[:-1], made.lengths()) + start
        return Lists(made.offsets, (places, made.values))

    return Expr(ListOf(TupleOf((int, element_of(lists))), once=True), run)


def zipped(sides: list[Expr]) -> Expr:
    """Return `zip(*sides)`."""
    kinds = tuple(map(element_of, sides))

    def run(frame: Frame) -> Lists:
        made: list[Lists] = [side.run(frame) for side in sides]
        counts = np.minimum.reduce([each.lengths() for each in made])
        values = []
        offsets = np.zeros(len(counts) + 1, np.int64)
        for kind, each in zip(kinds, made, strict=True):
            offsets, places = ranges(each.offsets[:-1], counts)
            values.append(take(kind, each.values, places))
        return Lists(offsets, tuple(values))

    return Expr(ListOf(TupleOf(kinds), once=True), run)


def spanned(start: Expr, stop: Expr, step: int) -> Expr:
    """Return `range(start, stop, step)`."""
    if any(each.kind is not int for each in (start, stop)) or not step:
        raise Untranslatable("range() of what are not ints")

    def run(frame: Frame) -> Lists:
        first, last = (np.broadcast_to(each.run(frame), frame.length) for each in (start, stop))
        wide = (np.abs(first.astype(np.float64)) < _SAFE) & (np.abs(last.astype(np.float64)) < _SAFE)
        frame.require(wide)
        counts = np.where(wide, np.maximum(-((first - last) // step), 0), 0)
        if int(counts.sum()) > _MOST_ITEMS:
            raise OverflowError("ranges of too many numbers")
        offsets, places = ranges(np.zeros(len(counts), np.int64), counts)
        return Lists(offsets, np.repeat(first, counts) + places * step)

    return Expr(ListOf(int), run)


def constant_list(kind: Kind, vector: Any, count: int) -> Expr:
    """Return the same list in all rows."""

    def run(frame: Frame) -> Lists:
        places = np.tile(np.arange(count), frame.length)
        return Lists(np.arange(frame.length + 1) * count, take(kind, vector, places))

    return Expr(ListOf(kind), run)


def as_list(lists: Expr) -> Expr:
    """Return `list(lists)`: a list that may be iterated again."""
    assert isinstance(lists.kind, ListOf)
    return replace(lists, kind=ListOf(lists.kind.element))


def lengths_of(lists: Expr) -> Expr:
    """Return `len(lists)`."""
    return Expr(int, lambda frame: lists.run(frame).lengths())
