"""Run a random program at all levels and in several partitions, and compare it with plain Python."""

from __future__ import annotations

import importlib.util
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import glowray as gr
from glowray.native import portable
from glowray.vectorize.costs import COSTS
from tests.loops import using
from tests.oracle import verbs
from tests.oracle.exact import differs, fingerprint
from tests.oracle.verbs import Rows, even


def _costing(kernel: int, inlined: int) -> AbstractContextManager[object]:
    """Return a context in which every construct has these costs."""
    return mock.patch.dict(COSTS, dict.fromkeys(COSTS, (kernel, inlined)))


LEVELS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "as planned": nullcontext,
    "columns": lambda: _costing(1, 10_000),
    "portable columns": lambda: _both(_costing(1, 10_000), using(portable)),
    "loops": lambda: _costing(10_000, 1),
    "python": nullcontext,
}
"""How a program's functions run. Costs decide between columns and loops; `vectorize=False` gives plain calls."""

PARTITIONS = {3: tuple(LEVELS), 1: ("columns",), 64: ("as planned",)}
"""The numbers of partitions, with the levels of each."""


def _both(*contexts: AbstractContextManager[object]) -> AbstractContextManager[object]:
    stack = ExitStack()
    for context in contexts:
        stack.enter_context(context)
    return stack


Outcome = tuple[str, Any]
"""("rows", rows) or ("error", type and arguments)."""


def load(path: Path) -> ModuleType:
    """Import a program's file. Its functions have a source, as those of a user's script have."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(path: Path) -> str | None:
    """Return a text about the first way to run a program that differs from plain Python, or None."""
    module = load(path)
    for partitions, levels in PARTITIONS.items():
        wanted = plain(module, partitions)
        for level in levels:
            got = run(module, level, partitions, path.parent)
            found = _differ(got, wanted, ordered=module.ENDING not in ("keyed", "distinct"))
            if found:
                return f"{level}, {partitions} partitions: {found}"
    return None


def digest(path: Path) -> str:
    """Return a text of the rows in their order, the same in every process."""
    return fingerprint(list(run(load(path), "as planned", 3, path.parent)))


def _differ(got: Outcome, wanted: Outcome, *, ordered: bool) -> str | None:
    if got[0] != wanted[0] or got[0] == "error":
        return None if fingerprint(list(got)) == fingerprint(list(wanted)) else f"got {got!r}, wanted {wanted!r}"
    return differs(got[1], wanted[1], ordered=ordered)


def run(module: ModuleType, level: str, partitions: int, folder: Path) -> Outcome:
    """Run a program with glowray."""
    flow = gr.Flow(
        "fuzz", engine="inline", vectorize=level != "python", on_error="skip" if module.ENDING == "skipped" else "raise"
    )
    with LEVELS[level](), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rows = _source(flow, module, partitions, folder)
            for verb, function in module.STEPS:
                rows = getattr(rows, verb)(function)
            return "rows", _ending(rows, module)
        except Exception as error:
            return "error", (type(error).__name__, error.args)


def _source(flow: gr.Flow, module: ModuleType, partitions: int, folder: Path) -> Any:
    rows = module.ROWS
    if module.SOURCE == "items":
        return flow.from_items(rows, partitions)
    if module.SOURCE == "arrow" and rows:
        import pyarrow as pa

        same = [{name: row[name] for name in rows[0]} for row in rows]
        return flow.from_arrow(pa.Table.from_pylist(same)) if partitions == 1 else flow.from_items(same, partitions)
    path = folder / f"{module.__name__}.rows"
    if module.SOURCE == "text":
        path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8", newline="")
        return flow.read_text(path, partitions)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8", newline="")
    return flow.read_json(path, partitions, lines=True)


def _ending(rows: Any, module: ModuleType) -> list[Any]:
    if module.ENDING == "count":
        return [rows.count()]
    if module.ENDING == "keyed":
        return list(rows.map(_keyed).reduce_by_key(module.FOLD).collect())
    if module.ENDING == "distinct":
        return list(rows.map(repr).distinct().collect())
    if module.ENDING == "sort":
        return list(rows.sort(repr).collect())
    return list(rows.collect())


def _keyed(row: Any) -> tuple[str, str]:
    text = repr(row)
    return text[:2], text


def plain(module: ModuleType, partitions: int) -> Outcome:
    """Run a program with plain Python, a row at a time through all steps."""
    rows = module.ROWS
    if module.SOURCE == "arrow" and rows:
        rows = [{name: row[name] for name in rows[0]} for row in rows]
    skip = module.ENDING == "skipped"
    made: list[list[Any]] = []
    try:
        for part in even(rows, partitions):
            made.append([])
            for row in part:
                made[-1] += list(_through(row, module.STEPS, skip))
        return "rows", _ended(made, module)
    except Exception as error:
        return "error", (type(error).__name__, error.args)


def _through(row: Any, steps: list[tuple[str, Any]], skip: bool) -> Iterator[Any]:
    """Yield what a row becomes. With `skip` a row for which a step fails gives nothing."""
    if not steps:
        yield row
        return
    (verb, function), *rest = steps
    try:
        value = function(row)
        made = [row] * bool(value) if verb == "filter" else [value] if verb == "map" else list(value)
    except Exception:
        if not skip:
            raise
        return
    for each in made:
        yield from _through(each, rest, skip)


def _ended(parts: list[list[Any]], module: ModuleType) -> list[Any]:
    state = Rows(parts)
    if module.ENDING == "count":
        return [len(state.all)]
    if module.ENDING == "keyed":
        pairs = state.each(lambda part: map(_keyed, part))
        return verbs.fold_by_key(pairs, lambda value: value, module.FOLD, module.FOLD).all
    if module.ENDING == "distinct":
        return list(dict.fromkeys(map(repr, state.all)))
    if module.ENDING == "sort":
        return sorted(state.all, key=repr)
    return state.all
