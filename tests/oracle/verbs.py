"""The verbs in plain Python: the rows that a pipeline must give, and known facts about their order and partitions."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from glowray.dataset.core.drawing import draw, poisson_edges

NAN = ("not a number",)


@dataclass(frozen=True)
class Rows:
    """Rows in partitions, and the facts known about them.

    Args:
        ordered: The order of the rows is defined.
        placed: The partitions are defined. If not, all rows are in one partition here.
        keyed: All rows are (key, value) with allowed keys.
        unique: No two rows have one key.
        plain: The rows themselves are allowed keys.
    """

    parts: list[list[Any]]
    ordered: bool = True
    placed: bool = True
    keyed: bool = False
    unique: bool = False
    plain: bool = False

    @property
    def all(self) -> list[Any]:
        return [row for part in self.parts for row in part]

    @property
    def settled(self) -> bool:
        """Return whether groups of these rows are defined: the order is defined, or each key has one row."""
        return self.ordered or self.unique

    def each(self, change: Callable[[list[Any]], Iterable[Any]], **facts: bool) -> Rows:
        """Return the partitions changed one by one. Only the given facts, the order and the placement stay known."""
        return narrow(self, [list(change(part)) for part in self.parts], facts)

    def shuffled(self, rows: Iterable[Any], **facts: bool) -> Rows:
        return Rows([list(rows)], ordered=False, placed=False, **facts)


def narrow(state: Rows, parts: list[list[Any]], facts: dict[str, bool]) -> Rows:
    return replace(Rows(parts, state.ordered, state.placed), **facts)


def canonical(key: Any) -> Any:
    """Return a value that is equal for all keys of one group. All NaNs are one key, inside other keys too."""
    if isinstance(key, (float, complex, Decimal)) and key != key:
        return NAN
    if isinstance(key, tuple):
        return tuple(map(canonical, key))
    if isinstance(key, frozenset):
        return frozenset(map(canonical, key))
    if dataclasses.is_dataclass(key):
        return (type(key), *(canonical(getattr(key, f.name)) for f in dataclasses.fields(key) if f.compare))
    return key


def groups(rows: Iterable[tuple[Any, Any]]) -> dict[Any, tuple[Any, list[Any]]]:
    """Return {canonical key: (first key, values in order)}."""
    found: dict[Any, tuple[Any, list[Any]]] = {}
    for key, value in rows:
        found.setdefault(canonical(key), (key, []))[1].append(value)
    return found


def even(rows: list[Any], count: int) -> list[list[Any]]:
    return [rows[len(rows) * k // count : len(rows) * (k + 1) // count] for k in range(count)]


def is_nan(key: Any) -> bool:
    return isinstance(key, (float, Decimal)) and key != key


def ranked(key: Any, reverse: bool) -> Any:
    """Return a sort key that puts NaN last in both directions, inside tuples too."""
    if isinstance(key, tuple):
        return tuple(ranked(part, reverse) for part in key)
    return (is_nan(key) != reverse, 0 if is_nan(key) else key)


def in_order(rows: list[Any], key: Callable[[Any], Any], reverse: bool) -> list[Any]:
    return sorted(rows, key=lambda row: ranked(key(row), reverse), reverse=reverse)


def fold(parts: list[list[Any]], first: Callable[[Any], Any], add: Any, merge: Any) -> list[Any]:
    """Fold each part from left to right, then the partial results in order. No rows give no row."""
    partials = [functools.reduce(add, part[1:], first(part[0])) for part in parts if part]
    return [functools.reduce(merge, partials)] if partials else []


def fold_by_key(state: Rows, first: Callable[[Any], Any], add: Any, merge: Any) -> Rows:
    local = [groups(part) for part in state.parts]
    shown = groups(state.all)
    folded = [
        (shown[name][0], fold([part[name][1] for part in local if name in part], first, add, merge)[0])
        for name in shown
    ]
    return state.shuffled(folded, keyed=True, unique=True)


def limit(state: Rows, n: int) -> Rows:
    return replace(state, parts=[state.all[:n]], placed=True)


def repartition(state: Rows, n: int) -> Rows:
    return replace(state, parts=even(state.all, n) if state.placed or state.ordered else state.parts)


def numbered(state: Rows) -> list[list[tuple[Any, int]]]:
    """Return the rows with their positions."""
    places = itertools.count()
    return [[(row, next(places)) for row in part] for part in state.parts]


def drawn(state: Rows, seed: int, low: float, high: Callable[[Any], float]) -> Rows:
    """Return the rows whose draw, as a share of all draws, is at least `low` and less than `high(row)`."""
    parts = [
        [row for row, place in part if round(low * 2**64) <= draw(seed, place) < round(high(row) * 2**64)]
        for part in numbered(state)
    ]
    return replace(state, parts=parts)


def drawn_often(state: Rows, fraction: float, seed: int) -> Rows:
    """Return each row as often as its draw says, by the Poisson distribution."""
    edges = poisson_edges(fraction)
    parts = [[row for row, place in part for edge in edges if edge <= draw(seed, place)] for part in numbered(state)]
    return replace(state, parts=parts, unique=False)


def zip_with_index(state: Rows) -> Rows:
    places = itertools.count()
    return state.each(lambda part: [(row, next(places)) for row in part], keyed=state.plain)


def sliding(state: Rows, n: int, step: int) -> Rows:
    rows = state.all
    last = len(rows) - n
    parts = [[rows[at : at + n] for _, at in part if at % step == 0 and at <= last] for part in numbered(state)]
    return narrow(state, parts, {})


def zipped(state: Rows, other: Rows) -> Rows:
    rows = iter(other.all)
    return state.each(lambda part: [(row, next(rows)) for row in part], keyed=state.plain)


def sort(state: Rows, key: Callable[[Any], Any], reverse: bool) -> Rows:
    rows = in_order(state.all, key, reverse)
    return replace(state, parts=[rows], ordered=True, placed=len(state.parts) == 1 and state.placed)


def top(state: Rows, n: int, key: Callable[[Any], Any], reverse: bool) -> Rows:
    return replace(state, parts=[in_order(state.all, key, not reverse)[:n]], ordered=True, placed=True)


def distinct(state: Rows, key: Callable[[Any], Any]) -> Rows:
    firsts = [values[0] for _, values in groups((key(row), row) for row in state.all).values()]
    return state.shuffled(firsts, keyed=state.keyed, plain=state.plain)


def _present(found: list[Any]) -> list[Any]:
    return [value for value in found if value is not None]


BY_KEY: dict[str, Callable[[list[Any]], Any]] = {
    "sum_by_key": lambda found: sum(_present(found)),
    "mean_by_key": lambda found: sum(_present(found)) / len(_present(found)) if _present(found) else None,
    "min_by_key": lambda found: min(_present(found), default=None),
    "max_by_key": lambda found: max(_present(found), default=None),
}
"""The results for the values of one key."""


def join(sides: list[Rows], how: str) -> Rows:
    tables = [groups(side.all) for side in sides]
    names = {name: key for table in reversed(tables) for name, (key, _) in table.items()}
    present = {name: [table.get(name, (None, []))[1] for table in tables] for name in names}
    if how in ("semi", "anti"):
        kept = [name for name, values in present.items() if (all if how == "semi" else _none)(values[1:])]
        own = groups((row[0], row) for row in sides[0].all)
        rows = [row for name in kept if name in own for row in own[name][1]]
        return sides[0].shuffled(rows, keyed=True)
    needed = {"inner": range(len(sides)), "left": [0], "right": [len(sides) - 1], "outer": []}[how]
    kept = [name for name, values in present.items() if all(values[place] for place in needed)]
    rows = [
        (names[name], found)
        for name in kept
        for found in itertools.product(*(side or [None] for side in present[name]))
    ]
    return sides[0].shuffled(rows, keyed=True)


def _none(values: Iterable[Any]) -> bool:
    return not any(values)


def co_group(sides: list[Rows]) -> Rows:
    tables = [groups(side.all) for side in sides]
    names = {name: key for table in reversed(tables) for name, (key, _) in table.items()}
    rows = [(key, tuple(table.get(name, (None, []))[1] for table in tables)) for name, key in names.items()]
    return sides[0].shuffled(rows, keyed=True, unique=True)


def matching(state: Rows, other: Rows, *, both: bool) -> Rows:
    """Return the result of subtract, or with `both` of intersection."""
    there = groups((row, None) for row in other.all)
    rows = [row for row in state.all if (canonical(row) in there) == both]
    if both:
        rows = [key for key, _ in groups((row, None) for row in rows).values()]
    return state.shuffled(rows, plain=True, keyed=state.keyed)


def piped(rows: Iterable[Any], command: Callable[[list[str]], list[str]]) -> list[str]:
    """Return the lines that a command makes of rows. The command is a function of lines."""
    text = "".join(f"{row}\n" for row in rows)
    return [line.removesuffix("\r") for line in command(text.split("\n")[:-1])]


def batches(rows: list[Any], size: int) -> list[list[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
