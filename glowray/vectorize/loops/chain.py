"""A chain of row steps as the body of one loop: known functions are inlined, all others are called."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate

from glowray.vectorize.analyze.displays import holds_dict, simple_copy
from glowray.vectorize.analyze.inlining_obstacles import obstacle
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.loops.body.call_expansion import MOST_NODES
from glowray.vectorize.loops.body.inlining import bind
from glowray.vectorize.loops.code.escape_analysis import escaping
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.syntax_warnings import quiet
from glowray.vectorize.loops.code.weaver import Weaver, Woven, assign, load, place, store
from glowray.vectorize.loops.input_rows import keep, may_change
from glowray.vectorize.loops.step_code import Call, Link, StepCode
from glowray.vectorize.loops.unpack import unpack

Sink = Callable[[ast.expr], list[ast.stmt]]

# Python compiles at most 20 nested blocks.
_MOST_BLOCKS = 18


class Chain:
    """Emits the statements of a chain's loop body.

    Args:
        links: the steps in order.
        weaver: the generated function's names and values.

    After `body`, `reasons` has one entry per call, in order: None if the call was inlined, else why it was not. A step
    without calls has one entry too.
    """

    def __init__(self, links: Sequence[Link], weaver: Weaver) -> None:
        self._links = links
        self._weaver = weaver
        self._places = [0, *accumulate(link.width for link in links)]
        self.reasons: list[str | None] = [None] * self._places[-1]

    def body(self, row: ast.expr, sink: Sink) -> list[ast.stmt]:
        """Return the statements that take one row through the chain.

        Args:
            row: a simple expression for the source's row.
            sink: returns the statements that use one result row, given as a simple expression. They may `return`, but
                not `break` or `continue` a loop around them. It is called once for each place that yields.
        """
        made = self._from(0, sink, row, 0)
        if _depth(made) > _MOST_BLOCKS:
            self._weaver.nodes = MOST_NODES + 1  # again, with no call inlined: inlined bodies cause the nesting
            made = self._from(0, sink, row, 0)
        return quiet(made, self._weaver)

    def unpack(
        self, row: ast.expr, width: int, otherwise: Callable[[object], tuple[object, ...]], line: Span
    ) -> tuple[list[ast.stmt], list[ast.expr]]:  # fmt: skip
        """Return statements and simple expressions for the fields of a result row."""
        return unpack(row, width, otherwise, line, self._weaver)

    def _from(self, index: int, sink: Sink, row: ast.expr, loops: int) -> list[ast.stmt]:
        first = self._places[index]
        if index == len(self._links):
            with self._weaver.at(first, row):
                return sink(row)
        link = self._links[index]
        verb = link.operator.verb
        with self._weaver.at(first, row):
            line = self._weaver.own_lines(verb)
            before, row = self._solid(link, row, line)
            keeping, kept = keep(row, link, any(map(may_change, self._links[index + 1 :])), self._weaver)
        with self._weaver.at(first, kept, is_caught=link.drop is not None):
            line = self._weaver.own_lines(verb)
            rest = partial(self._from, index + 1, sink)
            code = StepCode(link, first, row, kept, line, self._weaver, loops, self.reasons, rest)
            return [*before, *place(keeping, line), *link.operator.emit(code)]

    def _solid(self, link: Link, row: ast.expr, line: Span) -> tuple[list[ast.stmt], ast.expr]:
        """Return the row, with its dicts built if a function may change, keep or pass them on."""
        if not link.calls or not holds_dict(row):
            return [], row
        value = row
        if link.operator.of_value:
            value = row.elts[1] if isinstance(row, ast.Tuple) and len(row.elts) == 2 else load("None")
        keeps_row = link.operator.hands_row_on or link.drop is not None
        if all(self._only_looks(call, value, keeps_row, line) for call in link.calls):
            return [], row
        return self._built(row, line)

    def _only_looks(self, call: Call, value: ast.expr, keeps_row: bool, line: Span) -> bool:
        """Return whether a function only looks up fields in the row's dicts."""
        if not isinstance(call.known, Known) or obstacle(call.known) is not None:
            return False
        arguments = [value]
        if call.spread:
            arguments = unpack(value, call.spread, call.fields, line, self._weaver, takes_lists=True)[1]
        given = bind(call.known, arguments, self._weaver)
        return not isinstance(given, Refused) and not escaping(call.known, given, self._weaver, keeps_row)

    def _built(self, row: ast.expr, line: Span) -> tuple[list[ast.stmt], ast.expr]:
        if isinstance(row, ast.Dict):
            name = self._weaver.fresh("record")
            self._weaver.types[name] = dict
            return place([assign(name, simple_copy(row))], line), load(name)
        if not isinstance(row, ast.Tuple):
            return [], row
        parts = [self._built(field, line) for field in row.elts]
        return [each for before, _ in parts for each in before], ast.Tuple([field for _, field in parts], ast.Load())


def _depth(nodes: Sequence[ast.stmt]) -> int:
    """Return how deep Python's blocks are nested."""
    deepest = 0
    for node in nodes:
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            parts += handler.body
        own = isinstance(node, ast.For | ast.While | ast.Try | ast.With)
        deepest = max(deepest, own + _depth(parts))
    return deepest


def row_loop(
    links: Sequence[Link], sink: Sink | None = None, row_type: type | None = None, label: str = "rows"
) -> tuple[Woven, list[str | None]]:
    """Return a function `loop(rows, emit)` that takes each row through the chain, and the reasons of called steps.

    Args:
        sink: returns the statements that use one result row. None calls `emit(row)`.
        row_type: the exact type of every source row, such as str for text, or None if it is unknown.
    """
    weaver = Weaver()
    row = weaver.fresh("row")
    if row_type is not None:
        weaver.types[row] = row_type
    source = weaver.own_lines("source")
    chain = Chain(links, weaver)
    body = chain.body(load(row), sink or emit)
    loop = place([ast.For(store(row), load("rows"), body or [ast.Pass()], [])], source)
    definition = define("loop", ["rows", "emit"], loop, source)
    return Woven("loop", definition, weaver.bindings, weaver.positions, label), chain.reasons


def emit(row: ast.expr) -> list[ast.stmt]:
    """Return the statements that pass a row to the parameter `emit`."""
    return [ast.Expr(ast.Call(load("emit"), [simple_copy(row)], []))]


def define(name: str, parameters: list[str], body: list[ast.stmt], line: Span) -> ast.FunctionDef:
    """Return the definition of a generated function."""
    definition = ast.parse(f"def {name}({', '.join(parameters)}): pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.body = body
    for node in ast.walk(definition.args):
        if isinstance(node, ast.arg):
            node.lineno = node.end_lineno = line.start
    definition.lineno = definition.end_lineno = line.start
    return definition
