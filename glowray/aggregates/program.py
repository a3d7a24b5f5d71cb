"""Several aggregates compiled to four functions: pick the values of a row, add them, merge, and make the record.

The functions are generated as source. The compiler then sees expressions instead of a loop over aggregates:

    n=count(), mean=mean("delay")

    def pick(row):
        return row['delay']

    def add(kept, picked):
        return (kept[0] + 1,
                kept[1] + (0 if picked is None else picked),
                kept[2] + (0 if picked is None else 1))

Rows are reduced to the picked values before they are combined, so readers read no other column.
"""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glowray.aggregates.aggregate import AccumulatorField, Aggregate, Field


@dataclass(frozen=True)
class Program:
    """The functions of several aggregates, and the start of their accumulator: a tuple of all slots."""

    start: tuple[Any, ...]
    pick: Callable[[Any], Any]
    add: Callable[[Any, Any], Any]
    merge: Callable[[Any, Any], Any]
    record: Callable[[Any, Any], Any]

    @classmethod
    def of(cls, aggregates: Mapping[str, Aggregate], keys: Sequence[str], *, is_bare: bool = False) -> Program:
        """Compile aggregates by the names of their results.

        Args:
            aggregates: the name of each result, and its aggregate.
            keys: the names of the key's fields in the record. Without names, rows are (key, record).
            is_bare: True for rows (key, result), without a record. There is one aggregate then.
        """
        slots = [slot for each in aggregates.values() for slot in each.slots]
        fields = _different([each.field for each in aggregates.values() if each.slots_take_values])
        namespace: dict[str, Any] = {"__name__": "glowray.generated"}
        for each in aggregates.values():
            namespace |= each.helpers
        functions = {f"function_{place}": field for place, field in enumerate(fields) if callable(field)}
        text = _pick(fields) + _add(aggregates, fields) + _merge(slots)
        text += _bare_result(aggregates) if is_bare else _record(aggregates, keys)
        made = _define(text, namespace | functions)
        start = tuple(slot.start for slot in slots)
        return cls(start, made["pick"], made["add"], made["merge"], made["record"])


def _different(fields: Sequence[Field]) -> list[Field]:
    """Return each field once. Equal names are one field, and so is the same function or the row itself."""
    found: list[Field] = []
    for field in fields:
        if not any(field is other or (isinstance(field, str) and field == other) for other in found):
            found.append(field)
    return found


def _pick(fields: Sequence[Field]) -> str:
    """Return the source of pick(row): the value of one field, a tuple of several values, or 0 without fields."""
    values = [
        f"row[{field!r}]" if isinstance(field, str) else "row" if field is None else f"function_{place}(row)"
        for place, field in enumerate(fields)
    ]
    picked = values[0] if len(values) == 1 else f"({', '.join(values)})" if values else "0"
    return f"def pick(row):\n    return {picked}\n"


def _add(aggregates: Mapping[str, Aggregate], fields: Sequence[Field]) -> str:
    """Return the source of add(kept, picked)."""
    parts: list[str] = []
    for each in aggregates.values():
        value = "picked"
        if len(fields) > 1 and each.slots_take_values:
            place = next(place for place, field in enumerate(fields) if field is each.field or field == each.field)
            value = f"picked[{place}]"
        for slot in each.slots:
            parts.append(slot.add.format(kept=f"kept[{len(parts)}]", value=value))
    return f"def add(kept, picked):\n    return ({', '.join(parts)},)\n"


def _merge(slots: Sequence[AccumulatorField]) -> str:
    """Return the source of merge(kept, other)."""
    parts = [slot.merge.format(kept=f"kept[{place}]", other=f"other[{place}]") for place, slot in enumerate(slots)]
    return f"def merge(kept, other):\n    return ({', '.join(parts)},)\n"


def _record(aggregates: Mapping[str, Aggregate], keys: Sequence[str]) -> str:
    """Return the source of record(key, kept), which makes the row of a group."""
    fields = [f"{name!r}: {'key' if len(keys) == 1 else f'key[{place}]'}" for place, name in enumerate(keys)]
    place = 0
    for name, each in aggregates.items():
        own = [f"kept[{place + number}]" for number in range(len(each.slots))]
        fields.append(f"{name!r}: {each.result.format(*own)}")
        place += len(own)
    record = f"{{{', '.join(fields)}}}"
    return f"def record(key, kept):\n    return {record if keys else f'key, {record}'}\n"


def _bare_result(aggregates: Mapping[str, Aggregate]) -> str:
    """Return the source of record(key, kept) for one aggregate: it makes the row (key, result)."""
    (aggregate,) = aggregates.values()
    slots = [f"kept[{place}]" for place in range(len(aggregate.slots))]
    return f"def record(key, kept):\n    return key, {aggregate.result.format(*slots)}\n"


def _define(text: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run source text and return the names that it defines.

    linecache keeps the text under a made-up file name, by which the compiler of functions finds it.
    """
    name = f"<glowray aggregates {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), namespace)
    return namespace
