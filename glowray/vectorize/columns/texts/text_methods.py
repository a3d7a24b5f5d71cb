"""str methods over a text column. Python's own method computes a text that a kernel does not compute exactly.

| method | kernel | texts that go to Python's method |
|---|---|---|
| lower, upper, casefold, swapcase, title, capitalize | Arrow's for ASCII, else a table of characters | ß, İ, Σ, … |
| isdigit, isdecimal, isalpha, isalnum | Arrow's for ASCII | not ASCII |
| find, rfind, index, rindex, slices, len | bytes, and the characters before them counted | none |
| strip, lstrip, rstrip | bytes, and Arrow's for texts with an edge that is not ASCII | none |
| replace, count, partition | bytes; the pattern must be a non-empty constant | none |
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.native import chosen
from glowray.native.character_tables import tables_for
from glowray.native.separators import WHITESPACE
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.texts.texts import Texts
from glowray.rows.types.kinds import ListOf
from glowray.vectorize.columns.texts import text_search as finding
from glowray.vectorize.columns.texts import text_slices as slices
from glowray.vectorize.columns.texts.method_calls import numbers_called, texts_called
from glowray.vectorize.columns.texts.text_split import split_pattern, split_whitespace
from glowray.vectorize.columns.vectors.frame import Expr, Frame, array_of, leaf, spread_out
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_COMPARE = {
    ast.Eq: pc.equal, ast.NotEq: pc.not_equal, ast.Lt: pc.less, ast.LtE: pc.less_equal, ast.Gt: pc.greater,
    ast.GtE: pc.greater_equal,
}  # fmt: skip
_TESTS: dict[str, Callable[[Any], Any]] = {
    "isdigit": pc.ascii_is_decimal, "isdecimal": pc.ascii_is_decimal, "isalpha": pc.ascii_is_alpha,
    "isalnum": pc.ascii_is_alnum,
}  # fmt: skip
"""Kernels for texts of ASCII."""

_PAD = {"ljust": pc.utf8_rpad, "rjust": pc.utf8_lpad, "zfill": pc.utf8_lpad}
_CASE: dict[str, tuple[Callable[[Any], Any], Callable[[bytes], bytes] | None]] = {
    "lower": (pc.ascii_lower, bytes.lower), "upper": (pc.ascii_upper, bytes.upper),
    "casefold": (pc.ascii_lower, bytes.lower), "swapcase": (pc.ascii_swapcase, bytes.swapcase),
    "title": (pc.ascii_title, None), "capitalize": (pc.ascii_capitalize, None),
}  # fmt: skip
"""Method → (kernel for texts of ASCII, function of all bytes of texts of ASCII or None)."""

_FIND = ("find", "rfind", "index", "rindex")
_TRIM = ("strip", "lstrip", "rstrip")

_SHORT = 8
"""A constant of at most this many bytes is compared byte by byte, without copying the texts."""

_MOST_PARTS = 64
"""The maximum length of a constant text whose parts are listed."""

_SPARSE = 4
"""Texts with less than 1/_SPARSE of the bytes around them are copied first, so the rest is not processed."""


def constant_text(value: str) -> Expr:
    """Return a str constant. A lone surrogate has no column form."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Untranslatable("a str with a lone surrogate") from None
    made = pa.scalar(value, pa.large_string())
    return Expr(str, lambda frame: made, value)


def column(expression: Expr, frame: Frame) -> Any:
    """Return an expression's texts as an Arrow array with one text a row."""
    return array_of(spread_out(str, expression.run(frame), frame.length))


def is_filled(texts: Any) -> Any:
    """Return a mask of the texts that are not empty."""
    if isinstance(texts, Texts):
        return texts.lengths > 0
    return as_numpy(pc.binary_length(texts)) > 0


def method(name: str, receiver: Expr, arguments: list[Expr]) -> Expr:
    """Return `receiver.name(*arguments)`."""
    if name in _CASE and not arguments:
        return _cased(name, receiver)
    if name in _TESTS and not arguments:
        return _tested(name, receiver)
    if name == "isascii" and not arguments:
        return Expr(bool, lambda frame: as_numpy(pc.string_is_ascii(column(receiver, frame))))
    if name == "join" and [argument.kind for argument in arguments] == [ListOf(str)]:
        return _joined(receiver, *arguments)
    constants = [argument.constant for argument in arguments]
    if name in _FIND and 1 <= len(arguments) <= 3 and isinstance(constants[0], str) and constants[0]:
        start, stop = [*arguments[1:], None, None][:2]
        return finding.find(receiver, constants[0], start, stop, name.startswith("r"), name.endswith("index"))
    if len(constants) > 2:
        raise Untranslatable(f"str.{name} with these arguments")
    if name in ("split", "rsplit"):
        return _split(receiver, name == "rsplit", *constants)
    if name in _TRIM and len(arguments) <= 1:
        characters = constants[0] if constants else WHITESPACE
        if isinstance(characters, str) and characters:
            return _trimmed(name, receiver, characters)
    if name in ("startswith", "endswith") and len(arguments) == 1 and isinstance(constants[0], str | tuple):
        return _edge(name, receiver, constants[0])
    if len(arguments) == 1 and isinstance(constants[0], str):
        return _of_pattern(name, receiver, constants[0])
    if name == "replace" and len(arguments) == 2 and all(isinstance(each, str) for each in constants) and constants[0]:
        pattern, replacement = constants
        return Expr(str, lambda frame: pc.replace_substring(column(receiver, frame), pattern, replacement))
    if name in _PAD:
        return _padded(name, receiver, *constants)
    raise Untranslatable(f"str.{name} with these arguments")


def _of_pattern(name: str, receiver: Expr, pattern: str) -> Expr:
    """Return `receiver.name(pattern)` for a constant pattern."""
    if name in ("removeprefix", "removesuffix"):
        return slices.without_edge(receiver, pattern, at_end=name == "removesuffix")
    if pattern and name == "count":
        return Expr(int, lambda frame: as_numpy(pc.count_substring(column(receiver, frame), pattern)).astype(np.int64))
    if pattern and name in ("partition", "rpartition"):
        return finding.partition(receiver, pattern, from_end=name == "rpartition")
    raise Untranslatable(f"str.{name} with these arguments")


def _padded(name: str, receiver: Expr, width: object = None, fill: object = " ") -> Expr:
    if type(width) is not int or not 0 <= width < 2**16 or not isinstance(fill, str) or len(fill) != 1:
        raise Untranslatable(f"str.{name} with these arguments")
    if name == "zfill":
        return zero_filled(receiver, width)
    return Expr(str, lambda frame: _PAD[name](column(receiver, frame), width, padding=fill))


def zero_filled(receiver: Expr, width: int) -> Expr:
    """Return `receiver.zfill(width)`: the zeros stand between a sign and the rest, `-5` → `-005`."""

    def run(frame: Frame) -> Any:
        texts = slices.texts_of(receiver, frame)
        signed = slices.has_edge(texts, b"-", False) | slices.has_edge(texts, b"+", False)
        if not signed.any():
            return pc.utf8_lpad(texts.array, width, padding="0")
        sign = Texts(texts.data, texts.starts, texts.starts + signed)
        rest = Texts(texts.data, texts.starts + signed, texts.ends).array
        shorter = pc.utf8_lpad(rest, max(width - 1, 0), padding="0")
        padded = pc.if_else(pa.array(signed), shorter, pc.utf8_lpad(rest, width, padding="0"))
        return pc.binary_join_element_wise(sign.array, padded, pa.scalar("", padded.type))

    return Expr(str, run)


def _joined(separator: Expr, parts: Expr) -> Expr:
    """Return `separator.join(parts)`."""

    def run(frame: Frame) -> Any:
        lists = parts.run(frame)
        array = pa.LargeListArray.from_arrays(pa.array(lists.offsets), array_of(lists.values))
        return pc.binary_join(array, separator.run(frame))

    return Expr(str, run)


def _cased(name: str, receiver: Expr) -> Expr:
    kernel, of_bytes = _CASE[name]

    def run(frame: Frame) -> Any:
        texts = slices.texts_of(receiver, frame)
        is_dense = _SPARSE * int(texts.lengths.sum()) > len(texts.data)
        if not texts.is_ascii:
            return _replaced(name, texts if is_dense and of_bytes else Texts.of(texts.array), frame)
        if of_bytes and is_dense and "array" not in vars(texts):
            return texts.over(of_bytes(texts.data.tobytes()))
        return kernel(texts.array)

    return leaf(str, run)


def _replaced(name: str, texts: Texts, frame: Frame) -> Texts:
    """Return a method of case of texts, by a table of characters. Texts with a special character go to Python."""
    tables = tables_for(name, texts.data)
    data, good = chosen.loops.replaced(texts.data, *texts.packed_bounds(), *tables)
    made = texts.over(data)
    return made if good is None else texts_called(made, texts, np.flatnonzero(~good), getattr(str, name), frame)


def _tested(name: str, receiver: Expr) -> Expr:
    def run(frame: Frame) -> Any:
        texts = slices.texts_of(receiver, frame)
        made = as_numpy(_TESTS[name](texts.array))
        if texts.is_ascii:
            return made
        rows = np.flatnonzero(~as_numpy(pc.string_is_ascii(texts.array)))
        return numbers_called(made, texts, rows, getattr(str, name), frame)

    return Expr(bool, run)


def _split(receiver: Expr, from_end: bool, separator: object = None, most: object = -1) -> Expr:
    if type(most) is not int or most >= 2**31:
        raise Untranslatable("split with a number of cuts that is not a constant")
    if separator is None and most < 0:
        return Expr(ListOf(str), lambda frame: split_whitespace(slices.texts_of(receiver, frame)))
    if not isinstance(separator, str) or not separator:
        raise Untranslatable("split by what is not a constant")
    if from_end and most < 0 and len(separator) > 1:
        raise Untranslatable("rsplit by several characters")  # separators may overlap
    return Expr(
        ListOf(str),
        lambda frame: split_pattern(slices.texts_of(receiver, frame), separator, None if most < 0 else most, from_end),
    )


def _trimmed(name: str, receiver: Expr, characters: str) -> Expr:
    def run(frame: Frame) -> Any:
        return slices.trimmed(slices.texts_of(receiver, frame), characters, name != "rstrip", name != "lstrip")

    return leaf(str, run)


def _edge(name: str, receiver: Expr, edges: str | tuple[object, ...]) -> Expr:
    kernel = pc.starts_with if name == "startswith" else pc.ends_with
    wanted = [each for each in (edges if isinstance(edges, tuple) else (edges,)) if isinstance(each, str)]
    if isinstance(edges, tuple) and len(wanted) < len(edges):
        raise Untranslatable(f"{name} of what is not str")

    def run(frame: Frame) -> Any:
        texts = slices.uncut(receiver, frame)
        found = np.zeros(frame.length, dtype=bool)
        for each in wanted:
            spelled = each.encode()
            if isinstance(texts, Texts) and len(spelled) <= _SHORT:
                found = found | slices.has_edge(texts, spelled, name == "endswith")
            else:
                found = found | as_numpy(kernel(array_of(texts), each))
        return found

    return Expr(bool, run)


def compare(operator: ast.cmpop, left: Expr, right: Expr) -> Expr:
    """Return a comparison of texts. UTF-8 bytes have the order of code points, which is Python's."""
    kernel = _COMPARE.get(type(operator))
    if kernel is None:
        raise Untranslatable(f"{type(operator).__name__} of texts")
    if isinstance(operator, ast.Eq | ast.NotEq):
        for one, other in ((left, right), (right, left)):
            if isinstance(one.constant, str) and len(spelled := one.constant.encode()) <= _SHORT:
                return _same(other, one, spelled, isinstance(operator, ast.NotEq))
    return Expr(bool, lambda frame: as_numpy(kernel(column(left, frame), array_of(right.run(frame)))))


def _same(text: Expr, wanted: Expr, spelled: bytes, negated: bool) -> Expr:
    def run(frame: Frame) -> Any:
        texts = slices.uncut(text, frame)
        if not isinstance(texts, Texts):
            return as_numpy((pc.not_equal if negated else pc.equal)(texts, wanted.run(frame)))
        same = (texts.lengths == len(spelled)) & slices.has_edge(texts, spelled, False)
        return ~same if negated else same

    return Expr(bool, run)


def contains(pattern: Expr, text: Expr) -> Expr:
    """Return `pattern in text` for a constant pattern, or a short constant text."""
    wanted, whole = pattern.constant, text.constant
    if isinstance(whole, str) and not isinstance(wanted, str) and len(whole) <= _MOST_PARTS:
        return is_one_of(pattern, sorted({whole[a:b] for a in range(len(whole) + 1) for b in range(a, len(whole) + 1)}))
    if not isinstance(wanted, str):
        raise Untranslatable("`in` of a str that is not a constant")
    spelled = wanted.encode()

    def run(frame: Frame) -> Any:
        if not spelled:
            text.run(frame)  # "" is in every text, but a row with None must go to Python, which raises
            return np.ones(frame.length, dtype=bool)
        texts = slices.texts_of(text, frame)
        return finding.first_or_last(texts, spelled, 0, texts.lengths, False) >= 0

    return Expr(bool, run)


def is_one_of(text: Expr, values: list[str]) -> Expr:
    """Return `text in values`."""
    wanted = pa.array(values, pa.large_string())
    return Expr(bool, lambda frame: as_numpy(pc.is_in(column(text, frame), value_set=wanted)))


def length(text: Expr) -> Expr:
    """Return `len(text)` in code points."""

    def run(frame: Frame) -> Any:
        texts = slices.texts_of(text, frame)
        return slices.characters_of(texts).astype(np.int64, copy=False)

    return Expr(int, run)


def join(parts: list[Expr]) -> Expr:
    """Return the concatenation of the texts in each row."""

    def run(frame: Frame) -> Any:
        texts = [column(part, frame) for part in parts]
        return pc.binary_join_element_wise(*texts, pa.scalar("", pa.large_string()))

    return Expr(str, run)


def from_int(number: Expr) -> Expr:
    """Return `str(number)` of an int."""
    return Expr(str, lambda frame: pa.array(spread_out(int, number.run(frame), frame.length)).cast(pa.large_string()))
