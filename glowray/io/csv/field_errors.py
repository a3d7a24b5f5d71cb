"""Errors of fields of CSV files: a user's function fails on the field, or a type refuses it."""

from __future__ import annotations

from glowray.errors import DamagedFile
from glowray.functions import Cause, Function
from glowray.functions.blame import Blame, note
from glowray.functions.names import label_of, place_of
from glowray.functions.replay import Attempt, call_with
from glowray.io.csv.column_types import Convert


def field_error(convert: Convert, field: str, where: str, error: Exception) -> Exception:
    """Return the error to raise for a field. A failing task reports the field as its row.

    The exception of a user's function is kept. A type that refuses a field gives a DamagedFile.

    Args:
        convert: the type or function.
        field: the text.
        where: the file, line and column.
        error: what `convert` raised.
    """
    function = _function_of_user(convert)
    if function is None:
        cause = Cause(None, field, Attempt(convert_again, (convert, where), (field,), is_check=True))
        error = _refusal(where, error)
    else:
        cause = Cause(function, field, Attempt(call_with, function, (field,)))
        error.add_note(where)
    note(error, Blame(cause=cause))
    return error


def convert_again(conversion: tuple[Convert, str], field: str) -> object:
    """Convert a field. Raises the same error as reading it."""
    convert, where = conversion
    try:
        return convert(field)
    except Exception as error:
        refusal = _refusal(where, error)
    raise refusal


def _function_of_user(convert: Convert) -> Function | None:
    """Return a user's Python function with its file and line; None for a type, a function in C or one of glowray."""
    place = None if isinstance(convert, type) else place_of(convert)
    if place is None:
        return None
    function = Function(convert, "read_csv", label_of(convert), filename=place[0], lineno=place[1])
    return None if function.is_own else function


def _refusal(where: str, error: Exception) -> Exception:
    if not isinstance(error, (ValueError, TypeError, ArithmeticError)):
        error.add_note(where)
        return error
    damaged = DamagedFile(f"{where}: {error or type(error).__name__}")
    damaged.__cause__ = error
    return damaged
