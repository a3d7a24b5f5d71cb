from __future__ import annotations

import dataclasses
import functools
import inspect
import operator
import re
import typing
from typing import Any

import pytest

from glowray.functions.names import label_of, place_of


def top_level(row: Any) -> Any:
    return row


class Parser:
    def parse(self, row: Any) -> Any:
        return row

    def __call__(self, row: Any) -> Any:
        return row


@dataclasses.dataclass
class Point:
    x: int


class Pair(typing.NamedTuple):
    left: int


def line_of(cls: type) -> int:
    """Return the line of the class statement that inspect finds by parsing the file."""
    lines, first = inspect.getsourcelines(cls)
    return first + next(i for i, line in enumerate(lines) if line.startswith("class "))


def test_labels() -> None:
    def local(row: Any) -> Any:
        return row

    expected = {
        "top_level": top_level,
        "Parser.parse": Parser().parse,
        "Parser": Parser(),
        "Point": Point,
        "local": local,
        "len": len,
        "str.upper": str.upper,
        "str.join": ", ".join,
        "itemgetter(1)": operator.itemgetter(1),
        "itemgetter(0, 2)": operator.itemgetter(0, 2),
        "methodcaller('strip')": operator.methodcaller("strip"),
        "add": operator.add,
        "Pattern.match": re.compile("x").match,
    }
    assert {label: label_of(call) for label, call in expected.items()} == {label: label for label in expected}
    assert label_of(functools.partial(functools.partial(local, 1), 2)) == "local"


def test_a_lambda_is_known_by_its_source() -> None:
    call = lambda row: row
    line = inspect.currentframe().f_lineno - 1  # type: ignore[union-attr]
    assert label_of(call) == "λ row: row"
    assert place_of(call) == (__file__, line)
    assert place_of(functools.partial(call)) == (__file__, line)


@pytest.mark.parametrize("cls", [Parser, Point, Pair])
def test_a_class_is_placed_at_its_statement(cls: type) -> None:
    assert place_of(cls) == (__file__, line_of(cls))


def test_objects_and_methods_are_placed_at_their_code() -> None:
    assert place_of(Parser()) == (__file__, Parser.__call__.__code__.co_firstlineno)
    assert place_of(Parser().parse) == (__file__, Parser.parse.__code__.co_firstlineno)


@pytest.mark.parametrize("call", [len, str.upper, operator.itemgetter(1), functools.partial(int, base=2), int])
def test_c_code_has_no_place(call: Any) -> None:
    assert place_of(call) is None
