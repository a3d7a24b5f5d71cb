"""Typed key columns as 64-bit codes. Rows are grouped by code, without a Python object for any key.

Equal keys have equal codes, and different keys have different codes. The code of a number is made of its bits, the
code of a short text of its bytes; longer texts are numbered. Keys of several columns do not fit into 64 bits. Their
codes are hashes, so a caller must check them with `tell_apart`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native import byte_hash, chosen
from glowray.native.byte_words import mix
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.keys import column_hash, hash_mixing
from glowray.rows.texts.text_numbers import TextNumbers
from glowray.rows.texts.texts import Texts
from glowray.rows.types.shape import Fields, Scalar, Shape

Codes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

_PIECE = 1 << 14  # Rows a piece. Each piece is read several times, so it must fit the CPU cache.
_U = np.uint64


@dataclass(frozen=True, slots=True)
class KeyCodes:
    """The codes of keys, one per row. With several columns a code is the hash of its codes in `parts`.

    `alike` is True if equal keys look the same too, so that any key of a group may represent it. It is False for floats
    (-0.0 equals 0.0) and for dataclasses with fields that do not compare.
    """

    codes: Codes
    parts: tuple[Codes, ...]
    alike: bool

    def tell_apart(self, order: npt.NDArray[np.int64], same_code: Mask) -> bool:
        """Return whether adjacent rows of one code always have equal keys: no two different keys share a hash.

        Args:
            order: row numbers, in the order in which rows are adjacent.
            same_code: for each row of `order` but the first, whether its code equals the code of the row before.
        """
        if len(self.parts) == 1:
            return True
        ordered = (part[order] for part in self.parts)
        return all(bool((part[1:] == part[:-1])[same_code].all()) for part in ordered)


def key_codes(keys: Sequence[Chunk]) -> KeyCodes | None:
    """Return the codes of the keys in several chunks, in order. Return None if the chunks differ in kind.

    >>> found = key_codes([Chunk.from_rows(["a", "b"]), Chunk.from_rows(["a", None])])
    >>> len(found.codes), len(set(found.codes.tolist()))
    (4, 3)
    >>> key_codes([Chunk.from_rows([1]), Chunk.from_rows([1.0])]) is None
    True
    """
    keys = [chunk for chunk in keys if chunk.count]
    columns = _columns(
        [chunk.shape for chunk in keys], [chunk.columns for chunk in keys], [len(chunk) for chunk in keys]
    )
    if not columns:
        return None
    parts = tuple(column.codes() for column in columns)
    return KeyCodes(_hashed(parts), parts, all(column.alike for column in columns))


def _hashed(parts: Sequence[Codes]) -> Codes:
    if len(parts) == 1:
        return parts[0]
    state = np.full(len(parts[0]), hash_mixing.TUPLE, np.uint64)
    for part in parts:
        state = mix(state * _U(byte_hash.MIX_1) + part)
    return state


class _Column(NamedTuple):
    """One column of the keys: the function that computes its codes, and whether equal values look the same."""

    codes: Callable[[], Codes]
    alike: bool = True


def _columns(shapes: Sequence[Shape], columns: Sequence[list[Any]], counts: Sequence[int]) -> list[_Column] | None:
    """Return the columns that make up the keys of several chunks, or None if Python has to compare the keys."""
    scalars = [shape for shape in shapes if isinstance(shape, Scalar)]
    if scalars and len(scalars) == len(shapes):
        return _scalars({shape.kind.name for shape in scalars}, [column for (column,) in columns])
    fields = [shape for shape in shapes if isinstance(shape, Fields)]
    if not fields or len(fields) < len(shapes) or len({shape.outline for shape in fields}) > 1:
        return None
    return _fields(fields, columns, counts) if column_hash.compares_by_fields(fields[0]) else None


def _fields(shapes: Sequence[Fields], columns: Sequence[list[Any]], counts: Sequence[int]) -> list[_Column] | None:
    made: list[_Column] = []
    if any(shape.optional for shape in shapes):
        there = [
            column[0] if shape.optional else pa.repeat(True, count)
            for shape, column, count in zip(shapes, columns, counts, strict=True)
        ]
        made.append(_Column(partial(_piecewise, _integers, there)))
    spans = [list(shape.spans()) for shape in shapes]
    compared = column_hash.compared_places(shapes[0])
    for place in compared:
        own = [span[place] for span in spans]
        children = [column[start:stop] for column, (_, start, stop) in zip(columns, own, strict=True)]
        found = _columns([shape for shape, _, _ in own], children, counts)
        if found is None:
            return None
        made += found
    all_compared = len(compared) == len(shapes[0].children)
    return made if all_compared else [column._replace(alike=False) for column in made]


def _scalars(names: set[str], arrays: Sequence[pa.Array]) -> list[_Column] | None:
    known = names - {"None"}
    if len(known) > 1 or not known <= _WHOLE.keys() | _TEXTS:
        return None
    kind = next((array.type for array in arrays if not pa.types.is_null(array.type)), pa.int64())
    arrays = [array if array.type == kind else pa.nulls(len(array), kind) for array in arrays]
    if known & _TEXTS:
        return [_Column(partial(_texts, arrays))]
    codes_of = _WHOLE[min(known, default="int")]
    made = [_Column(partial(_piecewise, codes_of, arrays), alike=codes_of is _integers)]
    if any(array.null_count for array in arrays):
        there = [array.is_valid() for array in arrays]
        made.append(_Column(partial(_piecewise, _integers, there)))
    return made


def _piecewise(codes_of: Callable[[pa.Array], Codes], arrays: Sequence[pa.Array]) -> Codes:
    codes = np.empty(sum(map(len, arrays)), np.uint64)
    place = 0
    for array in arrays:
        for start in range(0, len(array), _PIECE):
            piece = array.slice(start, _PIECE)
            codes[place : place + len(piece)] = codes_of(piece)
            place += len(piece)
    return codes


def _mixed(values: npt.NDArray[np.int64]) -> Codes:
    """Spread the bits of each value over all 64 bits. Different values stay different."""
    return mix(values.view(np.uint64))


def _integers(array: pa.Array) -> Codes:
    values = array.cast(pa.int8()) if pa.types.is_boolean(array.type) else array
    values = values.view(pa.int32()) if pa.types.is_date32(values.type) else values
    return _mixed(as_numpy(values.cast(pa.int64()).fill_null(0)).astype(np.int64))


def _floats(array: pa.Array) -> Codes:
    """Return the codes of floats. All NaNs become one NaN and -0.0 becomes 0.0, so equal keys have equal bits."""
    values = as_numpy(array.fill_null(0.0)) + 0.0
    values[np.isnan(values)] = np.nan
    return _mixed(values.view(np.int64))


def _texts(arrays: Sequence[pa.Array]) -> Codes:
    """Return the codes of text, bytes or UUIDs. Values that do not fit into a code are numbered."""
    if pa.types.is_fixed_size_binary(arrays[0].type):
        numbered = pa.chunked_array(arrays).dictionary_encode().chunks
        numbers = [as_numpy(chunk.indices.fill_null(-1)) for chunk in numbered]
        return _mixed(np.concatenate(numbers).astype(np.int64))
    columns = list(map(Texts.of, arrays))
    codes = _short_texts(columns)
    if codes is None:
        known = TextNumbers()
        for texts in columns:
            known.add(texts)
        codes = _mixed(np.concatenate(known.numbers()).astype(np.int64))
    if any(array.null_count for array in arrays):
        codes[np.concatenate([as_numpy(array.is_null()) for array in arrays])] = _NO_TEXT
    return codes


def _short_texts(columns: Sequence[Texts]) -> Codes | None:
    """Return codes that hold the whole of each text and its length. Return None if a text has eight bytes or more."""
    made = np.empty(sum(map(len, columns)), np.uint64)
    parts = np.split(made, np.cumsum([len(texts) for texts in columns])[:-1])
    for texts, codes in zip(columns, parts, strict=True):
        if not chosen.loops.codes(texts.data, *texts.packed_bounds(), codes):
            return None
    return made


_NO_TEXT = _U(byte_hash.mix(1 << 63))
"""The code of a null: no text and no number has it."""
_TEXTS = frozenset({"str", "bytes", "UUID"})
_WHOLE: dict[str, Callable[[pa.Array], Codes]] = {
    **dict.fromkeys(("bool", "int", "date", "datetime", "datetime[UTC]", "time", "timedelta"), _integers),
    "float": _floats,
}
"""Scalar kinds whose values fit into 64 bits, with the function that computes their codes."""
