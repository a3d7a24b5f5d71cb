"""Translate a pattern of `re` to RE2, which Arrow uses, where the two mean the same.

Python's own parser gives the tree of a pattern; each node is spelled for RE2:

    r"^(\\d+)-x$" → \\A(?P<g1>[0-9]+)\\-x\\n?\\z

Classes such as \\w have other characters in Unicode, so a pattern with one is for ASCII texts.
"""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np

from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_FLAGS = re.UNICODE | re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE | re.ASCII
_MOST_REPEATS = 1000
_CLASSES = {
    codes.CATEGORY_DIGIT: "0-9", codes.CATEGORY_NOT_DIGIT: r"\x00-/:-\x7f",
    codes.CATEGORY_SPACE: r"\x09-\x0d\x1c-\x20", codes.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1b\x21-\x7f",
    codes.CATEGORY_WORD: "0-9A-Z_a-z", codes.CATEGORY_NOT_WORD: r"\x00-/:-@\[-^`{-\x7f",
}  # fmt: skip
"""Classes of ASCII characters, as they stand between brackets."""

_NO_ASCII_SPACE = {
    **_CLASSES,
    codes.CATEGORY_SPACE: r"\x09-\x0d\x20",
    codes.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1f\x21-\x7f",
}
"""With the flag re.ASCII, \\x1c to \\x1f are no white space."""


class Regex:
    """A pattern in the syntax of RE2.

    `text` names the groups g1, g2, …, unless they are plain. `for_ascii`: it means the same in ASCII texts only.
    `may_be_empty`: it matches "" somewhere. `has_end`: it has a `$`, which a match of RE2 includes the line end of.
    """

    def __init__(self, pattern: re.Pattern[str], *, names_groups: bool, has_groups: bool) -> None:
        if type(pattern.pattern) is not str or pattern.flags & ~_FLAGS:
            raise Untranslatable("a pattern of bytes, or with such flags")
        self._names, self._groups, self._flags = names_groups, has_groups, pattern.flags
        self._classes = _NO_ASCII_SPACE if pattern.flags & re.ASCII else _CLASSES
        self.for_ascii = bool(pattern.flags & re.IGNORECASE)
        self.has_end = False
        tree = parser.parse(pattern.pattern, pattern.flags)
        self.may_be_empty = tree.getwidth()[0] == 0
        made = self._sequence(list(tree), is_last=True, repeats=False)
        self.text = f"(?i:{made})" if pattern.flags & re.IGNORECASE else made

    def _sequence(self, nodes: list[Any], *, is_last: bool, repeats: bool) -> str:
        last = len(nodes) - 1
        return "".join(
            self._node(code, value, is_last=is_last and place == last, repeats=repeats)
            for place, (code, value) in enumerate(nodes)
        )

    def _node(self, code: Any, value: Any, *, is_last: bool, repeats: bool) -> str:
        if code is codes.LITERAL:
            return self._literal(value)
        if code is codes.NOT_LITERAL:
            return f"[^{self._literal(value)}]"
        if code is codes.ANY:
            return "(?s:.)" if self._flags & re.DOTALL else "."
        if code is codes.IN:
            return self._class(value)
        if code is codes.BRANCH:
            return "(?:" + "|".join(self._sequence(list(each), is_last=False, repeats=True) for each in value[1]) + ")"
        if code is codes.SUBPATTERN:
            return self._group(*value, is_last=is_last, repeats=repeats)
        if code is codes.MAX_REPEAT or code is codes.MIN_REPEAT:
            return self._repeat(*value, is_lazy=code is codes.MIN_REPEAT)
        if code is codes.AT:
            return self._place(value, is_last=is_last)
        raise Untranslatable("a pattern that looks ahead or back, or refers to a group")

    def _literal(self, code: int) -> str:
        if code > 127 and self._flags & re.IGNORECASE:
            raise Untranslatable("a pattern of letters that are not ASCII, without case")
        character = chr(code)
        if code < 32 or code == 127:
            return f"\\x{code:02x}"
        if 0xD800 <= code < 0xE000:
            raise Untranslatable("a pattern with a lone surrogate")
        return character if code > 127 or character.isalnum() or character == "_" else "\\" + character

    def _class(self, items: list[Any]) -> str:
        parts = []
        for code, value in items:
            if code is codes.NEGATE:
                parts.append("^")
            elif code is codes.LITERAL:
                parts.append(self._literal(value))
            elif code is codes.RANGE:
                parts.append("-".join(map(self._literal, value)))
                if self._flags & re.IGNORECASE and not all(chr(each).isalnum() for each in value):
                    raise Untranslatable("a range of what are not letters, without case")
            elif code is codes.CATEGORY and value in self._classes:
                self.for_ascii = True
                parts.append(self._classes[value])
            else:
                raise Untranslatable("a pattern with such a class")
        return f"[{''.join(parts)}]"

    def _group(self, number: Any, add: int, drop: int, inside: Any, *, is_last: bool, repeats: bool) -> str:
        if add or drop:
            raise Untranslatable("a pattern whose flags change")
        made = self._sequence(list(inside), is_last=is_last, repeats=repeats)
        if number is None or not self._groups:
            return f"(?:{made})"
        if repeats:
            raise Untranslatable("a pattern with a group that may match several times, or not at all")
        return f"(?P<g{number}>{made})" if self._names else f"({made})"

    def _repeat(self, least: int, most: Any, inside: Any, *, is_lazy: bool) -> str:
        if inside.getwidth()[0] == 0:
            raise Untranslatable("a pattern that repeats what may be empty")
        limit = "" if most is codes.MAXREPEAT else str(int(most))
        if max(least, int(limit or 0)) > _MOST_REPEATS:
            raise Untranslatable(f"a pattern with more than {_MOST_REPEATS} repeats")
        made = self._sequence(list(inside), is_last=False, repeats=True)
        count = {(0, ""): "*", (1, ""): "+", (0, "1"): "?"}.get((least, limit), f"{{{least},{limit}}}")
        return f"(?:{made}){count}{'?' if is_lazy else ''}"

    def _place(self, place: Any, *, is_last: bool) -> str:
        if place is codes.AT_BEGINNING:
            return "(?m:^)" if self._flags & re.MULTILINE else r"\A"
        if place is codes.AT_BEGINNING_STRING:
            return r"\A"
        if place is codes.AT_END_STRING:
            return r"\z"
        if place is codes.AT_END and self._flags & re.MULTILINE:
            return "(?m:$)"
        if place is codes.AT_END and is_last:
            self.has_end = True
            return r"\n?\z"
        if place is codes.AT_BOUNDARY:
            self.for_ascii = True
            return r"\b"
        raise Untranslatable("a pattern with a $ in its middle, or \\B")


def run_of(pattern: re.Pattern[str]) -> Any | None:
    """Return a mask of the 256 bytes that are ASCII characters of a pattern `[class]+`. Return None for others."""
    tree = list(parser.parse(pattern.pattern, pattern.flags))
    if len(tree) != 1 or tree[0][0] is not codes.MAX_REPEAT or pattern.flags & (re.IGNORECASE | re.LOCALE):
        return None
    least, most, inside = tree[0][1]
    if least != 1 or most is not codes.MAXREPEAT or len(inside) != 1 or inside[0][0] not in (codes.IN, codes.LITERAL):
        return None
    one = re.compile(pattern.pattern, pattern.flags)
    return np.array([code < 128 and one.fullmatch(chr(code)) is not None for code in range(256)])
