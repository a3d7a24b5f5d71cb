"""The stable hash of keys for whole columns. Every number equals `key_hash` of that key."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glowray.native import byte_hash, chosen
from glowray.native.byte_words import mix
from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.decode import decode
from glowray.rows.codec.lazy_chunk import MadeChunk
from glowray.rows.codec.pickled_column import PickledColumn
from glowray.rows.keys import hash_mixing
from glowray.rows.keys.key_hash import compared_fields, key_hash
from glowray.rows.keys.key_registry import registration
from glowray.rows.texts.texts import Texts
from glowray.rows.types.shape import Fields, Scalar, Shape

Hashes = npt.NDArray[np.uint64]

_U = np.uint64
_PRIME = _U((1 << 61) - 1)
_ROWS_AT_ONCE = 1 << 14  # Each piece is read several times, so it must fit the CPU cache.
_NUMBERS = frozenset({bool, int, float})


def keyed_rows_hashes(chunk: Chunk) -> Hashes:
    """Return the hash of `row[0]` of every row. Raises TypeError for a row that is not a 2-tuple."""
    shape = chunk.shape
    uncut = chunk.key_texts if isinstance(chunk, MadeChunk) else None
    if uncut is not None:
        return chosen.loops.hashes(uncut.data, *uncut.packed_bounds(), hash_mixing.TEXT)
    if isinstance(shape, Fields) and shape.is_pair:
        keys = chunk.select((0,))
        return column_hashes(keys.shape, keys.columns, keys.count)
    rows = chunk.columns[0].objects() if isinstance(chunk.columns[0], PickledColumn) else chunk.rows()
    for row in rows:
        if not isinstance(row, tuple) or len(row) != 2:
            raise TypeError(f"keyed verbs need rows that are 2-tuples (key, value); got {row!r:.200}")
    return _scalar_hashes([row[0] for row in rows])


def column_hashes(shape: Shape, columns: list[Any], count: int) -> Hashes:
    """Return the hashes of `count` keys that are held as the columns of a shape."""
    if isinstance(shape, Scalar):
        vectorised = _BY_KIND.get(shape.kind.name)
        if vectorised is not None:
            return _with_nulls(columns[0], vectorised)
    elif isinstance(shape, Fields) and compares_by_fields(shape):
        return _fields_hashes(shape, columns, count)
    if isinstance(columns[0], PickledColumn):
        return _scalar_hashes(columns[0].objects())
    return _scalar_hashes(decode(shape, columns, count))


def compares_by_fields(shape: Fields) -> bool:
    """Return whether keys of this shape are equal exactly when their compared fields are.

    The hash of all other keys is computed one by one by `key_hash`, which also refuses values that cannot be keys.
    """
    if shape.cls is None:
        return shape.kind == "tuple"
    if registration(shape.cls) is not None:
        return False
    if shape.kind == "namedtuple":
        return all(getattr(shape.cls, name) is getattr(tuple, name) for name in ("__eq__", "__hash__"))
    compared = compared_fields(shape.cls)
    return compared is not None and set(compared) <= set(shape.names)


def compared_places(shape: Fields) -> list[int]:
    """Return the numbers of the fields that decide equality: all but dataclass fields with `compare=False`."""
    if shape.kind != "dataclass":
        return list(range(len(shape.children)))
    return [shape.names.index(name) for name in compared_fields(shape.cls) or ()]


def _scalar_hashes(keys: list[Any]) -> Hashes:
    """Return the hashes of keys one by one. Plain numbers of mixed types need no call of a Python function each."""
    if _NUMBERS.issuperset(map(type, keys)):
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys)).view(np.uint64)
        hashes = mix(hashes + _U(hash_mixing.NUMBER))
        hashes[np.fromiter(map(operator.ne, keys, keys), np.bool_, len(keys))] = _U(hash_mixing.NAN_HASH)
        return hashes
    return np.fromiter(map(key_hash, keys), np.uint64, len(keys))


def _with_nulls(array: pa.Array, vectorised: Callable[[pa.Array], Hashes]) -> Hashes:
    if len(array) > _ROWS_AT_ONCE:
        starts = range(0, len(array), _ROWS_AT_ONCE)
        return np.concatenate([_with_nulls(array.slice(start, _ROWS_AT_ONCE), vectorised) for start in starts])
    hashes = vectorised(array)
    if array.null_count:
        hashes[as_numpy(array.is_null())] = _U(hash_mixing.NONE_HASH)
    return hashes


def _fields_hashes(shape: Fields, columns: list[Any], count: int) -> Hashes:
    there = as_numpy(columns[0]) if shape.optional else None
    if there is not None and not there.any():
        return np.full(count, hash_mixing.NONE_HASH, np.uint64)
    parts = list(shape.spans())
    start_state = hash_mixing.TUPLE
    if shape.kind == "dataclass":
        assert shape.cls is not None
        start_state = hash_mixing.sequence_hash([hash_mixing.class_hash(shape.cls)], hash_mixing.DATACLASS)
    state = np.full(count, start_state, np.uint64)
    for child, start, stop in (parts[place] for place in compared_places(shape)):
        state = mix(state * _U(byte_hash.MIX_1) + column_hashes(child, columns[start:stop], count))
    if there is not None:
        state[~there] = _U(hash_mixing.NONE_HASH)
    return state


def _integers(array: pa.Array, tag: int, arrow: pa.DataType | None = None) -> Hashes:
    values = array if arrow is None else array.cast(arrow)
    return _integer_hashes(as_numpy(values.fill_null(0)).astype(np.int64, copy=False), tag)


def _integer_hashes(values: npt.NDArray[np.int64], tag: int) -> Hashes:
    """Return the hashes of int64 values.

    Python's hash of an int is its absolute value modulo 2**61 - 1, with the int's sign. -1 becomes -2.
    """
    size = np.abs(values).view(np.uint64)
    folded = (size & _PRIME) + (size >> _U(61))
    folded -= _PRIME * (folded >= _PRIME)
    return _signed(folded, values < 0, tag)


def _signed(folded: Hashes, negative: npt.NDArray[np.bool_], tag: int) -> Hashes:
    signed = np.where(negative, -folded.view(np.int64), folded.view(np.int64))
    signed -= signed == -1
    hashes = signed.view(np.uint64)
    hashes += _U(tag)
    return mix(hashes)


def _floats(array: pa.Array) -> Hashes:
    """Return the hashes of floats.

    Python's hash of a float is mantissa * 2**exponent modulo 2**61 - 1. Modulo 2**61 - 1, a multiplication by a power
    of two rotates 61 bits. 314159 is Python's hash of infinity.
    """
    values = as_numpy(array.fill_null(0.0))
    finite = np.isfinite(values)
    mantissa, exponent = np.frexp(np.where(finite, np.abs(values), 0.0))
    whole = np.ldexp(mantissa, 53).astype(np.uint64)
    turn = np.mod(exponent.astype(np.int64) - 53, 61).astype(np.uint64)
    folded = ((whole << turn) & _PRIME) | (whole >> (_U(61) - turn))
    folded[np.isinf(values)] = _U(314159)
    folded -= _PRIME * (folded >= _PRIME)
    hashes = _signed(folded, values < 0, hash_mixing.NUMBER)
    hashes[np.isnan(values)] = _U(hash_mixing.NAN_HASH)
    return hashes


def binary_hashes(array: pa.Array, tag: int) -> Hashes:
    """Return the hashes of a column of text or bytes. The hashes of nulls mean nothing."""
    found = Texts.of(array)
    return chosen.loops.hashes(found.data, *found.packed_bounds(), tag)


def uuid_hashes(array: pa.Array) -> Hashes:
    """Return the hashes of a column of UUIDs (16 bytes each)."""
    data = np.frombuffer(array.buffers()[1], "<u8")[2 * array.offset : 2 * (array.offset + len(array))]
    words = data.reshape(-1, 2)
    words = (words ^ (words >> _U(32))) * np.array([byte_hash.place(0), byte_hash.place(1)], np.uint64)
    hashes: Hashes = words.sum(axis=1, dtype=np.uint64)
    hashes += _U((16 * byte_hash.GOLDEN + hash_mixing.UUID) & byte_hash.MASK)
    return mix(hashes)


_BY_KIND: dict[str, Callable[[pa.Array], Hashes]] = {
    "None": lambda array: np.full(len(array), hash_mixing.NONE_HASH, np.uint64),
    "bool": lambda array: _integers(array, hash_mixing.NUMBER, pa.int8()),
    "int": lambda array: _integers(array, hash_mixing.NUMBER),
    "float": _floats,
    "str": lambda array: binary_hashes(array, hash_mixing.TEXT),
    "bytes": lambda array: binary_hashes(array, hash_mixing.BYTES),
    "date": lambda array: _integers(array, hash_mixing.DATE, pa.int32()),
    "datetime": lambda array: _integers(array, hash_mixing.DATETIME, pa.int64()),
    "datetime[UTC]": lambda array: _integers(array, hash_mixing.DATETIME, pa.int64()),
    "time": lambda array: _integers(array, hash_mixing.TIME, pa.int64()),
    "timedelta": lambda array: _integers(array, hash_mixing.TIMEDELTA, pa.int64()),
    "UUID": uuid_hashes,
}
