"""What an error of a verb that orders rows tells the user: a row, and the comparison that replay() repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.functions.replay import Attempt, call_on_row
from glowray.kernels.order import total


@dataclass(frozen=True, slots=True)
class Bound:
    """A key that cuts a sorted run, where the row that it is of is not at hand."""

    key: Any


def order_cause(verb: str, key: Function | None, row: Any, compared: tuple[Any, ...] | None) -> Cause:
    """Return the cause of an error of a verb that orders rows; with a `key` function these are (key, row) pairs.

    Args:
        verb: what the user called.
        key: the user's function.
        row: the row that cannot be compared with another; NO_ROW for none.
        compared: the two rows in the order in which they are compared, None if they are not known.
    """
    if compared is None:
        return Cause(key, row)
    if key is None:
        return Cause(None, row, Attempt(compare_rows, verb, compared))
    rows = tuple(each if isinstance(each, Bound) else each[1] for each in compared)
    return Cause(key, row[1], Attempt(compare_keys, key, rows))


def compare_rows(verb: str, left: Any, right: Any) -> None:
    """Compare two rows as a verb that orders rows does, which raises the error of rows that cannot be compared."""
    _ = total(_row_of(left)) < total(_row_of(right))


def compare_keys(key: Function, left: Any, right: Any) -> None:
    """Compare the keys that the user's function gives for two rows."""
    _ = total(_key_of(key, left)) < total(_key_of(key, right))


def _row_of(row: Any) -> Any:
    return row.key if isinstance(row, Bound) else row


def _key_of(function: Function, row: Any) -> Any:
    return row.key if isinstance(row, Bound) else call_on_row(function, row)
