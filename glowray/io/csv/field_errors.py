"""Records of CSV files with a field that its type refuses, or on which the user's function fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any

from glowray.errors import DamagedFile
from glowray.functions import Cause, Function
from glowray.functions.names import label_of, place_of
from glowray.functions.replay import Attempt, SharedSubject
from glowray.io.csv.column_types import Convert, RefusedField, convert_records
from glowray.io.csv.records import Dialect, text_records
from glowray.io.refusals import Refusal


@dataclass(frozen=True, eq=False)
class RecordMaker(SharedSubject):
    """Makes the values of a record: what replay() needs to read a line again."""

    names: tuple[str, ...]
    dialect: Dialect
    converts: Mapping[str, Convert]


def refusal_of(maker: RecordMaker, refused: RefusedField, line: str, where: str) -> Refusal:
    """Return the refusal of a record.

    The exception of a user's function is kept. A type that refuses a field gives a DamagedFile.

    Args:
        maker: what made the record.
        refused: the column, and what its type or function raised.
        line: the text of the record.
        where: the file and line.
    """
    function = _function_of_user(maker.converts[refused.column])
    attempt = Attempt(read_again, maker, (line, where), is_check=True)
    return Refusal(_placed(refused, where, is_own=function is not None), Cause(function, line, attempt))


def read_again(maker: RecordMaker, line: str, where: str) -> dict[str, Any]:
    """Return the values of a record, or raise the error that reading it raised."""
    (record,) = text_records(line, maker.dialect)
    (values,) = convert_records([record], maker.names, maker.converts)
    if not isinstance(values, RefusedField):
        return dict(zip(maker.names, values, strict=False))
    raise _placed(values, where, is_own=_function_of_user(maker.converts[values.column]) is not None)


def _function_of_user(convert: Convert) -> Function | None:
    """Return a user's Python function with its file and line; None for a type, a function in C or one of glowray."""
    place = None if isinstance(convert, type) else place_of(convert)
    if place is None:
        return None
    function = Function(convert, "read_csv", label_of(convert), filename=place[0], lineno=place[1])
    return None if function.is_own else function


def _placed(refused: RefusedField, where: str, *, is_own: bool) -> Exception:
    """Return the error to raise for a record; `is_own` is that of a function of the user's."""
    error, where = refused.error, f'{where}, column "{refused.column}"'
    if is_own or not isinstance(error, (ValueError, TypeError, ArithmeticError)):
        error.add_note(where)
        return error
    # str() of Decimal's error is "[<class 'decimal.ConversionSyntax'>]".
    reason = "not a decimal number" if isinstance(error, InvalidOperation) else error or type(error).__name__
    damaged = DamagedFile(f"{where}: {reason}")
    damaged.__cause__ = error
    return damaged
