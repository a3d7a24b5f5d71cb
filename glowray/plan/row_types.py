"""The Arrow types that the columns of rows have in the files or tables that they are read from."""

from __future__ import annotations

from typing import Any

from glowray.io.reader import TypedReader
from glowray.plan.nodes import Cache, Limit, MergeSorted, Narrow, Node, Read, Repartition, Sort, Top, Union
from glowray.plan.positional import Bounded, Reverse

_SAME_ROWS = (Bounded, Cache, Limit, MergeSorted, Repartition, Reverse, Sort, Top, Union)


def row_types(node: Node) -> Any:
    """Return the schema of the columns that rows have unchanged from where they are read, None where there is none.

    A column of several sources counts if it has one type in all of them.
    """
    readers: list[TypedReader] = []
    waiting, seen = [node], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Read):
            if not isinstance(each.reader, TypedReader):
                return None
            readers.append(each.reader)
        elif _keeps_rows(each):
            waiting.extend(each.origins)
        else:
            return None
    return _common([reader.arrow_types for reader in readers])


def _keeps_rows(node: Node) -> bool:
    if isinstance(node, Narrow):
        return node.step.keeps_rows
    return isinstance(node, _SAME_ROWS)


def _common(schemas: list[Any]) -> Any:
    import pyarrow as pa

    types = [{field.name: field.type for field in schema} for schema in schemas]
    alike = [name for name, kind in types[0].items() if all(other.get(name) == kind for other in types)]
    return pa.schema([(name, types[0][name]) for name in alike]) if alike else None
