"""Functions that fail on rows with the numbers 7, 17, …. They differ in where they fail and how they change the row."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

BAD = 7


class Refused(ValueError):
    """The error that all functions here raise."""


def number(row: Any) -> int:
    """Return the number in a row of any form."""
    if isinstance(row, dict):
        return int(row["n"])
    return number(row[0]) if isinstance(row, list | tuple) else int(row)


def check(row: Any) -> Any:
    if number(row) % 10 == BAD:
        raise Refused(number(row))
    return row


def spoil(row: Any) -> None:
    """Change a mutable row, at the top level and inside."""
    if isinstance(row, dict):
        row["spoilt"] = row.pop("n")
        row["n"] = row["spoilt"]
        row["tags"].append("spoilt")
    elif isinstance(row, list):
        row.append("spoilt")
        row[1].append("spoilt")


# Functions that return one row. They fail at different places.


def in_its_own_code(row: Any) -> Any:
    if number(row) % 10 == BAD:
        raise Refused(number(row))
    return row


def in_a_helper(row: Any) -> Any:
    return check(row)


def in_a_generator(row: Any) -> Any:
    return next(check(each) for each in [row])


def in_a_comprehension(row: Any) -> Any:
    ((made,),) = [[check(each) for each in inner] for inner in [[row]]]
    return made


def in_a_default(row: Any, test: Callable[[Any], Any] = check) -> Any:
    return test(row)


def after_a_change(row: Any) -> Any:
    spoil(row)
    return check(row)


def after_a_change_of_its_own(row: Any) -> Any:
    if isinstance(row, dict):
        row["more"] = 1
        row["tags"] += ["more"]
    elif isinstance(row, list):
        row[1] = ["gone"]
        row.append(1)
    return in_its_own_code(row)


def after_a_change_by_another_name(row: Any) -> Any:
    for part in row if isinstance(row, list) else []:
        if isinstance(part, list):
            part.clear()
    return in_its_own_code(row)


ONE = [
    in_its_own_code, in_a_helper, in_a_generator, in_a_comprehension, in_a_default, after_a_change,
    after_a_change_of_its_own, after_a_change_by_another_name,
]  # fmt: skip


# Functions that return a key.


def a_key(row: Any) -> int:
    return number(check(row))


def a_key_after_a_change(row: Any) -> int:
    spoil(row)
    return number(check(row))


# Functions that return several rows.


def before_the_first_yield(row: Any) -> Iterator[Any]:
    check(row)
    yield row


def between_yields(row: Any) -> Iterator[Any]:
    yield copy.deepcopy(row)
    check(row)
    yield row


def after_the_last_yield(row: Any) -> Iterator[Any]:
    yield row
    check(row)


def after_a_loop(row: Any) -> Iterator[Any]:
    for _ in range(2):
        yield copy.deepcopy(row)
    in_its_own_code(row)


def after_a_change_and_a_yield(row: Any) -> Iterator[Any]:
    spoil(row)
    yield copy.deepcopy(row)
    check(row)


def a_generator_expression(row: Any) -> Iterator[Any]:
    return (check(each) for each in [row, row])


def a_list(row: Any) -> list[Any]:
    return [check(each) for each in [row]]


def a_map(row: Any) -> Iterator[Any]:
    return map(check, [row])


class Items:
    """An iterator that fails at its second item."""

    def __init__(self, row: Any) -> None:
        self.row, self.left = row, 2

    def __iter__(self) -> Items:
        return self

    def __next__(self) -> Any:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return copy.deepcopy(self.row) if self.left else check(self.row)


def an_iterator(row: Any) -> Items:
    return Items(row)


SEVERAL = [
    before_the_first_yield, between_yields, after_the_last_yield, after_a_loop, after_a_change_and_a_yield,
    a_generator_expression, a_list, a_map, an_iterator, Items,
]  # fmt: skip
