"""A chain of row steps, compiled into one Python loop.

One generated `for` loop calls the user's functions directly: no iterator per step, no call of ours per row, and when
one fails, the line of the generated frame names the step and its local variable is the row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, singledispatch
from types import CodeType
from typing import Any

from glowray.functions import Function, spread_arguments
from glowray.kernels.context import TaskContext
from glowray.kernels.keyed import keyed_row
from glowray.kernels.steps import (
    Filter,
    FlatMap,
    FlatMapValues,
    ForEach,
    FunctionStep,
    KeyBy,
    Map,
    MapValues,
    Reshape,
    RowStep,
    Step,
)

FILENAME = "<glowray loop>"


@dataclass(frozen=True, slots=True)
class Place:
    """What a line of a generated loop does: the step it belongs to and the variable that holds its row."""

    step: Step
    row: str


@dataclass
class Writer:
    """The text of a loop as it grows, with the names it needs and the place of every line."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    depth: int = 1
    place: Place | None = None
    serial: Iterator[int] = field(default_factory=itertools.count)

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)
        if self.place is not None:
            self.places[len(self.lines)] = self.place

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self.serial)}"

    def bind(self, stem: str, value: Any) -> str:
        name = self.fresh(stem)
        self.names[name] = value
        return name


@dataclass(frozen=True, slots=True)
class Consumer:
    """What a loop does with the rows at its end.

    `names` are bound in the loop; `consume(writer, row)` writes the code for one row; `after_morsel` is a line that
    runs after each morsel of the source.
    """

    names: dict[str, Any]
    consume: Callable[[Writer, str], None]
    step: Step
    after_morsel: str | None = None


def row_generator(steps: Sequence[RowStep], source: Iterable[Iterable[Any]], context: TaskContext) -> Iterator[Any]:
    """The rows of `source` (morsels) after `steps`, pulled one by one."""
    writer = Writer()
    _write_loop(writer, steps, context, lambda row: writer.line(f"yield {row}"))
    return _function(writer)(source)


def run_loop(
    steps: Sequence[RowStep], source: Iterable[Iterable[Any]], context: TaskContext, consumer: Consumer
) -> None:
    """Runs every row of `source` (morsels) through `steps` into `consumer`."""
    writer = Writer(names=dict(consumer.names))

    def end(row: str) -> None:
        writer.place = Place(consumer.step, row)
        consumer.consume(writer, row)

    _write_loop(writer, steps, context, end, consumer.after_morsel)
    _function(writer)(source)


def _write_loop(
    writer: Writer,
    steps: Sequence[RowStep],
    context: TaskContext,
    end: Callable[[str], None],
    after_morsel: str | None = None,
) -> None:
    writer.line("for morsel in source:")
    writer.depth += 1
    row = writer.fresh("row")
    writer.line(f"for {row} in morsel:")
    writer.depth += 1
    for step in steps:
        writer.place = Place(step, row)
        row = write(step, writer, row, context)
    end(row)
    writer.place = None
    if after_morsel:
        writer.depth = 2
        writer.line(after_morsel)


def _function(writer: Writer) -> Callable[[Iterable[Iterable[Any]]], Any]:
    # Names become default arguments: locals are the fastest names that Python has.
    parameters = ", ".join(["source", *(f"{name}={name}" for name in writer.names)])
    text = "\n".join([f"def loop({parameters}):", *writer.lines])
    namespace = dict(writer.names)
    # The def is line 1, so the k-th written line is line k + 1.
    namespace["__glowray_places__"] = {number + 1: place for number, place in writer.places.items()}
    exec(_compiled(text), namespace)
    function: Callable[[Iterable[Iterable[Any]]], Any] = namespace["loop"]
    return function


@lru_cache(maxsize=512)
def _compiled(text: str) -> CodeType:
    return compile(text, FILENAME, "exec")


# One writer for each kind of step: it writes the code and returns the name of the variable that holds the new row.


@singledispatch
def write(step: RowStep, writer: Writer, row: str, context: TaskContext) -> str:
    """Writes the code of one step and returns the variable that holds its result."""
    raise TypeError(f"no loop can be written for {step!r}")


@write.register
def _(step: Map, writer: Writer, row: str, context: TaskContext) -> str:
    result = writer.fresh("row")
    _guarded(step, writer, row, context, lambda: _call(step.function, writer, row, f"{result} = {{}}"))
    return result


@write.register
def _(step: FlatMap, writer: Writer, row: str, context: TaskContext) -> str:
    result = writer.fresh("row")
    _loop_over(step, writer, row, row, result, context)
    return result


@write.register
def _(step: Filter, writer: Writer, row: str, context: TaskContext) -> str:
    keep = writer.fresh("keep")
    if step.on_error == "raise":
        _call(step.function, writer, row, "if not {}: continue")
    else:
        _guarded(step, writer, row, context, lambda: _call(step.function, writer, row, f"{keep} = bool({{}})"))
        writer.line(f"if not {keep}: continue")
    return row


@write.register
def _(step: ForEach, writer: Writer, row: str, context: TaskContext) -> str:
    _guarded(step, writer, row, context, lambda: _call(step.function, writer, row, "{}"))
    return row


@write.register
def _(step: KeyBy, writer: Writer, row: str, context: TaskContext) -> str:
    result = writer.fresh("row")
    _guarded(step, writer, row, context, lambda: _call(step.function, writer, row, f"{result} = ({{}}, {row})"))
    return result


@write.register
def _(step: MapValues, writer: Writer, row: str, context: TaskContext) -> str:
    key, value = unpack_keyed(writer, row, step)
    result = writer.fresh("row")
    _guarded(step, writer, row, context, lambda: _call(step.function, writer, value, f"{result} = ({key}, {{}})"))
    return result


@write.register
def _(step: FlatMapValues, writer: Writer, row: str, context: TaskContext) -> str:
    key, value = unpack_keyed(writer, row, step)
    item, result = writer.fresh("item"), writer.fresh("row")
    _loop_over(step, writer, row, value, item, context)
    writer.line(f"{result} = ({key}, {item})")
    return result


@write.register
def _(step: Reshape, writer: Writer, row: str, context: TaskContext) -> str:
    result = writer.fresh("row")
    if step.keyed:
        key, value = unpack_keyed(writer, row, step)
        writer.line(f"{result} = {step.expression.replace('key', key).replace('value', value)}")
    else:
        writer.line(f"{result} = {step.expression.replace('row', row)}")
    return result


def unpack_keyed(writer: Writer, row: str, step: Step) -> tuple[str, str]:
    """Writes the unpacking of a keyed row, checked to be a 2-tuple; returns the names of its key and value."""
    key, value = writer.fresh("k"), writer.fresh("v")
    check = writer.bind("keyed", lambda row: keyed_row(row, step.verb))
    writer.line(f"if {row}.__class__ is not tuple or len({row}) != 2: {row} = {check}({row})")
    writer.line(f"{key}, {value} = {row}")
    return key, value


def _call(function: Function, writer: Writer, argument: str, statement: str) -> None:
    call = writer.bind("f", function.call)
    if function.spread is None:
        writer.line(statement.format(f"{call}({argument})"))
        return
    count = function.spread
    spread = writer.bind("spread", lambda row: spread_arguments(row, count, function))
    fields = [writer.fresh("a") for _ in range(count)]
    test = f"{argument}.__class__ is tuple and len({argument}) == {count}"
    writer.line(f"{', '.join(fields)} = {argument} if {test} else {spread}({argument})")
    writer.line(statement.format(f"{call}({', '.join(fields)})"))


def _guarded(
    step: FunctionStep, writer: Writer, row: str, context: TaskContext, write_call: Callable[[], None]
) -> None:
    """Writes the call so that a failing row is dropped and recorded, unless the step raises."""
    if step.on_error == "raise":
        write_call()
        return
    drop = writer.bind("drop", lambda row, error: context.drop(step, row, error))
    writer.line("try:")
    writer.depth += 1
    write_call()
    writer.depth -= 1
    writer.line("except Exception as error:")
    writer.line(f"    {drop}({row}, error)")
    writer.line("    continue")


def _loop_over(
    step: FunctionStep, writer: Writer, row: str, argument: str, item: str, context: TaskContext
) -> None:
    """Writes the loop over f's items; a step that drops failing rows reads all of them before it passes one on."""
    if step.on_error == "raise":
        _call(step.function, writer, argument, f"for {item} in {{}}:")
    else:
        items = writer.fresh("items")
        _guarded(step, writer, row, context, lambda: _call(step.function, writer, argument, f"{items} = list({{}})"))
        writer.line(f"for {item} in {items}:")
    writer.depth += 1
