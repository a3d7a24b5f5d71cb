"""The cause of an error of a verb that orders rows: a row, and the comparison that replay() repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.functions.replay import Attempt, call_on_row
from glowray.kernels.sort.key_order import total


@dataclass(frozen=True, slots=True)
class Bound:
    """A key that cuts a sorted run. Its row is not at hand."""

    key: Any


def order_cause(verb: str, key: Function | None, row: Any, comparison: tuple[Any, ...] | None) -> Cause:
    """Return the cause of an error of a verb that orders rows; with a `key` function these are (key, row) pairs.

    Args:
        verb: what the user called.
        key: the user's function.
        row: the row that cannot be compared with another; NO_ROW for none.
        comparison: the operator and the two rows, None if they are not known.
    """
    own = row[1] if isinstance(row, tuple) and key is not None else row
    if comparison is None:
        return Cause(key, own)
    if key is None:
        return Cause(None, row, Attempt(compare_rows, verb, comparison, is_check=True))
    compare, *rows = comparison
    rows = [each if isinstance(each, Bound) else each[1] for each in rows]
    return Cause(key, own, Attempt(compare_keys, key, (compare, *rows)))


def compare_rows(verb: str, compare: Callable[[Any, Any], Any], left: Any, right: Any) -> None:
    """Compare two rows as a verb that orders rows does, which raises the error of rows that cannot be compared."""
    compare(total(_row_of(left)), total(_row_of(right)))


def compare_keys(key: Function, compare: Callable[[Any, Any], Any], left: Any, right: Any) -> None:
    """Compare the keys that the user's function gives for two rows."""
    compare(total(_key_of(key, left)), total(_key_of(key, right)))


def _row_of(row: Any) -> Any:
    return row.key if isinstance(row, Bound) else row


def _key_of(function: Function, row: Any) -> Any:
    return row.key if isinstance(row, Bound) else call_on_row(function, row)
