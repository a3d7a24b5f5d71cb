"""What rows are put together of, as far as it is known before they are read: for loops over their fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from glowray.io.reader import PrunableReader, RecordReader
from glowray.kernels.ends.sources import JoinSource, ReadSource
from glowray.kernels.join.join import ROWS_ALONE
from glowray.kernels.join.row_pairs import needed
from glowray.kernels.loops.record_rows import Form
from glowray.physical.compile.row_kinds import wire_kind
from glowray.physical.stages.stage import Branch, Runs
from glowray.vectorize.analyze.displays import record
from glowray.vectorize.columns.vectors.kinds import Kind, RecordOf, TupleOf
from glowray.vectorize.loops.code.weaver import Weaver, load

MOST_FIELDS = 300
Path = tuple[int | str, ...]


def read_form(source: ReadSource) -> Form | None:
    """The form of the rows of a reader whose columns are known."""
    names = source.reader.fields if isinstance(source.reader, RecordReader) else None
    return Form("record", names, (None,) * len(names)) if names and len(names) <= MOST_FIELDS else None


def form_of(kind: Kind | None) -> Form | None:
    """The form of rows of a kind; None for those that are one value."""
    form = _form(kind)
    return form if form is not None and len(list(form.leaves())) <= MOST_FIELDS else None


def join_form(branch: Branch, runs: Runs) -> Form | None:
    """The form of the rows of a join some of whose sides may be absent: such a value is one field."""
    source = branch.source
    if not isinstance(source, JoinSource) or source.how in ROWS_ALONE:
        return None
    sides = [form_of(wire_kind(wire, runs)) for wire in branch.wires]
    pairs = [side.children if side and side.kind == "tuple" and len(side.children) == 2 else None for side in sides]
    if None in pairs:
        return None
    there = needed(source.how, len(sides))
    values = tuple(pair[1] if pair and must else None for pair, must in zip(pairs, there, strict=True))
    form = Form("tuple", (), (None, Form("tuple", (), values)))
    return form if len(list(form.leaves())) <= MOST_FIELDS else None


def _form(kind: Kind | None) -> Form | None:
    if isinstance(kind, TupleOf) and kind.fields:
        return Form("tuple", (), tuple(map(_form, kind.fields)))
    if isinstance(kind, RecordOf) and kind.fields:
        return Form("record", tuple(name for name, _ in kind.fields), tuple(_form(field) for _, field in kind.fields))
    return None


def displayed(form: Form, weaver: Weaver) -> ast.expr:
    """A display of such a row, with a variable for each field of any kind."""
    names = form.names or ("field",) * len(form.children)
    fields = [
        displayed(child, weaver) if child else load(weaver.fresh(name if name.isidentifier() else "field"))
        for name, child in zip(names, form.children, strict=True)
    ]
    return ast.Tuple(fields, ast.Load()) if form.kind == "tuple" else record(form.names, fields)


def variables_of(display: ast.expr, path: Path = ()) -> Iterator[tuple[str, Path]]:
    """The variables of a display, each with the keys that lead to its field."""
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
    """The variables of a row's display that a loop's body uses; a row that is one variable is used."""
    if isinstance(display, ast.Name):
        return [display.id]
    named = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return [name for name, _ in variables_of(display) if name in named]


def pruned_read(source: ReadSource, form: Form, used: set[str]) -> tuple[ReadSource, Form]:
    """A source that reads only the columns that a loop uses, where its reader can, and the form of its rows."""
    if not isinstance(source.reader, PrunableReader) or source.whole is not None or not used or used >= set(form.names):
        return source, form
    fewer = source.narrowed(frozenset(used))
    few = read_form(fewer)
    return (source, form) if few is None else (fewer, few)
