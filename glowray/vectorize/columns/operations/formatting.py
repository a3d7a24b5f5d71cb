"""Format values as texts: str(), f-strings and `%`, for values and formats that have a column form."""

from __future__ import annotations

import ast
import re
from itertools import count
from string import Formatter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.types.kinds import NUMBERS, TupleOf
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations import decimals
from glowray.vectorize.columns.operations.expressions import constant, field
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.vectors.frame import Expr, Frame, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable


def as_text(operand: Expr, constructs: list[str]) -> Expr:
    """Return `str(operand)`."""
    if operand.kind is str:
        return Expr(str, operand.run, operand.constant)  # rows with None go to Python: str(None) is "None"
    if operand.kind is int:
        constructs.append("str")
        return text.from_int(operand)
    if operand.kind is bool:
        constructs.append("str")
        return Expr(str, lambda frame: _named(operand, frame))
    if operand.kind in NUMBERS:
        constructs.append("str")
        return decimals.spelled(operand)
    raise Untranslatable("str() of what is not a number or str")


def _named(operand: Expr, frame: Frame) -> pa.Array:
    test = pa.array(np.ascontiguousarray(spread_out(bool, operand.run(frame), frame.length)))
    return pc.if_else(test, pa.scalar("True", pa.large_string()), pa.scalar("False", pa.large_string()))


_SPEC = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>]))?(?P<zero>0)?(?P<width>[1-9][0-9]?)?(?P<comma>,)?(?:\.(?P<places>[0-9]{1,2}))?"
    r"(?P<type>[dfs%])?",
    re.DOTALL,
)
_PERCENT = re.compile(r"([^%]*)(%(?P<left>-)?(?P<spec>0?[0-9]{0,2}(?:\.[0-9]{1,2})?)(?P<type>[sdf])|%%|%|$)", re.DOTALL)


def formatted(operand: Expr, spec: str, constructs: list[str]) -> Expr:
    """Return `format(operand, spec)` for a width, an alignment, places of a float, commas and filling zeros."""
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise Untranslatable(f"the format {spec!r} of these")
    zero, width, kind = found["zero"], int(found["width"] or 0), operand.kind
    made = _without_width(operand, found, spec, constructs)
    if zero and width and kind is int and not found["align"]:
        constructs.append("zfill")
        return text.zero_filled(made, width)
    if zero or (kind is bool and width):
        raise Untranslatable(f"the format {spec!r} of these")
    if not width:
        return made
    at_right = found["align"] == ">" or (not found["align"] and kind is not str)
    constructs.append("rjust")
    return text.method("rjust" if at_right else "ljust", made, [constant(width), constant(found["fill"] or " ")])


def _without_width(operand: Expr, found: re.Match[str], spec: str, constructs: list[str]) -> Expr:
    """Return the text of a value before it is filled up."""
    places, letter, kind = found["places"], found["type"], operand.kind
    constructs.append("str")
    if (kind in (int, float) and letter == "f") or (kind in (int, float) and letter == "%"):
        count = 6 if places is None else int(places)
        value = operand if kind is float else exact_float(operand)
        if letter == "f":
            return decimals.fixed(value, count, bool(found["comma"]))
        percents = numbers.arithmetic(ast.Mult(), value, constant(100.0))
        return text.join([decimals.fixed(percents, count, bool(found["comma"])), constant("%")])
    if places is None and kind is int and letter in (None, "d"):
        return decimals.thousands(operand) if found["comma"] else as_text(operand, constructs)
    if (
        not found["comma"]
        and places is None
        and ((kind is float and letter is None) or (kind is str and letter != "d"))
    ):
        return as_text(operand, constructs)
    raise Untranslatable(f"the format {spec!r} of these")


def exact_float(operand: Expr) -> Expr:
    """Return an int as a float. Ints that a float does not hold exactly go to Python."""

    def run(frame: Frame) -> Any:
        values = numbers.as_int(operand, frame)
        numbers.require_exact(frame, values)
        return values.astype(np.float64)

    return Expr(float, run)


def percent(template: str, operand: Expr, constructs: list[str]) -> Expr:
    """Return `template % operand` for a template that has only %s, %d, %f, widths, places and %%."""
    values = [operand]
    if isinstance(operand.kind, TupleOf):
        values = [field(operand, place) for place in range(len(operand.kind.fields))]
    parts: list[Expr] = []
    for found in _PERCENT.finditer(template):
        literal, sign = found[1], found[2]
        if literal:
            parts.append(constant(literal))
        if sign == "%%":
            parts.append(constant("%"))
        elif found["type"] and values:
            parts.append(_percented(values.pop(0), found, constructs))
        elif sign:
            raise Untranslatable("a format that is not %s, %d or %f")
    if values:
        raise Untranslatable("more values than the format takes")
    constructs.append("concatenate")
    return text.join(parts)


def _percented(value: Expr, found: re.Match[str], constructs: list[str]) -> Expr:
    letter, spec = found["type"], found["spec"]
    if letter == "s" and not spec and not found["left"]:
        return as_text(value, constructs)
    if (letter == "d" and (value.kind is not int or "." in spec)) or (letter == "f" and value.kind not in (int, float)):
        raise Untranslatable(f"%{letter} of another kind of value")
    if letter == "s" and (value.kind is not str or "." in spec or spec.startswith("0")):
        raise Untranslatable("%s with a width, of what is not str")
    side = "" if not spec or spec.startswith((".", "0")) else "<" if found["left"] else ">"
    if found["left"] and not side:
        raise Untranslatable("a format with - and without a width")
    return formatted(value, side + spec + letter, constructs)


def replaced_fields(
    template: str, arguments: list[Expr], keywords: dict[str, Expr], constructs: list[str]
) -> Expr:  # fmt: skip
    """Return `template.format(*arguments, **keywords)` for fields that are names or numbers."""
    parts: list[Expr] = []
    automatic = count()
    try:
        fields = list(Formatter().parse(template))
    except ValueError:
        raise Untranslatable("a format that is not right") from None
    for literal, name, spec, conversion in fields:
        if literal:
            parts.append(constant(literal))
        if name is None:
            continue
        place = next(automatic) if not name else int(name) if name.isdecimal() else None
        value = keywords.get(name) if place is None else arguments[place] if place < len(arguments) else None
        if value is None or conversion not in (None, "s") or (conversion and spec):
            raise Untranslatable("a format with fields that are not plain")
        parts.append(formatted(value, spec, constructs) if spec else as_text(value, constructs))
    constructs.append("concatenate")
    return text.join(parts or [constant("")])
