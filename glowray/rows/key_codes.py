"""Typed key columns as 64-bit codes, by which rows are brought together without looking at a key in Python.

Equal keys have one code. Where a key has more bits than a code, different keys may share one, however rarely: then
`checks` tell them apart, and whoever uses the codes asks them before it trusts any.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows import column_hash, hashing
from glowray.rows.chunk import Chunk
from glowray.rows.shape import Fields, Scalar, Shape

Codes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
Check = Callable[[npt.NDArray[np.int64]], Mask]
"""Of rows in an order: whether each but the first has the key of the row before it."""

SHORT_TEXT = 7
"""Bytes that fit into a code beside their number."""

_U = np.uint64
_PIECE = 1 << 14  # what is gone over several times stays in the cache


@dataclass(frozen=True, slots=True)
class KeyCodes:
    """The codes of keys; `alike`: equal keys look the same too, so that any of a group may stand for the first."""

    codes: Codes
    checks: tuple[Check, ...]
    alike: bool

    def tell_apart(self, order: npt.NDArray[np.int64], same_code: Mask) -> bool:
        """Whether rows next to each other in an order have one key wherever they have one code."""
        return all(bool(check(order)[same_code].all()) for check in self.checks)


class _Part(NamedTuple):
    """One column of the keys: the rows' codes, what tells rows of one code apart (None: nothing needs to)."""

    codes: Codes
    check: Check | None
    alike: bool = True


def key_codes(keys: Sequence[Chunk]) -> KeyCodes | None:
    """The codes of keys in several chunks, one after the other; None where they are not columns of one kind.

    >>> found = key_codes([Chunk.from_rows(["a", "b"]), Chunk.from_rows(["a", None])])
    >>> len(found.codes), len(set(found.codes.tolist()))
    (4, 3)
    >>> key_codes([Chunk.from_rows([1]), Chunk.from_rows([1.0])]) is None
    True
    """
    keys = [chunk for chunk in keys if chunk.count]
    parts = _parts([chunk.shape for chunk in keys], [chunk.columns for chunk in keys], [chunk.count for chunk in keys])
    if not parts:
        return None
    alike = all(part.alike for part in parts)
    if len(parts) == 1:
        codes, check, _ = parts[0]
        return KeyCodes(codes, () if check is None else (check,), alike)
    state = np.full(len(parts[0].codes), hashing.TUPLE, np.uint64)
    for part in parts:
        state = column_hash.mix(state * _U(hashing.MIX_1) + part.codes)
    return KeyCodes(state, tuple(part.check or _same_codes(part.codes) for part in parts), alike)


def _parts(shapes: Sequence[Shape], columns: Sequence[list[Any]], counts: Sequence[int]) -> list[_Part] | None:
    """The columns of keys of several chunks; None where Python has to compare them."""
    scalars = [shape for shape in shapes if isinstance(shape, Scalar)]
    if scalars and len(scalars) == len(shapes):
        return _scalar_part({shape.kind.name for shape in scalars}, [column for (column,) in columns])
    fields = [shape for shape in shapes if isinstance(shape, Fields)]
    if not fields or len(fields) < len(shapes) or len(set(map(_outline, fields))) > 1:
        return None
    if not column_hash.compares_by_fields(fields[0]):
        return None
    return _field_parts(fields, columns, counts)


def _outline(shape: Fields) -> tuple[Any, ...]:
    return shape.kind, shape.cls, shape.names, len(shape.children)


def _field_parts(shapes: Sequence[Fields], columns: Sequence[list[Any]], counts: Sequence[int]) -> list[_Part] | None:
    parts: list[_Part] = []
    if any(shape.optional for shape in shapes):
        there = [
            column[0].to_numpy(zero_copy_only=False) if shape.optional else np.ones(count, np.bool_)
            for shape, column, count in zip(shapes, columns, counts, strict=True)
        ]
        parts.append(_Part(_mixed(np.concatenate(there).astype(np.int64)), None))
    spans = [list(shape.spans()) for shape in shapes]
    compared = column_hash.compared_places(shapes[0])
    for place in compared:
        own = [span[place] for span in spans]
        children = [column[start:stop] for column, (_, start, stop) in zip(columns, own, strict=True)]
        found = _parts([shape for shape, _, _ in own], children, counts)
        if found is None:
            return None
        parts += found
    if len(compared) < len(shapes[0].children):
        parts = [part._replace(alike=False) for part in parts]
    return parts


def _scalar_part(names: set[str], arrays: Sequence[pa.Array]) -> list[_Part] | None:
    known = names - {"None"}
    if len(known) > 1 or not known <= _CODES.keys():
        return None
    name = min(known, default="None")
    codes_of = _CODES[name]
    if known & {"str", "bytes"} and _are_short(arrays):
        codes_of, is_whole = _short_texts, True
    else:
        is_whole = name in _WHOLE
    codes = np.concatenate([_with_nulls(array, codes_of) for array in arrays])
    is_whole = is_whole and not any(array.null_count for array in arrays)
    check = None if is_whole or name == "None" else _same_values(arrays)
    return [_Part(codes, check, alike=name != "float")]


def _with_nulls(array: pa.Array, codes_of: Callable[[pa.Array], Codes]) -> Codes:
    codes = np.empty(len(array), np.uint64)
    if array.null_count == len(array):
        codes.fill(hashing.NONE_HASH)
        return codes
    for start in range(0, len(array), _PIECE):
        piece = array.slice(start, _PIECE)
        codes[start : start + len(piece)] = codes_of(piece)
    if array.null_count:
        codes[array.is_null().to_numpy(zero_copy_only=False)] = _U(hashing.NONE_HASH)
    return codes


def _same_codes(codes: Codes) -> Check:
    def check(order: npt.NDArray[np.int64]) -> Mask:
        ordered = codes[order]
        same: Mask = ordered[1:] == ordered[:-1]
        return same

    return check


def _same_values(arrays: Sequence[pa.Array]) -> Check:
    def check(order: npt.NDArray[np.int64]) -> Mask:
        ordered = _one_array(arrays).take(pa.array(order))
        if pa.types.is_floating(ordered.type):
            ordered = pa.array(_unified(ordered).view(np.int64), mask=ordered.is_null().to_numpy(zero_copy_only=False))
        later, earlier = ordered.slice(1), ordered.slice(0, len(ordered) - 1)
        both_none = pc.and_(later.is_null(), earlier.is_null())
        same: Mask = pc.or_(pc.fill_null(pc.equal(later, earlier), False), both_none).to_numpy(zero_copy_only=False)
        return same

    return check


def _one_array(arrays: Sequence[pa.Array]) -> pa.Array:
    typed = next((array.type for array in arrays if not pa.types.is_null(array.type)), pa.null())
    return pa.concat_arrays([array if array.type == typed else pa.nulls(len(array), typed) for array in arrays])


def _mixed(values: npt.NDArray[np.int64]) -> Codes:
    """One to one, and spread over all 64 bits."""
    return column_hash.mix(values.view(np.uint64))


def _integers(array: pa.Array) -> Codes:
    values = array.cast(pa.int8()) if pa.types.is_boolean(array.type) else array
    values = values.view(pa.int32()) if pa.types.is_date32(values.type) else values
    return _mixed(values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64))


def _floats(array: pa.Array) -> Codes:
    return _mixed(_unified(array).view(np.int64))


def _unified(array: pa.Array) -> npt.NDArray[np.float64]:
    """The floats with one NaN and one zero, as a copy: equal keys have equal bits."""
    values: npt.NDArray[np.float64] = array.fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0
    values[np.isnan(values)] = np.nan
    return values


def _are_short(arrays: Sequence[pa.Array]) -> bool:
    typed = (array for array in arrays if not pa.types.is_null(array.type))
    return all(int(column_hash.texts(array)[2].max(initial=0)) <= SHORT_TEXT for array in typed)


def _short_texts(array: pa.Array) -> Codes:
    """Text of at most seven bytes, and how many they are: the whole of it in one word."""
    data, starts, lengths = column_hash.texts(array)
    first, last = int(starts[0]), int(starts[-1] + lengths[-1])
    padded = np.zeros(last - first + 8, np.uint8)
    padded[:-8] = data[first:last]
    words_at: Any = np.ndarray((len(padded) - 7,), "<u8", buffer=padded, strides=(1,))  # one at every byte
    words = words_at[starts - first] & column_hash.WORD_MASKS[lengths]
    return column_hash.mix(words | (lengths.view(np.uint64) << _U(8 * SHORT_TEXT)))


_CODES: dict[str, Callable[[pa.Array], Codes]] = {
    "None": lambda array: np.full(len(array), hashing.NONE_HASH, np.uint64),
    **dict.fromkeys(("bool", "int", "date", "datetime", "datetime[UTC]", "time", "timedelta"), _integers),
    "float": _floats,
    "str": partial(column_hash.binary_hashes, tag=hashing.TEXT),
    "bytes": partial(column_hash.binary_hashes, tag=hashing.BYTES),
    "UUID": column_hash.uuid_hashes,
}
_WHOLE = {name for name, codes_of in _CODES.items() if codes_of in (_integers, _floats)}
"""Kinds of as many bits as a code: other keys have other codes."""
