"""The generated statements of one row step within a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from glowray.vectorize.analyze.displays import is_simple, simple_copy
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.loops.body.generator_splicing import each, splice
from glowray.vectorize.loops.body.inlining import inline, settle
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.weaver import Weaver, assign, load, place
from glowray.vectorize.loops.unpack import unpack

# Python compiles at most 20 nested blocks. A step may need two, and the engine's own code needs a few.
_MOST_LOOPS = 7

Statements = list[ast.stmt]
Code = tuple[Statements, ast.expr]


class RowOperator(Protocol):
    """A row step that can generate its statements for a loop."""

    of_value: ClassVar[bool]
    """Whether its functions get the value of a keyed row instead of the row."""
    hands_row_on: ClassVar[bool]
    """Whether the input row, or its fields, are used again after its functions have run."""

    @property
    def verb(self) -> str:
        """The verb of the step."""
        ...

    def emit(self, code: StepCode) -> list[ast.stmt]:
        """Return the statements that take one row through this step and all later ones."""
        ...


@dataclass(frozen=True)
class Call:
    """A user's function in a loop.

    `known` is the result of `know(function)`. With None or Refused the function is called, not inlined. `spread` is the
    number of parameters that a row is spread over, or None. `fields(row)` returns the spread fields of any row that is
    not a plain tuple of that length, or raises the TypeError about it.
    """

    function: Callable[..., object]
    known: Known | Refused | None = None
    spread: int | None = None
    fields: Callable[[object], tuple[object, ...]] | None = None


@dataclass(frozen=True)
class Link:
    """A row step with its calls, in order.

    `pair(row)` returns the key and value of any row that is not a plain 2-tuple, or raises the TypeError about it.
    `drop(row, error, place)` drops a row on which the call at a place failed. Without `drop` the error is raised.
    """

    operator: RowOperator
    calls: tuple[Call, ...] = ()
    pair: Callable[[object], tuple[object, ...]] | None = None
    drop: Callable[[object, Exception, int], None] | None = None

    @property
    def width(self) -> int:
        """The number of its places in the chain's list of reasons: one per call, at least one."""
        return max(1, len(self.calls))


@dataclass
class StepCode:
    """One step of a loop that is being generated.

    Args:
        link: the step.
        place: the place of its first call in `reasons`.
        row: a simple expression for the input row.
        kept: a simple expression for the input row as it was before the step's functions ran.
        line: the generated line of the step's own work.
        weaver: the generated function's names and values.
        loops: the number of loops of earlier steps around this one.
        reasons: for each call of the chain, the reason why it is not inlined, or None.
        rest: returns the statements of all later steps, given a simple expression for their row and the number of
            loops around them.
    """

    link: Link
    place: int
    row: ast.expr
    kept: ast.expr
    line: Span
    weaver: Weaver
    loops: int
    reasons: list[str | None]
    rest: Callable[[ast.expr, int], Statements]
    _at_work: str | None = field(default=None, init=False)  # the variable that says which of several calls is running

    def pair(self) -> tuple[Statements, ast.expr, ast.expr]:
        """Return the statements that unpack a keyed row, its key and its value."""
        before, (key, value) = unpack(self.row, 2, self.link.pair, self.line, self.weaver)
        return before, key, value

    def apply(self, value: ast.expr) -> Code:
        """Return the statements and the value of the step's only function, called on a row or on a value."""
        return self._applied(0, value, self.line)

    def apply_all(self) -> tuple[Statements, list[ast.expr]]:
        """Return statements that call each of the step's functions on the row, and the variables of the results."""
        statements: Statements = []
        values: list[ast.expr] = []
        for which in range(len(self.link.calls)):
            with self.weaver.at(self.place + which, self.kept, is_caught=self.link.drop is not None):
                line = self.weaver.own_lines(self.link.operator.verb)
                before, value = self._applied(which, self.row, line)
                settled, simple = settle(value, self.weaver, "value", line)
                statements += place([*self._mark(which), *before, *settled], line)
                values.append(simple)
        return statements, values

    def given(self, value: object, name: str) -> ast.expr:
        """Give an object to the generated code under a new name like `name`; return the expression that reads it."""
        return load(self.weaver.give(value, name))

    def require_type(self, kind: type, check: Callable[[object], None]) -> Statements:
        """Return the statement that calls `check` with the row, unless the row is surely of exactly this type."""
        row = self.row
        if (kind is dict and isinstance(row, ast.Dict)) or (isinstance(row, ast.Name) and self._is_surely(row, kind)):
            return []
        call: ast.stmt = ast.Expr(ast.Call(self.given(check, "check"), [simple_copy(row)], []))
        if not isinstance(row, ast.Name):
            return [call]
        is_other = ast.Compare(
            ast.Call(load("type"), [load(row.id)], []), [ast.IsNot()], [self.given(kind, kind.__name__)]
        )
        return [ast.If(is_other, [call], [])]

    def _is_surely(self, row: ast.Name, kind: type) -> bool:
        return self.weaver.types.get(row.id) is kind

    def pass_on(self, before: Statements, row: ast.expr) -> Statements:
        """Return statements that run `before` and pass one row on."""
        settled, simple = settle(row, self.weaver, "row", self.line)
        if self.link.drop is not None and not settled:
            settled = [ast.Pass()]
        return self._placed([*before, *settled], self.rest(simple, self.loops))

    def pass_if(self, before: Statements, test: ast.expr) -> Statements:
        """Return statements that run `before` and pass the input row on if the test is true."""
        if self.link.drop is not None:
            passed = self.weaver.fresh("passed")
            before, test = [*before, assign(passed, ast.Call(load("bool"), [test], []))], load(passed)
        inner: Statements = [ast.If(test, self.rest(self.row, self.loops) or [ast.Pass()], [])]
        return self._placed(before, inner)

    def pass_results(self, before: Statements, value: ast.expr, row: Callable[[ast.expr], ast.expr]) -> Statements:
        """Return statements that pass on a row for each item that the step's function returns for a value.

        A step that drops failing rows lists the items first. So a row that fails half-way gives no rows.

        Args:
            before: statements to run first.
            value: the argument of the function.
            row: returns the row for an item.
        """
        if self.link.drop is not None:
            applied, items = self._applied(0, value, self.line)
            return self.pass_items([*before, *applied], items, row)
        (call,) = self.link.calls
        spread, arguments = self._spread(0, value, self.line)
        before = [*before, *spread]
        if isinstance(call.known, Known) and self.loops < _MOST_LOOPS:
            spliced = splice(call.known, arguments, self.weaver, self._inner(row))
            if not isinstance(spliced, Refused):
                return place([*before, *spliced], self.line)
            self.reasons[self.place] = spliced.reason
        return self._each(before, self._called(0, arguments), row)

    def pass_items(self, before: Statements, items: ast.expr, row: Callable[[ast.expr], ast.expr]) -> Statements:
        """Return statements that pass on a row for each item of an expression."""
        if self.link.drop is None:
            return self._each(before, items, row)
        name = self.weaver.fresh("items")
        before = [*before, assign(name, ast.Call(load("list"), [items], []))]
        return self._placed(before, each(load(name), self.weaver, self._inner(row), self.line))

    def _each(self, before: Statements, items: ast.expr, row: Callable[[ast.expr], ast.expr]) -> Statements:
        return place([*before, *each(items, self.weaver, self._inner(row), self.line)], self.line)

    def _inner(self, row: Callable[[ast.expr], ast.expr]) -> Callable[[ast.expr], Statements]:
        """Return a function from an item to the statements of all later steps, within one more loop."""

        def rest(item: ast.expr) -> Statements:
            made = row(item)
            settled, simple = ([], made) if is_simple(made) else settle(made, self.weaver, "row", self.line)
            return [*settled, *self.rest(simple, self.loops + 1)] or [ast.Pass()]

        return rest

    def _placed(self, attempt: Statements, rest: Statements) -> Statements:
        """Return the attempt and the rest. A step that drops failing rows passes them to `drop`, with their errors."""
        if self.link.drop is None:
            return place([*attempt, *rest], self.line)
        error = self.weaver.fresh("error")
        drop = load(self.weaver.give(self.link.drop, "drop"))
        which = load(self._at_work) if self._at_work else ast.Constant(0)
        dropped = ast.Expr(ast.Call(drop, [simple_copy(self.kept), load(error), which], []))
        handler = ast.ExceptHandler(load("Exception"), error, [dropped])
        first: Statements = [assign(self._at_work, ast.Constant(0))] if self._at_work else []
        return place([*first, ast.Try(attempt, [handler], rest or [ast.Pass()], [])], self.line)

    def _mark(self, which: int) -> Statements:
        """Return the statement that notes which call is running, if a handler needs it."""
        if self.link.drop is None or len(self.link.calls) == 1:
            return []
        self._at_work = self._at_work or self.weaver.fresh("call")
        return [assign(self._at_work, ast.Constant(which))]

    def _applied(self, which: int, value: ast.expr, line: Span) -> Code:
        call = self.link.calls[which]
        before, arguments = self._spread(which, value, line)
        if isinstance(call.known, Known) and self.loops < _MOST_LOOPS:
            inlined = inline(call.known, arguments, self.weaver)
            if not isinstance(inlined, Refused):
                return [*before, *inlined.statements], inlined.value
            self.reasons[self.place + which] = inlined.reason
        return before, self._called(which, arguments)

    def _called(self, which: int, arguments: Sequence[ast.expr]) -> ast.expr:
        call, place = self.link.calls[which], self.place + which
        if isinstance(call.known, Refused):
            self.reasons[place] = call.known.reason
        elif self.reasons[place] is None:
            self.reasons[place] = "the loops around it are too deep" if call.known else "it was not looked at"
        function = load(self.weaver.give(call.function, self.link.operator.verb))
        return ast.Call(function, [simple_copy(each) for each in arguments], [])

    def _spread(self, which: int, value: ast.expr, line: Span) -> tuple[Statements, list[ast.expr]]:
        """Return statements and simple expressions for the arguments of a call on a row or value."""
        call = self.link.calls[which]
        if not call.spread:
            return [], [value]
        return unpack(value, call.spread, call.fields, line, self.weaver, takes_lists=True)
