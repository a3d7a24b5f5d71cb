"""Sort keys made of field names: "a" is ascending, "-a" descending; None and NaN come last in either direction.

A key has two items for each field: whether the value is missing, and the value. A sort has one direction, that of its
first field. For a field of the other direction, numbers are negated and other values wrapped in Descending.

    sort("a", "-b") of {"a": 1, "b": 2}  →  (False, 1, False, -2)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from glowray.dataset.core.fields import check_no_list, checked_names, key_of, label_of_names

Key = Callable[[Any], Any]

_NUMBERS = (int, float, bool)


class Descending:
    """A wrapper that turns the order of its value around."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and bool(self.value == other.value)

    def __lt__(self, other: Descending) -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Descending, (self.value,)


def order_argument(
    verb: str, key: Any, others: Sequence[Any], reverse: bool, *, largest_first: bool = False
) -> tuple[Callable[..., Any] | None, bool, str | None]:
    """Return the key function, the direction (True: descending) and the label of the order that a verb was given.

    Args:
        verb: the verb's name, for errors.
        key: a function or None, or the first field name.
        others: the other field names; after a function, one bool may be `reverse`.
        reverse: whether to turn the direction around; with field names, that of every field.
        largest_first: whether the verb's own direction is descending.

    Raises:
        TypeError: there is a function beside other keys, or a name is not a str.
        ValueError: a field is there twice, in either direction.
    """
    if len(others) == 1 and isinstance(others[0], bool):
        reverse, others = others[0], ()
    descending = bool(reverse) is not largest_first
    if not isinstance(key, str):
        if others:
            raise TypeError(f"{verb}() takes one function or any number of field names, got {key!r} and {others[0]!r}")
        check_no_list(verb, key)
        return key, descending, None
    return _by_names(verb, (key, *others), descending)


def _by_names(verb: str, names: Sequence[Any], reverse: bool) -> tuple[Key, bool, str]:
    is_descending = [isinstance(name, str) and name.startswith("-") for name in names]
    bare = [name[1:] if down else name for name, down in zip(names, is_descending, strict=True)]
    fields = checked_names(verb, bare)
    down = [each is not reverse for each in is_descending]
    flips = tuple(each is not down[0] for each in down)
    label = label_of_names(list(names))
    if len(fields) == 1:
        return _by_one(fields[0], down[0]), down[0], label
    return _by_several(fields, flips, down[0]), down[0], label


def rank_argument(verb: str, key: Any) -> tuple[Callable[..., Any], str | None]:
    """Return the function that ranks a value, and its label, for a verb that keeps the values of highest rank.

    `key` is a function, or a field name: "a" ranks a record by its field a, "-a" in the opposite order. The rank of a
    field that is None is None.

    Raises:
        TypeError: the name is empty, or is not a str.
    """
    if not isinstance(key, str):
        return key, None
    (name,) = checked_names(verb, [key.removeprefix("-")])
    return _flipped_field(name) if key.startswith("-") else key_of([name]), label_of_names([key])


def _flipped_field(name: str) -> Key:
    def field(row: Any) -> Any:
        value = row[name]
        return None if value is None else _flipped(value)

    return field


def _by_one(name: str, last_is_least: bool) -> Key:
    """Return the key function of one field. In a descending sort, the least key comes last."""

    def order(row: Any) -> tuple[bool, Any]:
        value = row[name]
        missing = value is None or value != value
        return missing != last_is_least, None if missing else value

    return order


def _by_several(names: tuple[str, ...], flips: tuple[bool, ...], last_is_least: bool) -> Key:
    def order(row: Any) -> tuple[Any, ...]:
        key: list[Any] = []
        for name, flip in zip(names, flips, strict=True):
            value = row[name]
            missing = value is None or value != value
            key.append(missing != last_is_least)
            key.append(None if missing else _flipped(value) if flip else value)
        return tuple(key)

    return order


def _flipped(value: Any) -> Any:
    return -value if type(value) in _NUMBERS else Descending(value)
