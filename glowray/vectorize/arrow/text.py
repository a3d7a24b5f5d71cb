"""str methods over a column, each on the texts where Arrow's kernel is Python's method.

| method | guard |
|---|---|
| lower, upper, isdigit, isalpha, isalnum, isdecimal, find | ASCII rows (İ, ß, final sigma change length or class) |
| strip, lstrip, rstrip | none: Python's own white space is spelled out |
| replace, count | a pattern that is not empty |
| int() | an optional minus and 1 to 18 ASCII digits |
| float() | an optional minus, at most 15 digits, a point and at most 15 digits |
| s[i] | the index is in the text |
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.vectorize.arrow.frame import Expr, Frame, spread_out
from glowray.vectorize.arrow.kinds import ListOf, Untranslatable
from glowray.vectorize.arrow.pieces import text_bytes
from glowray.vectorize.arrow.split import WHITESPACE, split_byte, split_whitespace

_COMPARE = {
    ast.Eq: pc.equal, ast.NotEq: pc.not_equal, ast.Lt: pc.less, ast.LtE: pc.less_equal, ast.Gt: pc.greater,
    ast.GtE: pc.greater_equal,
}  # fmt: skip
_ASCII: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "lower": (str, pc.ascii_lower), "upper": (str, pc.ascii_upper), "isdigit": (bool, pc.ascii_is_decimal),
    "isdecimal": (bool, pc.ascii_is_decimal), "isalpha": (bool, pc.ascii_is_alpha),
    "isalnum": (bool, pc.ascii_is_alnum),
}  # fmt: skip
_TRIM = {"strip": pc.utf8_trim, "lstrip": pc.utf8_ltrim, "rstrip": pc.utf8_rtrim}


def constant_text(value: str) -> Expr:
    """A str constant; lone surrogates have no column form."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Untranslatable("a str with a lone surrogate") from None
    made = pa.scalar(value, pa.large_string())
    return Expr(str, lambda frame: made, value)


def column(expression: Expr, frame: Frame) -> Any:
    return spread_out(str, expression.run(frame), frame.length)


def mask(values: Any) -> Any:
    return values.to_numpy(zero_copy_only=False)


def is_filled(expression: Expr, frame: Frame) -> Any:
    """bool(text)."""
    return mask(pc.binary_length(column(expression, frame))) > 0


def require_ascii(texts: Any, frame: Frame) -> None:
    data, _ = text_bytes(texts)
    if len(data) and int(data.max()) > 127:
        frame.require(mask(pc.string_is_ascii(texts)))


def method(name: str, receiver: Expr, arguments: list[Expr]) -> Expr:
    """`receiver.name(*arguments)`."""
    if name in _ASCII and not arguments:
        kind, kernel = _ASCII[name]
        return Expr(kind, lambda frame: _on_ascii(kernel, kind, column(receiver, frame), frame))
    if name == "split" and len(arguments) <= 1:
        return _split(receiver, *arguments)
    constants = [argument.constant for argument in arguments]
    if name in _TRIM and len(arguments) <= 1:
        characters = constants[0] if constants else WHITESPACE
        if isinstance(characters, str) and characters:
            return Expr(str, lambda frame: _TRIM[name](column(receiver, frame), characters))
    if name in ("startswith", "endswith") and len(arguments) == 1 and isinstance(constants[0], str | tuple):
        return _edge(name, receiver, constants[0])
    if name in ("find", "count") and len(arguments) == 1 and isinstance(constants[0], str) and constants[0]:
        return _search(name, receiver, constants[0])
    if name == "replace" and len(arguments) == 2 and all(isinstance(each, str) for each in constants) and constants[0]:
        pattern, replacement = constants
        return Expr(str, lambda frame: pc.replace_substring(column(receiver, frame), pattern, replacement))
    raise Untranslatable(f"str.{name} with these arguments")


def _on_ascii(kernel: Callable[[Any], Any], kind: type, texts: Any, frame: Frame) -> Any:
    require_ascii(texts, frame)
    return kernel(texts) if kind is str else mask(kernel(texts))


def _split(receiver: Expr, separator: Expr | None = None) -> Expr:
    if separator is None:
        return Expr(ListOf(str), lambda frame: split_whitespace(column(receiver, frame)))
    by = separator.constant
    if not isinstance(by, str) or len(by) != 1 or not by.isascii():
        raise Untranslatable("split by anything but one ASCII character")
    return Expr(ListOf(str), lambda frame: split_byte(column(receiver, frame), by))


def _edge(name: str, receiver: Expr, edges: str | tuple[object, ...]) -> Expr:
    kernel = pc.starts_with if name == "startswith" else pc.ends_with
    wanted = edges if isinstance(edges, tuple) else (edges,)
    if not all(isinstance(each, str) for each in wanted):
        raise Untranslatable(f"{name} of what is not str")

    def run(frame: Frame) -> Any:
        texts = column(receiver, frame)
        found = np.zeros(frame.length, dtype=bool)
        for each in wanted:
            found = found | mask(kernel(texts, each))
        return found

    return Expr(bool, run)


def _search(name: str, receiver: Expr, pattern: str) -> Expr:
    def run(frame: Frame) -> Any:
        texts = column(receiver, frame)
        if name == "count":
            return mask(pc.count_substring(texts, pattern)).astype(np.int64)
        # find_substring counts bytes.
        require_ascii(texts, frame)
        return mask(pc.find_substring(texts, pattern)).astype(np.int64)

    return Expr(int, run)


def compare(operator: ast.cmpop, left: Expr, right: Expr) -> Expr:
    """A comparison of texts; UTF-8 has the order of code points."""
    kernel = _COMPARE.get(type(operator))
    if kernel is None:
        raise Untranslatable(f"{type(operator).__name__} of texts")
    return Expr(bool, lambda frame: mask(kernel(column(left, frame), right.run(frame))))


def contains(pattern: Expr, text: Expr) -> Expr:
    """`pattern in text`."""
    wanted = pattern.constant
    if not isinstance(wanted, str):
        raise Untranslatable("`in` of a str that is not a constant")
    if not wanted:
        return Expr(bool, lambda frame: np.ones(frame.length, dtype=bool))
    return Expr(bool, lambda frame: mask(pc.match_substring(column(text, frame), wanted)))


def is_one_of(text: Expr, values: list[str]) -> Expr:
    """`text in values`."""
    wanted = pa.array(values, pa.large_string())
    return Expr(bool, lambda frame: mask(pc.is_in(column(text, frame), value_set=wanted)))


def length(text: Expr) -> Expr:
    """len(text), in code points."""
    return Expr(int, lambda frame: mask(pc.utf8_length(column(text, frame))).astype(np.int64))


def join(parts: list[Expr]) -> Expr:
    """The texts of each row one after the other."""

    def run(frame: Frame) -> Any:
        texts = [column(part, frame) for part in parts]
        return pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string()))

    return Expr(str, run)


def from_int(number: Expr) -> Expr:
    """str(number) of an int."""
    return Expr(str, lambda frame: pa.array(spread_out(int, number.run(frame), frame.length)).cast(pa.large_string()))


def to_int(text: Expr) -> Expr:
    """int(text)."""

    def run(frame: Frame) -> Any:
        texts = column(text, frame)
        good = mask(pc.and_(pc.ascii_is_decimal(texts), pc.less_equal(pc.binary_length(texts), 18)))
        if not good.all():
            good = mask(pc.match_substring_regex(texts, r"\A-?[0-9]{1,18}\z"))
            frame.require(good)
            texts = pc.if_else(pa.array(good), texts, "0")
        return mask(texts.cast(pa.int64()))

    return Expr(int, run)


def to_float(text: Expr) -> Expr:
    """float(text)."""

    def run(frame: Frame) -> Any:
        texts = column(text, frame)
        good = mask(pc.match_substring_regex(texts, r"\A-?[0-9]{1,15}(\.[0-9]{1,15})?\z"))
        frame.require(good)
        texts = texts if good.all() else pc.if_else(pa.array(good), texts, "0")
        return mask(texts.cast(pa.float64()))

    return Expr(float, run)


def piece(text: Expr, start: int | None, stop: int | None) -> Expr:
    """text[start:stop], in code points."""
    return Expr(str, lambda frame: pc.utf8_slice_codeunits(column(text, frame), start or 0, stop))


def character(text: Expr, index: int) -> Expr:
    """text[index]."""

    def run(frame: Frame) -> Any:
        texts = column(text, frame)
        lengths = mask(pc.utf8_length(texts))
        frame.require(lengths > index if index >= 0 else lengths >= -index)
        return pc.utf8_slice_codeunits(texts, index, index + 1 if index != -1 else None)

    return Expr(str, run)
