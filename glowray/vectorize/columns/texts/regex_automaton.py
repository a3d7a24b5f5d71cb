"""Patterns of `re` as automata: those in which the next character always decides how the match goes on.

    r"^(\\d+) ([a-z]*)$" → positions 1 `\\d`, 2 ` `, 3 `[a-z]`; from 1 a digit goes to 1 and a space to 2

A text has one way through the positions, so the match never goes back. The positions of a group are a range, and
matching goes through the ranges from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from glowray.native.interface import Automaton

MOST_POSITIONS = 250
MOST_GROUPS = 30
UNKNOWN, NO_STATE = 254, 255
_NO, _YES, _UNCLEAR = range(3)
_ENDS = (codes.AT_END, codes.AT_END_STRING)
_STARTS = (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING)


class _NotDecidedError(Exception):
    """The next character does not always decide how a match goes on."""


@dataclass
class _Part:
    """A part of a pattern: the positions that a match of it may begin and end with, and whether it may be empty."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    is_empty: bool = True


@dataclass
class _Positions:
    """The positions of a pattern: the characters of each, and which positions may follow it."""

    pattern: re.Pattern[str]
    state: Any
    characters: list[bytes] = field(default_factory=lambda: [b""])
    follow: list[set[int]] = field(default_factory=lambda: [set()])
    groups: dict[int, tuple[int, int]] = field(default_factory=dict)
    is_lazy: bool = False

    def sequence(self, nodes: Iterable[tuple[Any, Any]], *, may_group: bool) -> _Part:
        made = _Part()
        for node in nodes:
            made = self._joined(made, self._node(*node, may_group=may_group))
        return made

    def _joined(self, left: _Part, right: _Part) -> _Part:
        for position in left.last:
            self.follow[position] |= right.first
        return _Part(
            left.first | right.first if left.is_empty else left.first,
            left.last | right.last if right.is_empty else right.last,
            left.is_empty and right.is_empty,
        )

    def _node(self, code: Any, value: Any, *, may_group: bool) -> _Part:
        if code in (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN):
            return self._position(code, value)
        if code is codes.SUBPATTERN:
            return self._group(*value, may_group=may_group)
        if code is codes.BRANCH:
            return self._branch([self.sequence(each, may_group=False) for each in value[1]])
        if code is codes.MAX_REPEAT or code is codes.MIN_REPEAT:
            self.is_lazy |= code is codes.MIN_REPEAT
            return self._repeat(*value)
        raise _NotDecidedError

    def _position(self, code: Any, value: Any) -> _Part:
        if len(self.follow) > MOST_POSITIONS:
            raise _NotDecidedError
        place = frozenset([len(self.follow)])
        self.characters.append(_table(self.pattern.flags, code, _hashable(value)))
        self.follow.append(set())
        return _Part(place, place, False)

    def _group(self, number: Any, add: int, drop: int, inside: Any, *, may_group: bool) -> _Part:
        if add or drop or (number is not None and not may_group):
            raise _NotDecidedError
        start = len(self.follow)
        made = self.sequence(inside, may_group=may_group)
        if number is not None:
            if len(self.follow) == start:
                raise _NotDecidedError
            self.groups[number] = start, len(self.follow)
        return made

    def _branch(self, ways: list[_Part]) -> _Part:
        if any(way.is_empty for way in ways):
            raise _NotDecidedError  # its first way may be empty, and then re prefers nothing to a character
        return _Part(
            frozenset().union(*(way.first for way in ways)), frozenset().union(*(way.last for way in ways)), False
        )

    def _repeat(self, least: int, most: Any, inside: Any) -> _Part:
        if inside.getwidth()[0] == 0:
            raise _NotDecidedError
        made = _Part()
        is_endless = most is codes.MAXREPEAT
        for count in range(max(least, is_endless)):
            once = self.sequence(inside, may_group=False)
            if is_endless and count == max(least, 1) - 1:
                for position in once.last:
                    self.follow[position] |= once.first
            made = self._joined(made, _Part(once.first, once.last, count >= least))
        return made if is_endless else self._joined(made, self._at_most(int(most) - least, inside))

    def _at_most(self, count: int, inside: Any) -> _Part:
        """Return the part of up to `count` repeats, one within the other: `(?:x(?:x)?)?` for 2."""
        if count == 0:
            return _Part()
        once = self.sequence(inside, may_group=False)
        made = self._joined(once, self._at_most(count - 1, inside))
        return _Part(made.first, made.last, True)


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


@lru_cache(maxsize=512)
def _table(flags: int, code: Any, value: Any) -> bytes:
    """Return for each byte whether a character that begins with it is in a set of one character, as `re` tells."""
    one, many = _compiled(flags, code, value, repeats=False), _compiled(flags, code, value, repeats=True)
    table = bytearray(256)
    for byte in range(128):
        table[byte] = _YES if one.fullmatch(chr(byte)) else _NO
    for byte, characters in _characters_by_first_byte().items():
        table[byte] = _YES if many.fullmatch(characters) else _UNCLEAR if one.search(characters) else _NO
    for byte in range(0xF0, 0xF5):
        table[byte] = _beyond(code, value)
    return bytes(table)


def _compiled(flags: int, code: Any, value: Any, *, repeats: bool) -> Any:
    state = parser.State()
    state.flags = flags
    node = (code, list(value) if code is codes.IN else value)
    if repeats:
        node = (codes.MAX_REPEAT, (0, codes.MAXREPEAT, parser.SubPattern(state, [node])))
    return compiler.compile(parser.SubPattern(state, [node]), flags)


@cache
def _characters_by_first_byte() -> dict[int, str]:
    """Return byte → all characters of two or three bytes that begin with it in UTF-8."""
    found: dict[int, list[str]] = {}
    for code in range(0x80, 0x10000):
        if not 0xD800 <= code < 0xE000:
            first = 0xC0 | code >> 6 if code < 0x800 else 0xE0 | code >> 12
            found.setdefault(first, []).append(chr(code))
    return {first: "".join(characters) for first, characters in found.items()}


def _beyond(code: Any, value: Any) -> int:
    """Return whether characters of four bytes are in a set: _YES or _NO for all, else _UNCLEAR."""
    if code is codes.LITERAL or code is codes.NOT_LITERAL:
        return _UNCLEAR if value > 127 else _YES if code is codes.NOT_LITERAL else _NO
    if code is codes.ANY:
        return _YES
    seen = {_beyond_item(*item) for item in value if item[0] is not codes.NEGATE}
    found = _UNCLEAR if _UNCLEAR in seen else _YES if _YES in seen else _NO
    is_negated = value[0][0] is codes.NEGATE
    return {_YES: _NO, _NO: _YES}.get(found, found) if is_negated else found


def _beyond_item(code: Any, value: Any) -> int:
    if code is codes.CATEGORY and value in (codes.CATEGORY_SPACE, codes.CATEGORY_NOT_SPACE):
        return _YES if value is codes.CATEGORY_NOT_SPACE else _NO
    highest = value if code is codes.LITERAL else value[1] if code is codes.RANGE else 1 << 20
    return _NO if highest < 128 else _UNCLEAR


@lru_cache(maxsize=256)
def automaton_of(pattern: re.Pattern[str], how: str) -> tuple[Automaton, tuple[tuple[int, int], ...]] | None:
    """Return the automaton of a pattern, and for each group (event of its start, event of its end).

    `how` is "match", "search" or "fullmatch". Return None if the pattern has no automaton.
    """
    if type(pattern.pattern) is not str or pattern.flags & (re.LOCALE | re.MULTILINE):
        return None
    try:
        return _built(pattern, how)
    except _NotDecidedError:
        return None


def _built(pattern: re.Pattern[str], how: str) -> tuple[Automaton, tuple[tuple[int, int], ...]]:
    tree = parser.parse(pattern.pattern, pattern.flags)
    nodes = list(tree)
    is_anchored = how != "search"
    end = None
    if nodes and nodes[0][0] is codes.AT and nodes[0][1] in _STARTS:
        is_anchored, nodes = True, nodes[1:]
    if nodes and nodes[-1][0] is codes.AT and nodes[-1][1] in _ENDS:
        end, nodes = nodes[-1][1], nodes[:-1]
    made = _Positions(pattern, tree.state)
    whole = made.sequence(nodes, may_group=True)
    made.follow[0] = set(whole.first)
    accepts = bytearray(len(made.follow))
    for position in (*whole.last, *([0] if whole.is_empty else [])):
        accepts[position] = 1
    is_full = how == "fullmatch"
    goes_on = any(accepts[place] and made.follow[place] for place in range(len(made.follow)))
    if made.is_lazy and goes_on and not (is_full or end is codes.AT_END_STRING):
        raise _NotDecidedError  # a lazy match ends at the first place where it may
    events = sorted(edge for group in made.groups.values() for edge in group)
    if len(made.groups) > MOST_GROUPS:
        raise _NotDecidedError
    ranks = bytes(sum(edge <= place for edge in events) for place in range(len(made.follow)))
    table = b"".join(_row(made, place) for place in range(len(made.follow)))
    automaton = Automaton(
        table, bytes(accepts), ranks, len(events), is_anchored, is_full or end is not None,
        end is codes.AT_END and not is_full,
    )  # fmt: skip
    return automaton, _events_of(made.groups, events)


def _events_of(groups: dict[int, tuple[int, int]], events: list[int]) -> tuple[tuple[int, int], ...]:
    """Return (number of the start's event, number of the end's event) of each group. Equal edges are one place."""
    return tuple((events.index(start), events.index(end)) for _, (start, end) in sorted(groups.items()))


def _row(positions: _Positions, place: int) -> bytes:
    """Return the next state for each byte."""
    row = bytearray([NO_STATE]) * 256
    for after in sorted(positions.follow[place]):
        for byte, known in enumerate(positions.characters[after]):
            if known == _NO:
                continue
            if known == _UNCLEAR or row[byte] == UNKNOWN:
                row[byte] = UNKNOWN
            elif row[byte] != NO_STATE:
                raise _NotDecidedError
            else:
                row[byte] = after
    return bytes(row)
