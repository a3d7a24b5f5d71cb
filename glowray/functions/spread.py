"""Spread: the fields of a tuple or list row become the arguments of a function of two or more parameters.

The number of *required* positional parameters decides; `self` and what a partial binds do not count:

| function | a tuple or list row |
|---|---|
| `lambda a, b: …`, methods, partials, classes with a Python constructor | spread over 2 |
| `lambda a, b, c=0: …`, `lambda a, b, *rest: …` | spread over 2: the others keep their defaults |
| `lambda row: …`, `lambda k, *rest: …`, `lambda k, n=1: …` | whole |
| C functions, ufuncs, classes with a C constructor | whole |
| `gr.spread(f)`, `gr.whole(f)` | as they say |

The row (k, (a, b)) is also spread over three parameters. Only a tuple of two is a keyed row, and only a tuple value is
taken apart. So [k, (a, b)] and (k, [a, b]) have two fields, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from glowray.boundary import trim, user_facing
from glowray.functions.names import label_of
from glowray.functions.show import shown
from glowray.functions.signature import Signature, parameters, signature
from glowray.rows.objects.static_attributes import class_name, is_instance


class Called(Protocol):
    """A function as messages name it: its verb, its label, and whether its argument is a keyed row's value."""

    @property
    def verb(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def of_value(self) -> bool: ...


class Spread:
    """A function whose arguments are a row's fields, whatever its signature. See `spread`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.signature = signature(function)

    def __call__(self, row: Any) -> Any:
        try:
            return self.function(*self.arguments(row))
        except BaseException as error:  # A `user_facing` wrapper would cost a call for each row.
            trim(error)
            raise

    def arguments(self, row: Any) -> tuple[Any, ...]:
        """Return the row's fields, or a keyed row's key and its value's fields if the row's fields do not fit."""
        if not isinstance(row, tuple | list):
            raise TypeError(f"gr.spread() needs tuple or list rows, but the row {shown(row)} is {_kind(row)}")
        if self._takes(len(row)):
            return tuple(row)
        if _is_keyed(row) and self._takes(1 + len(row[1])):
            return (row[0], *row[1])
        raise TypeError(
            f"gr.spread(): {label_of(self.function)} takes {self.signature}, but the row {shown(row)} {_has(row)}"
        )

    def _takes(self, count: int) -> bool:
        known = self.signature
        return known is None or (known.required <= count and (known.most is None or count <= known.most))

    def __repr__(self) -> str:
        return f"gr.spread({self.function!r})"


class Whole:
    """A function whose one argument is the row. See `whole`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, row: Any) -> Any:
        try:
            return self.function(row)
        except BaseException as error:
            trim(error)
            raise

    def __repr__(self) -> str:
        return f"gr.whole({self.function!r})"


@user_facing
def spread(f: Callable[..., Any]) -> Spread:
    """Spread a tuple or list row over the arguments of `f`, whatever its signature: for C functions, defaults, `*rest`.

    >>> spread(max)((3, 5)), spread(lambda key, *rest: rest)(("a", (1, 2)))
    (5, ((1, 2),))

    Moves no data. Raises TypeError if f is not callable. In the job, a row that is no tuple or list raises TypeError.
    """
    return Spread(_callable(f, "gr.spread()"))


@user_facing
def whole(f: Callable[..., Any]) -> Whole:
    """Pass the row to `f` as one argument, whatever its signature.

    >>> whole(str)(("a", 1))
    "('a', 1)"

    Moves no data. Raises TypeError if f is not callable. The verb raises TypeError if f needs two or more arguments.
    """
    return Whole(_callable(f, "gr.whole()"))


def _callable(f: Any, verb: str) -> Callable[..., Any]:
    if not callable(f):
        raise TypeError(f"{verb} needs a function, got {shown(f, 80)} ({class_name(type(f))})")
    inner: Callable[..., Any] = f.function if is_instance(f, Spread) or is_instance(f, Whole) else f
    return inner


def width(known: Signature | None) -> int | None:
    """Return the number of arguments that a row is spread over. Return None if the function takes the row whole."""
    return known.required if known is not None and known.required >= 2 else None


def spread_arguments(row: Any, count: int, function: Called) -> tuple[Any, ...]:
    """Return a row's `count` fields, or a keyed row's key and the fields of its value.

    A tuple or list of exactly `count` fields gives its own fields. Raises TypeError if the row fits neither way. It
    names `count`, and the row's length or type.
    """
    fields = fields_of(row, count)
    if fields is None:
        what = "value" if function.of_value else "row"
        takes = f"{function.verb}(): {function.label} takes {parameters(count)}, but the {what} {shown(row)}"
        raise TypeError(f"{takes} {other_width(row, count)}")
    return fields


def fields_of(row: Any, count: int) -> tuple[Any, ...] | None:
    """Return the `count` fields of a row, or a keyed row's key and its value's fields, or None if neither fits.

    >>> fields_of([1, 2], 2), fields_of(("k", (1, 2)), 3), fields_of((1, 2), 3)
    ((1, 2), ('k', 1, 2), None)
    """
    if isinstance(row, tuple | list):
        if len(row) == count:
            return tuple(row)
        if _is_keyed(row) and 1 + len(row[1]) == count:
            return (row[0], *row[1])
    return None


def other_width(row: Any, count: int) -> str:
    """Say how many fields a row has instead of `count`.

    >>> other_width(("k", (1, 2)), 4), other_width(1, 2)
    ("has 2 fields, or 3 with its value's", 'is an int, not a tuple or list of 2 fields')
    """
    if isinstance(row, tuple | list):
        return _has(row)
    return f"is {_kind(row)}, not a tuple or list of {count} fields"


def _has(row: tuple[Any, ...] | list[Any]) -> str:
    fields = f"has {len(row)} field{'' if len(row) == 1 else 's'}"
    return f"{fields}, or {1 + len(row[1])} with its value's" if _is_keyed(row) else fields


def _is_keyed(row: tuple[Any, ...] | list[Any]) -> bool:
    return isinstance(row, tuple) and len(row) == 2 and isinstance(row[1], tuple)


def _kind(row: Any) -> str:
    if row is None:
        return "None"
    name = type(row).__qualname__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
