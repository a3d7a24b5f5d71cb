"""The Arrow types of the columns of rows, from the files or tables that were read."""

from __future__ import annotations

from typing import Any

from glowray.io.reader import TypedReader
from glowray.plan.by_key import Join
from glowray.plan.nodes import (
    Cache,
    Limit,
    MergeSorted,
    Narrow,
    Node,
    Read,
    Repartition,
    Sort,
    Top,
    Union,
    ZipWithIndex,
)
from glowray.plan.positional import Bounded, Reverse

Parts = tuple[int, ...]
"""A part of a row or of a keyed row: () is the row, (1,) its value, (1, 0) the key of its value."""

_SAME_ROWS = (Bounded, Cache, Limit, MergeSorted, Repartition, Reverse, Sort, Top, Union)


def row_types(node: Node) -> Any:
    """Return the schema of the columns that rows keep unchanged from their readers, or None if there are none.

    A column of several readers counts if it has one type in all of them. Rows may pass through keyed rows:
    `key_by("a").values()` gives the rows that `key_by` took.
    """
    readers: list[TypedReader] = []
    waiting: list[tuple[Node, Parts]] = [(node, ())]
    seen = set[tuple[int, Parts]]()
    while waiting:
        each, parts = waiting.pop()
        if (id(each), parts) in seen:
            continue
        seen.add((id(each), parts))
        if isinstance(each, Read):
            if parts or not isinstance(each.reader, TypedReader):
                return None
            readers.append(each.reader)
            continue
        origins = _origins(each, parts)
        if origins is None:
            return None
        waiting += origins
    return _common([reader.arrow_types for reader in readers])


def _origins(node: Node, parts: Parts) -> list[tuple[Node, Parts]] | None:
    """Return the nodes and parts from which a part of a node's rows comes unchanged, or None if the node makes it."""
    if isinstance(node, Join) and node.keeps_rows:
        return [(node.children[0], parts)]
    if isinstance(node, Narrow) and not node.step.keeps_rows:
        taken, put = node.step.takes_part, node.step.puts_part
        if taken is not None:
            return [(node.input, (taken, *parts))]
        return [(node.input, parts[1:])] if put is not None and parts[:1] == (put,) else None
    if isinstance(node, ZipWithIndex):
        return [(node.input, parts[1:])] if parts[:1] == (0,) else None
    return [(each, parts) for each in node.origins] if isinstance(node, (Narrow, *_SAME_ROWS)) else None


def _common(schemas: list[Any]) -> Any:
    import pyarrow as pa

    types = [{field.name: field.type for field in schema} for schema in schemas]
    alike = [name for name, kind in types[0].items() if all(other.get(name) == kind for other in types)]
    return pa.schema([(name, types[0][name]) for name in alike]) if alike else None
