"""A chain of row verbs as the body of one loop: known functions inlined, all others called."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from glowray.vectorize.displays import holds_dict, simple_copy
from glowray.vectorize.expand import MOST_NODES
from glowray.vectorize.hygiene import obstacle
from glowray.vectorize.inline import bind, inline, settle
from glowray.vectorize.input_rows import keep, may_change
from glowray.vectorize.known import Known, Refused
from glowray.vectorize.positions import Span
from glowray.vectorize.quiet import quiet
from glowray.vectorize.splice import each, splice
from glowray.vectorize.uses import escaping
from glowray.vectorize.weave import Weaver, Woven, assign, load, place, store

Verb = Literal["map", "filter", "flat_map", "map_values", "flat_map_values", "key_by", "keys", "values"]
Sink = Callable[[ast.expr], list[ast.stmt]]

# Python compiles at most 20 blocks inside one another; a step may need two, the engine's own code some more.
_MOST_LOOPS = 7
_MOST_BLOCKS = 18


@dataclass(frozen=True)
class Step:
    """One verb of a chain.

    `known` is what `know(call)` gave (None or Refused: the function is called). `spread` is the number of parameters
    that a row is spread over, or None. `call` is None for keys and values. The last three are the engine's:
    `fields(row)` gives the spread of a row that is not a plain tuple of that length, or raises the TypeError that says
    so; `pair(row)` does so for keyed rows; `drop(row, error)` takes a row whose function failed, None if that raises.
    """

    verb: Verb
    call: Callable[..., object] | None = None
    known: Known | Refused | None = None
    spread: int | None = None
    fields: Callable[[object], tuple[object, ...]] | None = None
    pair: Callable[[object], tuple[object, ...]] | None = None
    drop: Callable[[object, Exception], None] | None = None


class Chain:
    """Emits the statements of a chain's loop body.

    Args:
        steps: the verbs in order.
        weaver: what the generated function collects.

    After `body`, `reasons[i]` is None where step i was inlined, else why it is called.
    """

    def __init__(self, steps: Sequence[Step], weaver: Weaver) -> None:
        self._steps = steps
        self._weaver = weaver
        self._loops = 0
        self.reasons: list[str | None] = [None] * len(steps)

    def body(self, row: ast.expr, sink: Sink) -> list[ast.stmt]:
        """Statements that take one row through the chain.

        Args:
            row: a simple expression for the source's row.
            sink: statements for each row that comes out, given as a simple expression. They may `return`, but not
                `break` or `continue` a loop around them. Several places that yield call it several times.
        """
        made = self._from(0, row, sink)
        if _depth(made) > _MOST_BLOCKS:
            self._weaver.nodes = MOST_NODES + 1  # once more, with calls left calls: they are what nests so deep
            made = self._from(0, row, sink)
        return quiet(made, self._weaver)

    def _from(self, index: int, row: ast.expr, sink: Sink) -> list[ast.stmt]:
        if index == len(self._steps):
            with self._weaver.at(index, row):
                return sink(row)
        step = self._steps[index]
        with self._weaver.at(index, row):
            line = self._weaver.own_lines(step.verb)
            before, row = self._solid(step, row, line)
            keeping, kept = keep(row, step, any(map(may_change, self._steps[index + 1 :])), self._weaver)
        with self._weaver.at(index, kept, is_caught=step.drop is not None):
            line = self._weaver.own_lines(step.verb)
            make = self._flat if step.verb in ("flat_map", "flat_map_values") else self._one
            return [*before, *place(keeping, line), *make(index, row, kept, sink, line)]

    def _one(self, index: int, row: ast.expr, kept: ast.expr, sink: Sink, line: Span) -> list[ast.stmt]:
        """A step that gives one row for one, or none; `kept` is the row as it is before the function runs."""
        step = self._steps[index]
        if step.verb == "filter":
            before, test = self._apply(index, row, line)
            if step.drop is not None:
                passed = self._weaver.fresh("passed")
                before, test = [*before, assign(passed, ast.Call(load("bool"), [test], []))], load(passed)
            inner: list[ast.stmt] = [ast.If(test, self._from(index + 1, row, sink) or [ast.Pass()], [])]
            return place(self._guarded(step, kept, before, inner), line)
        if step.verb in ("map", "key_by"):
            before, value = self._apply(index, row, line)
            if step.verb == "key_by":
                value = ast.Tuple([value, simple_copy(row)], ast.Load())
        else:
            before, (key, value) = self.unpack(row, 2, step.pair, line)
            if step.verb == "map_values":
                inside, value = self._apply(index, value, line)
                before, value = [*before, *inside], ast.Tuple([key, value], ast.Load())
            elif step.verb == "keys":
                value = key
        settled, simple = settle(value, self._weaver, "row", line)
        if step.drop is not None and not settled:
            settled = [ast.Pass()]
        return place(self._guarded(step, kept, [*before, *settled], self._from(index + 1, simple, sink)), line)

    def _solid(self, step: Step, row: ast.expr, line: Span) -> tuple[list[ast.stmt], ast.expr]:
        """The row with its dicts built, where the step's function may change them, keep them or give them away."""
        if step.call is None or not holds_dict(row):
            return [], row
        if isinstance(step.known, Known) and obstacle(step.known) is None:
            value = row
            if step.verb in ("map_values", "flat_map_values"):
                value = row.elts[1] if isinstance(row, ast.Tuple) and len(row.elts) == 2 else load("None")
            arguments = self._spread(value, step, line)[1]
            given = bind(step.known, arguments, self._weaver)
            keeps_row = step.verb in ("filter", "key_by") or step.drop is not None
            if not isinstance(given, Refused) and not escaping(step.known, given, self._weaver, keeps_row):
                return [], row
        return self._built(row, line)

    def _built(self, row: ast.expr, line: Span) -> tuple[list[ast.stmt], ast.expr]:
        if isinstance(row, ast.Dict):
            name = self._weaver.fresh("record")
            self._weaver.types[name] = dict
            return place([assign(name, simple_copy(row))], line), load(name)
        if not isinstance(row, ast.Tuple):
            return [], row
        parts = [self._built(field, line) for field in row.elts]
        return [each for before, _ in parts for each in before], ast.Tuple([field for _, field in parts], ast.Load())

    def _guarded(
        self, step: Step, kept: ast.expr, attempt: list[ast.stmt], rest: list[ast.stmt]
    ) -> list[ast.stmt]:  # fmt: skip
        """The attempt and what follows it; a step that drops failing rows gives them and their errors away."""
        if step.drop is None or step.call is None:
            return [*attempt, *rest]
        error = self._weaver.fresh("error")
        drop = load(self._weaver.give(step.drop, "drop"))
        dropped = ast.Expr(ast.Call(drop, [simple_copy(kept), load(error)], []))
        handler = ast.ExceptHandler(load("Exception"), error, [dropped])
        return [ast.Try(attempt, [handler], rest or [ast.Pass()], [])]

    def _apply(self, index: int, row: ast.expr, line: Span) -> tuple[list[ast.stmt], ast.expr]:
        """(statements, value) of the step's function on one row."""
        step = self._steps[index]
        before, arguments = self._spread(row, step, line)
        if isinstance(step.known, Known) and self._loops < _MOST_LOOPS:
            inlined = inline(step.known, arguments, self._weaver)
            if not isinstance(inlined, Refused):
                return [*before, *inlined.statements], inlined.value
            self.reasons[index] = inlined.reason
        return before, self._called(index, arguments)

    def _called(self, index: int, arguments: list[ast.expr]) -> ast.expr:
        step = self._steps[index]
        assert step.call is not None
        if isinstance(step.known, Refused):
            self.reasons[index] = step.known.reason
        elif self.reasons[index] is None:
            self.reasons[index] = "the loops around it are too deep" if step.known else "it was not looked at"
        function = load(self._weaver.give(step.call, step.verb))
        return ast.Call(function, [simple_copy(each) for each in arguments], [])

    def _flat(self, index: int, row: ast.expr, kept: ast.expr, sink: Sink, line: Span) -> list[ast.stmt]:
        step = self._steps[index]
        before: list[ast.stmt] = []
        key: ast.expr | None = None
        if step.verb == "flat_map_values":
            before, (key, value) = self.unpack(row, 2, step.pair, line)
        else:
            value = row
        spread, arguments = self._spread(value, step, line)
        before += spread

        def rest(out: ast.expr) -> list[ast.stmt]:
            whole = out if key is None else ast.Tuple([simple_copy(key), out], ast.Load())
            self._loops += 1
            made = self._from(index + 1, whole, sink)
            self._loops -= 1
            return made or [ast.Pass()]

        if step.drop is not None:
            return self._listed(index, kept, before, arguments, rest, line)
        if isinstance(step.known, Known) and self._loops < _MOST_LOOPS:
            spliced = splice(step.known, arguments, self._weaver, rest)
            if not isinstance(spliced, Refused):
                return place([*before, *spliced], line)
            self.reasons[index] = spliced.reason
        return place([*before, *each(self._called(index, arguments), self._weaver, rest, line)], line)

    def _listed(
        self, index: int, kept: ast.expr, before: list[ast.stmt], arguments: list[ast.expr], rest: Sink, line: Span
    ) -> list[ast.stmt]:
        """A loop over a list of all that the function gives: a row that fails half-way gives nothing."""
        step = self._steps[index]
        rows: ast.expr | None = None
        if isinstance(step.known, Known) and self._loops < _MOST_LOOPS:
            inlined = inline(step.known, arguments, self._weaver)
            if isinstance(inlined, Refused):
                self.reasons[index] = inlined.reason
            else:
                before, rows = [*before, *inlined.statements], inlined.value
        rows = self._called(index, arguments) if rows is None else rows
        items = self._weaver.fresh("items")
        before = [*before, assign(items, ast.Call(load("list"), [rows], []))]
        return place(self._guarded(step, kept, before, each(load(items), self._weaver, rest, line)), line)

    def _spread(self, row: ast.expr, step: Step, line: Span) -> tuple[list[ast.stmt], list[ast.expr]]:
        """(statements, simple expressions for the arguments) of a step's function on one row or value."""
        return self.unpack(row, step.spread, step.fields, line, takes_lists=True) if step.spread else ([], [row])

    def unpack(
        self,
        row: ast.expr,
        width: int,
        otherwise: Callable[[object], tuple[object, ...]] | None,
        line: Span,
        takes_lists: bool = False,
    ) -> tuple[list[ast.stmt], list[ast.expr]]:
        """(statements, simple expressions for the row's `width` fields): of a plain tuple, or of (key, fields).

        Args:
            takes_lists: whether a plain list is as good as a tuple: it is no keyed row, but its fields are spread.
            otherwise: gives the fields of any other row, or raises the TypeError that says what is wrong with it.
        """
        assert otherwise is not None, "a step that takes fields says what to do with rows that do not have them"
        slow = self._weaver.give(otherwise, "fields")
        if isinstance(row, ast.Tuple):
            fields = row.elts
            if len(fields) == width:
                return [], list(fields)
            value = fields[1] if len(fields) == 2 else None
            if isinstance(value, ast.Tuple) and len(value.elts) == width - 1:
                return [], [fields[0], *value.elts]
            if isinstance(value, ast.Name):
                return self._unpack_keyed(fields[0], value, width, slow, line)
        names = [self._weaver.fresh("field") for _ in range(width)]
        anyway = _slowly(slow, row, names)
        if not isinstance(row, ast.Name):
            return place([anyway], line), [load(name) for name in names]
        quick = ast.Assign([ast.Tuple([store(name) for name in names], ast.Store())], simple_copy(row))
        if self._weaver.tuples.get(row.id) == width:
            return place([quick], line), [load(name) for name in names]
        is_quick = _is_of_width(row, (tuple, list) if takes_lists else (tuple,), width, self._weaver.types.get(row.id))
        return place([ast.If(is_quick, [quick], [anyway])], line), [load(name) for name in names]

    def _unpack_keyed(
        self, key: ast.expr, value: ast.Name, width: int, slow: str, line: Span
    ) -> tuple[list[ast.stmt], list[ast.expr]]:  # fmt: skip
        names = [self._weaver.fresh("field") for _ in range(width)]
        targets: list[ast.expr] = [store(name) for name in names[1:]]
        quick: list[ast.stmt] = [
            assign(names[0], simple_copy(key)),
            ast.Assign([ast.Tuple(targets, ast.Store())], load(value.id)),
        ]
        if self._weaver.tuples.get(value.id) == width - 1:
            return place(quick, line), [load(name) for name in names]
        anyway = _slowly(slow, ast.Tuple([key, value], ast.Load()), names)
        test = _is_of_width(value, (tuple,), width - 1)
        return place([ast.If(test, quick, [anyway])], line), [load(name) for name in names]


def _depth(nodes: Sequence[ast.stmt]) -> int:
    """How many of Python's blocks stand inside one another."""
    deepest = 0
    for node in nodes:
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            parts += handler.body
        own = isinstance(node, ast.For | ast.While | ast.Try | ast.With)
        deepest = max(deepest, own + _depth(parts))
    return deepest


def _slowly(slow: str, row: ast.expr, names: list[str]) -> ast.stmt:
    call = ast.Call(load(slow), [simple_copy(row)], [])
    return ast.Assign([ast.Tuple([store(name) for name in names], ast.Store())], call)


def _is_of_width(row: ast.Name, kinds: tuple[type, ...], width: int, surely: type | None = None) -> ast.expr:
    """`type(row) is tuple and len(row) == width`: exactly what unpacking takes without surprises.

    Args:
        kinds: the types that may be unpacked.
        surely: the type that the row is known to have; one of these need not be asked for.
    """
    length = ast.Compare(ast.Call(load("len"), [load(row.id)], []), [ast.Eq()], [ast.Constant(width)])
    if surely in kinds:
        return length
    tests: list[ast.expr] = [
        ast.Compare(ast.Call(load("type"), [load(row.id)], []), [ast.Is()], [load(kind.__name__)]) for kind in kinds
    ]
    return ast.BoolOp(ast.And(), [tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests), length])


def row_loop(
    steps: Sequence[Step], sink: Sink | None = None, row_type: type | None = None, label: str = "rows"
) -> tuple[Woven, list[str | None]]:
    """A whole function `loop(rows, emit)` that takes each row through the chain, and the reasons of called steps.

    Args:
        sink: the statements for a row that comes out; by default `emit(row)`.
        row_type: the exact type that every source row has, if that is sure (str for text).
    """
    weaver = Weaver()
    row = weaver.fresh("row")
    if row_type is not None:
        weaver.types[row] = row_type
    source = weaver.own_lines("source")
    chain = Chain(steps, weaver)
    body = chain.body(load(row), sink or emit)
    loop = place([ast.For(store(row), load("rows"), body or [ast.Pass()], [])], source)
    definition = define("loop", ["rows", "emit"], loop, source)
    return Woven("loop", definition, weaver.bindings, weaver.positions, label), chain.reasons


def emit(row: ast.expr) -> list[ast.stmt]:
    """The sink that gives each row to the parameter `emit`."""
    return [ast.Expr(ast.Call(load("emit"), [simple_copy(row)], []))]


def define(name: str, parameters: list[str], body: list[ast.stmt], line: Span) -> ast.FunctionDef:
    """The definition of a generated function."""
    definition = ast.parse(f"def {name}({', '.join(parameters)}): pass").body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.body = body
    for node in ast.walk(definition.args):
        if isinstance(node, ast.arg):
            node.lineno = node.end_lineno = line.start
    definition.lineno = definition.end_lineno = line.start
    return definition
