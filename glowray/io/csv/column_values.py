"""Columns of CSV text converted to their types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.io.csv.column_types import Convert, is_pure
from glowray.native import chosen
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.encode import encode
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.texts.texts import Texts
from glowray.rows.types.scalar_kinds import scalar_kind
from glowray.rows.types.shape import Scalar, Shape

Columns = tuple[Shape, list[Any]]

_FEW = 8
"""A column has few different texts if each is there this often on average."""


def typed(cls: type, array: pa.Array) -> Columns:
    """Return an array of the Arrow type of a Python type, as the columns of a block."""
    kind = scalar_kind(cls, [cls()])
    assert kind is not None
    return Scalar(kind), [array]


def converted(texts: pa.Array, convert: Convert) -> Columns:
    """Return `convert` of each text. None stays None.

    >>> shape, columns = converted(pa.array(["1", None, " 2"], pa.large_string()), int)
    >>> str(shape), columns[0].to_pylist()
    ('int', [1, None, 2])

    Raises the error of `convert` for a text that it refuses.
    """
    found = _numbers(texts, convert) if convert in (int, float) else None
    if found is None and is_pure(convert):
        found = _each_once(texts, convert)
    if found is not None:
        return found
    return encode([None if text is None else convert(text) for text in texts.to_pylist()])


def _numbers(texts: pa.Array, convert: Any) -> Columns | None:
    """Return texts as int or float: one pass over the bytes reads plain numbers, and `convert` reads all others.

    Return None if an int is beyond 64 bits.
    """
    bare = Texts.of(texts)
    read = chosen.loops.integers if convert is int else chosen.loops.floats
    numbers, are_plain = read(bare.data, *bare.packed_bounds())
    there = as_numpy(texts.is_valid()) if texts.null_count else None
    others = () if are_plain is None else np.flatnonzero(~are_plain if there is None else ~are_plain & there)
    try:
        for place in others:
            numbers[place] = convert(texts[int(place)].as_py())
    except OverflowError:
        return None
    return typed(convert, pa.array(numbers, mask=None if there is None else ~there))


def _each_once(texts: pa.Array, convert: Callable[[str], Any]) -> Columns | None:
    """Return `convert` of each text, called once for equal texts. Return None if many are different."""
    encoded = texts.dictionary_encode()
    if len(encoded.dictionary) * _FEW > len(texts):
        return None
    shape, columns = encode([convert(text) for text in encoded.dictionary.to_pylist()])
    if any(isinstance(column, PickledColumn) for column in columns):
        return None
    return shape, [pc.take(column, encoded.indices) for column in columns]
