"""Collect what one generated function needs beside its statements: unique names, values and line numbers."""

from __future__ import annotations

import ast
import marshal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any

from glowray.vectorize.definition.bindings import Binding, Captured, GivenBinding, namespace_of
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.code.line_table import LinePlace, Positions, Span

# Python allows this letter inside a name, and users do not type it: generated names never clash with a user's.
MARK = "·"


@dataclass
class Weaver:
    """Collects the names, values and facts of one function while it is generated."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)
    # Generated name → the exact type of its value, if that is known at plan time.
    types: dict[str, type] = field(default_factory=dict)
    # Generated name → n, if it always holds a plain tuple of length n, or a list of tuples of length n.
    tuples: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    # Generated name → its value at plan time, to tell what an expression can raise. Never put into code.
    values: dict[str, object] = field(default_factory=dict)
    # Function called by other functions → what is known about it, or None if it must stay a call.
    helpers: dict[FunctionType, Known | None] = field(default_factory=dict)
    # (function, place of the call) of the inlined calls around the current code, outermost first.
    calls: list[tuple[FunctionType, LinePlace]] = field(default_factory=list)
    # The number of syntax nodes of all bodies in the loop.
    nodes: int = 0
    step: int = 0
    row: str = ""
    # Whether code around could catch an error before `retrace` makes the user's traceback of it.
    is_caught: bool = False
    _count: int = 0
    _bound: dict[tuple[object, ...], str] = field(default_factory=dict)

    @contextmanager
    def at(self, step: int, row: ast.expr, is_caught: bool = False) -> Iterator[None]:
        """Assign code made within the block to this step of the chain and to its row, a simple expression.

        Blocks nest: a generator's code continues after the code of the steps that take its rows.
        """
        before = self.step, self.row, self.is_caught
        self.step, self.row, self.is_caught = step, ast.unparse(row), is_caught
        try:
            yield
        finally:
            self.step, self.row, self.is_caught = before

    @property
    def caller(self) -> LinePlace | None:
        """The place of the innermost inlined call, or None outside of any."""
        return self.calls[-1][1] if self.calls else None

    @contextmanager
    def calling(self, function: FunctionType, at: LinePlace, is_caught: bool) -> Iterator[None]:
        """Mark code made within the block as a function's body, called at a place by a caller that may catch errors."""
        was_caught, self.is_caught = self.is_caught, self.is_caught or is_caught
        self.calls.append((function, at))
        try:
            yield
        finally:
            self.calls.pop()
            self.is_caught = was_caught

    def fresh(self, name: str) -> str:
        """Return a new unique name: "row" → "row·7", and "row·7" → "row·8"."""
        self._count += 1
        return f"{name.split(MARK)[0]}{MARK}{self._count}"

    def bind(self, binding: Binding, name: str, value: object) -> str:
        """Return the name of a global of the generated function that holds a captured value."""
        key: tuple[object, ...] = (type(binding), id(value))
        if isinstance(binding, Captured):
            key = (id(binding.owner), binding.kind, binding.name)
        if key not in self._bound:
            self._bound[key] = bound = self.fresh(name)
            self.bindings[bound] = binding
            self.values[bound] = value
        return self._bound[key]

    def give(self, value: object, name: str) -> str:
        """Return the name of a global that holds this object itself, such as a function to call."""
        return self.bind(GivenBinding(value), name, value)

    def value_of(self, node: ast.expr) -> object:
        """Return the value that a generated name is bound to, or None for all other expressions."""
        return self.values.get(node.id) if isinstance(node, ast.Name) else None

    def own_lines(self, name: str) -> Span:
        """Return a span of one line for the step's own work, outside the user's functions."""
        return self.positions.open(Span(0, 1, self.step, self.row, None, 1, name))


@dataclass(frozen=True)
class Woven:
    """A generated function without its values. It is pickled with cloudpickle and made callable in a task.

    The pickle has the compiled code and no syntax tree.
    """

    name: str
    definition: ast.FunctionDef | None
    bindings: Mapping[str, Binding]
    positions: Positions
    label: str

    def code(self) -> CodeType:
        """Return the code of a module whose only code object among the constants is the function's."""
        return self._code

    @cached_property
    def _code(self) -> CodeType:
        assert self.definition is not None
        module = ast.fix_missing_locations(ast.Module([self.definition], []))
        return compile(module, f"<glowray {self.label}>", "exec", dont_inherit=True)

    def function(self) -> Callable[..., object]:
        """Return the function, with the values that its bindings have in this process now."""
        namespace = namespace_of(self.bindings)
        namespace["__name__"] = "glowray.generated"
        exec(self.code(), namespace)
        made = namespace[self.name]
        assert isinstance(made, FunctionType)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _compiled, (self.name, marshal.dumps(self.code()), self.bindings, self.positions, self.label)


def _compiled(name: str, code: bytes, bindings: Mapping[str, Binding], positions: Positions, label: str) -> Woven:
    made = Woven(name, None, bindings, positions, label)
    made.__dict__["_code"] = marshal.loads(code)
    return made


def load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def store(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


def assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([store(name)], value)


def place(nodes: list[ast.stmt], span: Span) -> list[ast.stmt]:
    """Give nodes without a line the first line of a span. Nodes with a line, and all inside them, do not change."""
    pending: list[ast.AST] = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.expr | ast.stmt | ast.excepthandler):
            if hasattr(node, "lineno"):
                continue
            node.lineno = node.end_lineno = span.start
            node.col_offset = node.end_col_offset = 0
        pending.extend(ast.iter_child_nodes(node))
    return nodes
