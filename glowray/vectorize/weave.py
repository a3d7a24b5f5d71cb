"""What the functions woven into one generated function share: unique names, captured values, line numbers."""

from __future__ import annotations

import ast
import marshal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any

from glowray.vectorize.bindings import Binding, Captured, Given, namespace_of
from glowray.vectorize.known import Known
from glowray.vectorize.positions import Place, Positions, Span

# A letter that Python allows inside a name and that nobody types: generated names never meet a user's.
MARK = "·"


@dataclass
class Weaver:
    """Collects, while a function is generated, all that its code needs beside its statements."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)
    # What each generated name surely holds: an exact type, known at plan time.
    types: dict[str, type] = field(default_factory=dict)
    # Generated names that surely hold a plain tuple, or a list of such: how many fields it has.
    tuples: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    # Values of bound names at plan time, to judge what an expression can raise; never put into code.
    values: dict[str, object] = field(default_factory=dict)
    # Functions that other functions call, as far as they were asked for: None where they stay calls.
    helpers: dict[FunctionType, Known | None] = field(default_factory=dict)
    # The calls that the code at hand stands in, outermost first: each function and the line of generated code.
    calls: list[tuple[FunctionType, Place]] = field(default_factory=list)
    # How many nodes the bodies have that were put into the loop.
    nodes: int = 0
    step: int = 0
    row: str = ""
    # Whether something could catch an error before the user's traceback is made of it.
    is_caught: bool = False
    _count: int = 0
    _bound: dict[tuple[object, ...], str] = field(default_factory=dict)

    @contextmanager
    def at(self, step: int, row: ast.expr, is_caught: bool = False) -> Iterator[None]:
        """Within the block, code belongs to this step of the chain, which has this row (a simple expression) at hand.

        Blocks nest: a generator's code goes on after the code of the steps that take what it yields.
        """
        before = self.step, self.row, self.is_caught
        self.step, self.row, self.is_caught = step, ast.unparse(row), is_caught
        try:
            yield
        finally:
            self.step, self.row, self.is_caught = before

    @property
    def caller(self) -> Place | None:
        """Where the function at hand was called, if another one's code called it."""
        return self.calls[-1][1] if self.calls else None

    @contextmanager
    def calling(self, function: FunctionType, at: Place, is_caught: bool) -> Iterator[None]:
        """What follows is the body of a function called at a generated line, perhaps by one that catches errors."""
        was_caught, self.is_caught = self.is_caught, self.is_caught or is_caught
        self.calls.append((function, at))
        try:
            yield
        finally:
            self.calls.pop()
            self.is_caught = was_caught

    def fresh(self, name: str) -> str:
        """A name that nothing else has, readable after the name it stands for."""
        self._count += 1
        return f"{name.split(MARK)[0]}{MARK}{self._count}"

    def bind(self, binding: Binding, name: str, value: object) -> str:
        """A generated global that holds a captured value."""
        key: tuple[object, ...] = (type(binding), id(value))
        if isinstance(binding, Captured):
            key = (id(binding.owner), binding.kind, binding.name)
        if key not in self._bound:
            self._bound[key] = bound = self.fresh(name)
            self.bindings[bound] = binding
            self.values[bound] = value
        return self._bound[key]

    def give(self, value: object, name: str) -> str:
        """A generated global that holds this very object (a function to call, a sentinel)."""
        return self.bind(Given(value), name, value)

    def value_of(self, node: ast.expr) -> object:
        """The value that a generated name is bound to; None for names without one, and for all other expressions."""
        return self.values.get(node.id) if isinstance(node, ast.Name) else None

    def own_lines(self, name: str) -> Span:
        """A generated line for what the step itself does, outside the user's functions."""
        return self.positions.open(Span(0, 1, self.step, self.row, None, 1, name))


@dataclass(frozen=True)
class Woven:
    """A generated function before it is given its values: picklable with cloudpickle, made callable in a task.

    It travels compiled: the tree that it was compiled of stays behind.
    """

    name: str
    definition: ast.FunctionDef | None
    bindings: Mapping[str, Binding]
    positions: Positions
    label: str

    def code(self) -> CodeType:
        """The module's code, of which the only constant code object is the function's."""
        return self._code

    @cached_property
    def _code(self) -> CodeType:
        assert self.definition is not None
        module = ast.fix_missing_locations(ast.Module([self.definition], []))
        return compile(module, f"<glowray {self.label}>", "exec", dont_inherit=True)

    def function(self) -> Callable[..., object]:
        """The function with its captured values as they are in this process now."""
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
    """Give nodes that have no line yet the first line of a span; what is inside a node that has one is left to it."""
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
