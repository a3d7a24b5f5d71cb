"""Run a chain of steps as one generated loop and as plain calls, to compare them."""

from __future__ import annotations

import linecache
import math
import struct
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from glowray.functions import Function
from glowray.kernels.base.steps import FunctionStep, RowStep
from glowray.kernels.operators.filter import Filter
from glowray.kernels.operators.flat_map import FlatMap
from glowray.kernels.operators.keyed import KeyBy, Keys, Values
from glowray.kernels.operators.map import Map
from glowray.kernels.operators.map_values import FlatMapValues, MapValues
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.loops.chain import row_loop
from glowray.vectorize.loops.step_code import Call, Link

_SERIAL = count()


def fields_of(width: int, takes_lists: bool = False) -> Callable[[Any], tuple[Any, ...]]:
    def fields(row: Any) -> tuple[Any, ...]:
        if takes_lists and isinstance(row, list) and len(row) == width:
            return tuple(row)
        if isinstance(row, tuple):
            if len(row) == width:
                return tuple(row)
            if len(row) == 2 and isinstance(row[1], tuple) and len(row[1]) == width - 1:
                return (row[0], *row[1])
        raise TypeError(f"no {width} fields in {row!r}")

    return fields


CALLING: dict[str, type[FunctionStep]] = {
    "map": Map, "filter": Filter, "flat_map": FlatMap, "map_values": MapValues, "flat_map_values": FlatMapValues,
    "key_by": KeyBy,
}  # fmt: skip
PLAIN: dict[str, type[RowStep]] = {"keys": Keys, "values": Values}


def step(verb: str, call: Any = None, spread: int | None = None, drop: Any = None) -> Link:
    if call is None:
        return Link(PLAIN[verb](verb, verb), (), fields_of(2))
    fields = fields_of(spread, takes_lists=True) if spread else None
    calls = (Call(call, know(call), spread, fields),)
    return Link(CALLING[verb](verb, verb, Function(call, verb, verb)), calls, fields_of(2), drop)


def woven(steps: list[Link], rows: Iterable[Any], row_type: type | None = None) -> tuple[list[Any], Any]:
    """Return (rows emitted, error) of the generated loop."""
    made, _ = row_loop(steps, row_type=row_type)
    out: list[Any] = []
    loop = made.function()
    return out, failure(lambda: loop(rows, out.append), made, loop)


def failure(run: Callable[[], object], made: Any, loop: Any) -> Any:
    try:
        run()
    except Exception as error:
        traced = made.positions.retrace(error, loop.__code__)
        return type(traced), spelled(traced.args)
    return None


def blamed(made: Any, error: BaseException) -> tuple[int, Any]:
    """Return the step that a generated loop was at, and that step's row."""
    code, trace = made.code().co_consts[0], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == code.co_name and trace.tb_frame.f_code.co_filename == code.co_filename:
            span = made.positions.find(trace.tb_lineno)
            return span.step, span.value(trace.tb_frame.f_locals)
        trace = trace.tb_next
    raise AssertionError("the error did not come through the loop")


def called(steps: list[Link], rows: Iterable[Any]) -> tuple[list[Any], Any]:
    """Return (rows emitted, error) of plain calls: each row goes through all functions of the chain."""
    out: list[Any] = []
    try:
        for row in rows:
            _through(steps, row, out.append)
    except Exception as error:
        return out, (type(error), spelled(error.args))
    return out, None


def _through(steps: list[Link], row: Any, emit: Callable[[Any], object]) -> None:
    if not steps:
        emit(row)
        return
    first, *others = steps
    verb = first.operator.verb
    key, value = fields_of(2)(row) if verb in ("map_values", "flat_map_values", "keys", "values") else (None, row)
    result: Any = None
    for call in first.calls:
        result = call.function(*call.fields(value)) if call.fields else call.function(value)
    match verb:
        case "map":
            _through(others, result, emit)
        case "filter":
            if result:
                _through(others, row, emit)
        case "flat_map":
            for each in result:
                _through(others, each, emit)
        case "flat_map_values":
            for each in result:
                _through(others, (key, each), emit)
        case "map_values":
            _through(others, (key, result), emit)
        case "key_by":
            _through(others, (result, row), emit)
        case "keys":
            _through(others, key, emit)
        case "values":
            _through(others, value, emit)


def spelled(value: Any) -> Any:
    """Return a form of a value that is equal only for the same types and the same bits."""
    if type(value) is float:
        return "float", "nan" if math.isnan(value) else struct.pack("d", value)
    if isinstance(value, list | tuple):
        return type(value).__name__, [spelled(each) for each in value]
    if isinstance(value, dict):
        return "dict", [(spelled(key), spelled(each)) for key, each in value.items()]
    return type(value).__name__, repr(value)


def assert_same(steps: list[Link], rows: list[Any], row_type: type | None = None) -> None:
    fast, fast_error = woven(steps, rows, row_type)
    plain, plain_error = called(steps, rows)
    assert spelled(fast) == spelled(plain)
    assert fast_error == plain_error


def define(text: str, name: str = "f", **namespace: Any) -> Any:
    """Return a function defined from source text that inspect can find, like a cell of a notebook."""
    filename = f"<cell {next(_SERIAL)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    space: dict[str, Any] = {"__name__": "cell", **namespace}
    exec(compile(text, filename, "exec"), space)
    return space[name]
