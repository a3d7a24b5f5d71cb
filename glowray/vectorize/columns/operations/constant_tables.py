"""Look-ups in constant containers: `x in values`, `table[x]` and `table.get(x, default)`.

A container must hold Python's own types only. Then its equality is known, and a look-up is a search in an array:

    {"ma": 1, "ny": 2}.get(["ny", "tx"], 0) → places [1, -1] → [2, 0]
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glowray.rows.arrow.numpy_columns import as_numpy
from glowray.rows.codec.chunk import Chunk
from glowray.rows.codec.encode import encode
from glowray.rows.objects.static_attributes import is_one_of
from glowray.rows.types.kinds import Kind, holds_list
from glowray.rows.types.shape_kinds import kind_of
from glowray.vectorize.columns.operations.expressions import either
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.vectors.block_vectors import carried
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Vector, leaf, take
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_PLAIN = (str, int, float, bool, bytes, tuple, type(None))
_LEAST, _GREATEST = -(2**63), 2**63 - 1


def member(left: Expr, values: Collection[object], constructs: list[str]) -> Expr:
    """Return `left in values` for a constant container and a text or an int."""
    constructs.append("in set")
    if left.kind is str:
        return text.is_one_of(left, [each for each, _ in _keys(str, values)])
    wanted = np.array([each for each, _ in _keys(left.kind, values)], np.int64)
    return Expr(bool, lambda frame: np.isin(left.run(frame), wanted))


def lookup(table: dict[Any, Any], key: Expr, default: Expr | None, constructs: list[str]) -> Expr:
    """Return `table[key]`, or `table.get(key, default)`. Without a default a missing key raises KeyError."""
    keys = _keys(key.kind, table)
    kind, values = constant_vector([table[each] for _, each in keys])
    constructs.append("in set")
    find = _finder(key, [each for each, _ in keys])
    place = f"place of {id(table)} {len(constructs)}"
    found = leaf(kind, lambda frame: take(kind, values, np.maximum(frame.variables[place], 0)))
    made = found if default is None else either(_is_found(place), found, default)

    def run(frame: Frame) -> Any:
        places = find(frame)
        if default is None:
            frame.fail(places < 0, KeyError)
        else:
            default.carry(frame)  # Python evaluates it in each row, so its guards count
        inner = frame.branch(**{place: places})
        value = made.carry(inner)
        frame.join(True, inner)
        return value

    return leaf(made.kind, run)


def constant_vector(values: list[object]) -> tuple[Kind, Vector]:
    """Return the kind of values and their vector."""
    if not values:
        raise Untranslatable("a dict or list that is empty")
    if not all(map(_is_plain, values)):
        raise Untranslatable("a dict or list of values that are not numbers, str, or tuples of these")
    shape, arrays = encode(values, 1)
    kind = kind_of(shape)
    if kind is None or holds_list(kind):
        raise Untranslatable("a dict or list whose values are not all of one kind")
    vector, good = carried(kind, Chunk(shape, arrays, len(values)))
    if good is not None:
        raise Untranslatable("a dict or list whose values are not all of one kind")
    return kind, vector


def _is_plain(value: object) -> bool:
    return all(map(_is_plain, value)) if type(value) is tuple else is_one_of(type(value), _PLAIN)


def _is_found(place: str) -> Expr:
    return Expr(bool, lambda frame: frame.variables[place] >= 0)


def _keys(kind: Kind, values: Collection[object]) -> list[tuple[Any, Any]]:
    """Return (value of this kind, the member of the container that equals it), without equal ones."""
    if not all(_is_plain(each) for each in values):
        raise Untranslatable("a look-up among values that are not numbers, str, or tuples of these")
    if kind is str:
        found = {each: each for each in values if type(each) is str}
        for each in found:
            text.constant_text(each)  # raises Untranslatable for a lone surrogate
        return sorted(found.items())
    if not is_one_of(kind, (int, bool)):
        raise Untranslatable("a look-up of what is not str or int")
    numbers = [each for each in values if isinstance(each, int) or (isinstance(each, float) and each.is_integer())]
    made = {int(each): each for each in numbers if _LEAST <= each <= _GREATEST}
    return sorted(made.items())


def _finder(key: Expr, wanted: list[Any]) -> Callable[[Frame], Any]:
    """Return a function that gives the place of each row's key among the wanted ones, -1 for none."""
    if key.kind is str:
        texts = pa.array(wanted, pa.large_string())
        return lambda frame: as_numpy(pc.fill_null(pc.index_in(text.column(key, frame), texts), -1)).astype(np.int64)
    numbers = np.array(wanted, np.int64)

    def find(frame: Frame) -> Any:
        keys = np.broadcast_to(key.run(frame), frame.length).astype(np.int64, copy=False)
        places = np.minimum(np.searchsorted(numbers, keys), max(len(numbers) - 1, 0))
        return np.where(numbers[places] == keys, places, -1) if len(numbers) else np.full(frame.length, -1)

    return find
