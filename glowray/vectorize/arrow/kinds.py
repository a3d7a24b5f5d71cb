"""The kinds of value a column expression has: Python's own scalar types, and tuples, records and lists of kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glowray.rows.scalars import ScalarKind

Scalar = type[int] | type[float] | type[bool] | type[str]


@dataclass(frozen=True)
class TupleOf:
    fields: tuple[Kind, ...]


@dataclass(frozen=True)
class RecordOf:
    """dicts with these str keys in this order."""

    fields: tuple[tuple[str, Kind], ...]

    def field(self, name: str) -> Kind | None:
        return dict(self.fields).get(name)


@dataclass(frozen=True)
class ListOf:
    """Lists; `once`: generators, which are always true, have no length and can be gone through once."""

    element: Kind
    once: bool = False


@dataclass(frozen=True)
class Opaque:
    """Values of a type that no program looks into (bytes, dates, Decimal, …): their columns are carried as they are."""

    scalar: ScalarKind


@dataclass(frozen=True)
class Maybe:
    """Fields of rows that are tuples or records of a kind, or None."""

    kind: TupleOf | RecordOf


Kind = type[Any] | TupleOf | RecordOf | Maybe | ListOf | Opaque

NOTHING = type(None)
"""The kind of a constant None, which is that of a value of any other scalar kind that is not there."""

NUMBERS: tuple[Kind, ...] = (int, float, bool)


class Untranslatable(Exception):  # noqa: N818  (a verdict that ends a translation, not a failure)
    """A construct that has no exact column form; its text is the reason."""


def holds_list(kind: Kind) -> bool:
    """Whether a value of the kind is a list, or has one in it."""
    if isinstance(kind, TupleOf):
        return any(map(holds_list, kind.fields))
    if isinstance(kind, RecordOf):
        return any(holds_list(each) for _, each in kind.fields)
    return isinstance(kind, ListOf) or (isinstance(kind, Maybe) and holds_list(kind.kind))
