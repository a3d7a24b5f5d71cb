"""Loops over the fields of rows, for rows whose fields are known before they are read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from glowray.io.reader import PrunableReader, RecordReader
from glowray.kernels.ends.sources import JoinSource, ReadSource
from glowray.kernels.join.join import ROWS_ALONE
from glowray.kernels.join.matching_row_numbers import needed
from glowray.kernels.loops.record_rows import leaves
from glowray.physical.compile.row_kinds import wire_kind
from glowray.physical.stages.stage import Branch, Runs
from glowray.rows.types.kinds import ANY, Kind, RecordOf, TupleOf, fields_of
from glowray.vectorize.analyze.displays import record
from glowray.vectorize.loops.code.weaver import Weaver, load

MOST_FIELDS = 300
Path = tuple[int | str, ...]


def read_kind(source: ReadSource) -> RecordOf | None:
    """Return the kind of the records of a reader that knows its fields."""
    names = source.reader.fields if isinstance(source.reader, RecordReader) else None
    return RecordOf(tuple((name, ANY) for name in names)) if names and len(names) <= MOST_FIELDS else None


def looped_kind(kind: Kind | None) -> Kind | None:
    """Return the kind if a loop may go over the fields of its rows: it has some, and not too many."""
    return kind if kind is not None and fields_of(kind) and len(list(leaves(kind))) <= MOST_FIELDS else None


def join_kind(branch: Branch, runs: Runs) -> Kind | None:
    """Return the kind of the rows of a join some of whose sides may be absent: such a value is one field."""
    source = branch.source
    if not isinstance(source, JoinSource) or source.how in ROWS_ALONE:
        return None
    sides = [fields_of(wire_kind(wire, runs)) for wire in branch.wires]
    if any([key for key, _ in side] != [0, 1] for side in sides):
        return None
    there = needed(source.how, len(sides))
    values = tuple(value if must else ANY for (_, (_, value)), must in zip(sides, there, strict=True))
    return looped_kind(TupleOf((ANY, TupleOf(values))))


def displayed(kind: Kind, weaver: Weaver) -> ast.expr:
    """Return a display of a row of a kind, with a variable for each field that has no fields itself."""
    parts: list[ast.expr] = []
    for key, field in fields_of(kind):
        name = key if isinstance(key, str) and key.isidentifier() else "field"
        parts.append(displayed(field, weaver) if fields_of(field) else load(weaver.fresh(name)))
    if isinstance(kind, RecordOf):
        return record(tuple(name for name, _ in kind.fields), parts)
    return ast.Tuple(parts, ast.Load())


def variables_of(display: ast.expr, path: Path = ()) -> Iterator[tuple[str, Path]]:
    """Yield the variables of a display, each with the keys that lead to its field.

    `(a, {"b": c})` → `("a", (0,))`, `("c", (1, "b"))`
    """
    if isinstance(display, ast.Name):
        yield display.id, path
    elif isinstance(display, ast.Tuple):
        for index, field in enumerate(display.elts):
            yield from variables_of(field, (*path, index))
    elif isinstance(display, ast.Dict):
        for key, field in zip(display.keys, display.values, strict=True):
            assert isinstance(key, ast.Constant) and isinstance(key.value, str)
            yield from variables_of(field, (*path, key.value))


def used_of(display: ast.expr, body: list[ast.stmt]) -> list[str]:
    """Return the variables of a row's display that a loop's body uses. A display of one variable always is used."""
    if isinstance(display, ast.Name):
        return [display.id]
    named = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return [name for name, _ in variables_of(display) if name in named]


def pruned_read(source: ReadSource, kind: Kind, used: set[str]) -> tuple[ReadSource, Kind]:
    """Return a source that reads only the columns that a loop uses, if its reader can, and the kind of its rows."""
    names = {name for name, _ in fields_of(kind)}
    if not isinstance(source.reader, PrunableReader) or source.whole is not None or not used or used >= names:
        return source, kind
    fewer = source.narrowed(frozenset(used))
    few = read_kind(fewer)
    return (source, kind) if few is None else (fewer, few)
