"""Functions of a record's fields, made from field names that a verb gets in place of a function.

They are closures over constant names, which the compiler treats like a user's lambda.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Row = Any
Key = Callable[..., Any]


def key_argument(verb: str, key: Any, others: Sequence[Any] = ()) -> tuple[Key, str | None]:
    """Return the key function that a verb was given, and its label if it was given as field names, else None.

    >>> key_argument("key_by", "a", ["b"])[0]({"a": 1, "b": 2}), key_argument("key_by", "a", ["b"])[1]
    ((1, 2), "'a', 'b'")

    Raises:
        TypeError: there is a function beside other keys, or a name is not a str.
    """
    if not isinstance(key, str):
        if others:
            raise TypeError(f"{verb}() takes one function or any number of field names, got {key!r} and {others[0]!r}")
        check_no_list(verb, key)
        return key, None
    names = checked_names(verb, (key, *others))
    return key_of(names), label_of_names(names)


def checked_names(verb: str, names: Sequence[Any]) -> tuple[str, ...]:
    """Return field names after checking that they are different str, at least one.

    Raises:
        TypeError: a name is not a str, or there is none.
        ValueError: a name is there twice.
    """
    if not names:
        raise TypeError(f"{verb}() needs at least one field name")
    for name in names:
        if not isinstance(name, str):
            check_no_list(verb, name)
            raise TypeError(f"{verb}() takes field names, which are str, got {name!r}")
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ValueError(f"{verb}() got the field name {twice!r} twice")
    return tuple(names)


def check_no_list(verb: str, name: Any) -> None:
    """Raise TypeError for names in a list or tuple, as pandas and Polars take them."""
    if isinstance(name, list | tuple) and name and all(isinstance(each, str) for each in name):
        spelled = ", ".join(map(repr, name))
        raise TypeError(f"{verb}() takes field names one by one, without a list: {verb}({spelled})")


def label_of_names(names: Sequence[str]) -> str:
    """Return the names as they are written in the verb's call.

    >>> label_of_names(["a", "b"])
    "'a', 'b'"
    """
    return ", ".join(map(repr, names))


def key_of(names: Sequence[str]) -> Key:
    """Return the function from a record to the value of one field, or to the tuple of the values of several."""
    if len(names) == 1:
        return _field(names[0])
    if len(names) == 2:
        return _two_fields(*names)
    return _fields(tuple(names))


def _field(name: str) -> Key:
    def field(row: Row) -> Any:
        return row[name]

    return field


def _two_fields(first: str, second: str) -> Key:
    def fields(row: Row) -> tuple[Any, Any]:
        return row[first], row[second]

    return fields


def _fields(names: tuple[str, ...]) -> Key:
    def fields(row: Row) -> tuple[Any, ...]:
        return tuple([row[name] for name in names])

    return fields


def is_present(value: Any) -> bool:
    """Return whether a value is not None."""
    return value is not None


def selected(names: tuple[str, ...]) -> Key:
    """Return the function from a record to a record of the fields `names`, in this order."""

    def select(row: Row) -> dict[str, Any]:
        return {name: row[name] for name in names}

    return select


def dropped(names: tuple[str, ...]) -> Key:
    """Return the function from a record to a record without the fields `names`.

    It raises KeyError if the record lacks one of them.
    """

    def drop(row: Row) -> dict[str, Any]:
        for name in names:
            row[name]
        return {name: value for name, value in row.items() if name not in names}

    return drop


def renamed(names: dict[str, str]) -> Key:
    """Return the function from a record to the same record under the new names of `names` (old → new).

    It raises KeyError if the record lacks a field, and ValueError if a new name is the name of another field.
    """

    def rename(row: Row) -> dict[str, Any]:
        for name in names:
            row[name]
        record = {names.get(name, name): value for name, value in row.items()}
        if len(record) < len(row):
            raise ValueError(f"rename() gives two fields one name: {sorted(names.values())}, of {list(row)}")
        return record

    return rename
