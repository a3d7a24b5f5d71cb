"""Kinds: the types of column expressions. A kind is int, float, bool, str, or a tuple, record or list of kinds.

("a", 1) → TupleOf((str, int))      {"n": 1} → RecordOf((("n", int),))      ["a", "b"] → ListOf(str)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glowray.rows.types.scalar_kinds import ScalarKind

Scalar = type[int] | type[float] | type[bool] | type[str]


@dataclass(frozen=True)
class TupleOf:
    """Tuples with one field of each of these kinds."""

    fields: tuple[Kind, ...]


@dataclass(frozen=True)
class RecordOf:
    """Dicts with these str keys in this order: (key, kind of its value) pairs."""

    fields: tuple[tuple[str, Kind], ...]

    def field(self, name: str) -> Kind | None:
        """Return the kind of the value at a key, or None."""
        return dict(self.fields).get(name)


@dataclass(frozen=True)
class ListOf:
    """Lists. With `once`, generators: they are always true, have no len(), and can be iterated once.

    With `unordered`, sets: a program may ask for their elements only where the order makes no difference.
    """

    element: Kind
    once: bool = False
    unordered: bool = False


@dataclass(frozen=True)
class Opaque:
    """Values that no program looks into (bytes, dates, Decimal, …). Programs only pass their columns on."""

    scalar: ScalarKind


@dataclass(frozen=True)
class Maybe:
    """Tuples or records of a kind, or None. A left join gives such a field, and a parser such a row."""

    kind: TupleOf | RecordOf


@dataclass(frozen=True)
class MatchOf(Maybe):
    """Matches of a pattern, or None: a tuple of the whole match and its groups.

    `names` has (name, number) of the groups that have names.
    """

    names: tuple[tuple[str, int], ...] = ()


Kind = type[Any] | TupleOf | RecordOf | Maybe | ListOf | Opaque

NOTHING = type(None)
"""The kind of a constant None."""

ANY = object
"""The kind of a field that may hold anything. Loops over fields take it as it is; column programs do not know it."""

NUMBERS: tuple[Kind, ...] = (int, float, bool)


def fields_of(kind: Kind | None) -> tuple[tuple[int | str, Kind], ...]:
    """Return (key, kind) for each field of a tuple or record. Return () for a kind without fields.

    >>> fields_of(TupleOf((str, int))), fields_of(RecordOf((("n", int),))), fields_of(int)
    (((0, <class 'str'>), (1, <class 'int'>)), (('n', <class 'int'>),), ())
    """
    if isinstance(kind, TupleOf):
        return tuple(enumerate(kind.fields))
    return kind.fields if isinstance(kind, RecordOf) else ()


def holds_list(kind: Kind) -> bool:
    """Return whether the kind is a list, or a tuple or record that holds one."""
    if isinstance(kind, TupleOf):
        return any(map(holds_list, kind.fields))
    if isinstance(kind, RecordOf):
        return any(holds_list(each) for _, each in kind.fields)
    return isinstance(kind, ListOf) or (isinstance(kind, Maybe) and holds_list(kind.kind))


def is_inner(kind: Kind) -> bool:
    """Return whether the kind is a set or a match, or holds one. No such value leaves a program."""
    if isinstance(kind, TupleOf):
        return any(map(is_inner, kind.fields))
    if isinstance(kind, RecordOf):
        return any(is_inner(each) for _, each in kind.fields)
    if isinstance(kind, Maybe):
        return is_inner(kind.kind)
    return isinstance(kind, MatchOf) or (isinstance(kind, ListOf) and (kind.unordered or is_inner(kind.element)))
