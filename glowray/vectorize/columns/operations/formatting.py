"""Format values as texts: str(), f-strings and `%`, for values and formats that have a column form."""

from __future__ import annotations

import re
from itertools import count
from string import Formatter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.vectorize.columns.operations.expressions import constant, field
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.vectors.frame import Expr, Frame, spread_out
from glowray.vectorize.columns.vectors.kinds import TupleOf, Untranslatable


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
    raise Untranslatable("str() of what is not int, bool or str")


def _named(operand: Expr, frame: Frame) -> pa.Array:
    test = pa.array(np.ascontiguousarray(spread_out(bool, operand.run(frame), frame.length)))
    return pc.if_else(test, pa.scalar("True", pa.large_string()), pa.scalar("False", pa.large_string()))


def formatted(operand: Expr, spec: str, constructs: list[str]) -> Expr:
    """Return `format(operand, spec)` of an int filled with zeros, such as "03d". Negative ints go to Python."""
    width = re.fullmatch(r"0([1-9][0-9]?)d?", spec)
    if operand.kind is not int or width is None:
        raise Untranslatable(f"the format {spec!r} of these")
    constructs += ["str", "zfill"]
    return text.zero_filled(text.from_int(operand), int(width[1]))


def percent(template: str, operand: Expr, constructs: list[str]) -> Expr:
    """Return `template % operand` for a template that has only %s, %d, zero-filled %d such as %03d, and %%."""
    values = [operand]
    if isinstance(operand.kind, TupleOf):
        values = [field(operand, place) for place in range(len(operand.kind.fields))]
    parts: list[Expr] = []
    for literal, sign in re.findall(r"([^%]*)(%0[1-9][0-9]?d|%.|%$|$)", template, re.DOTALL):
        if literal:
            parts.append(constant(literal))
        if sign == "%%":
            parts.append(constant("%"))
        elif sign in ("%s", "%d") and values:
            value = values.pop(0)
            if sign == "%d" and value.kind is not int:
                raise Untranslatable("%d of what is not int")
            parts.append(as_text(value, constructs))
        elif sign.endswith("d") and values:
            parts.append(formatted(values.pop(0), sign[1:], constructs))
        elif sign:
            raise Untranslatable("a format that is not %s or %d")
    if values:
        raise Untranslatable("more values than the format takes")
    constructs.append("concatenate")
    return text.join(parts)


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
