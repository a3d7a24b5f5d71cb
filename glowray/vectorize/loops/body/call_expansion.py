"""Replace calls inside an expression by statements in front of it.

A known function is replaced by its body, `max(a, b)` by a comparison, and `any(… for …)` by a loop. Python evaluates
some parts of the expression before the call. These go into variables first, so the order stays the same.
With `def tax(row)` that has two returns, `row["price"] * tax(row)` becomes

    part·2 = row·1["price"]
    if row·1["free"]:
        result·3 = 0
    else:
        result·3 = row·1["price"] // 5
    … part·2 * result·3
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from glowray.vectorize.analyze.call_effects import called
from glowray.vectorize.analyze.displays import simple_copy
from glowray.vectorize.analyze.scope_names import holds
from glowray.vectorize.definition.builtin_callables import ANY, MAX
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.body.generator_search import Seek, catches, sought
from glowray.vectorize.loops.code.call_targets import helper_of, is_extreme
from glowray.vectorize.loops.code.expression_types import exact_type, is_steady
from glowray.vectorize.loops.code.line_table import LinePlace, Span
from glowray.vectorize.loops.code.node_copier import Copier
from glowray.vectorize.loops.code.weaver import Weaver, assign, load, place

Valued = tuple[list[ast.stmt], ast.expr]
Enter = Callable[[Known, list[ast.expr], Weaver], Valued | None]

MOST_CALLS = 4
"""At most this many calls inside one another are replaced by bodies."""

MOST_NODES = 6_000
"""A loop whose bodies have more syntax nodes than this gets no further bodies."""


class Expander(Copier):
    """Copies the nodes of one function and expands the calls in its expressions.

    Args:
        enter: returns (statements, value) of a known function called with simple expressions, or None if it must be
            called.
        settle: returns (statements, simple expression) for a value: the statements put it into variables.
    """

    def __init__(
        self,
        known: Known,
        weaver: Weaver,
        span: Span,
        arguments: Mapping[str, ast.expr],
        enter: Enter,
        settle: Callable[[ast.expr, Weaver, str, Span], Valued],
    ) -> None:
        super().__init__(known, weaver, span, arguments)
        self._enter = enter
        self._settle = settle
        self._catches = catches(known)

    def value(self, node: ast.expr) -> Valued:
        """Return (statements, expression). The expression must be evaluated right after the statements, and once."""
        if not self._expands(node) or holds([node], ast.NamedExpr):
            return [], self.copy(node)
        before, value = self._expanded(node)
        return place(before, self._span), value

    def _expands(self, node: ast.AST) -> bool:
        """Return whether a call can be expanded among the parts that are evaluated in every case."""
        if isinstance(node, ast.Call) and self._is_expandable(node):
            return True
        if isinstance(node, ast.IfExp):
            return any(map(self._expands, (node.test, node.body, node.orelse)))
        return any(map(self._expands, _in_order(node) or ()))

    def _is_expandable(self, call: ast.Call) -> bool:
        if is_extreme(self._known, call) or self._is_sought(call):
            return True
        helper = helper_of(self._known, call, self._weaver)
        if helper is None or self._weaver.nodes > MOST_NODES or len(self._weaver.calls) >= MOST_CALLS:
            return False
        return helper.function not in (function for function, _ in self._weaver.calls)

    def _is_sought(self, call: ast.Call) -> bool:
        """Return whether a loop can replace `next`, `any` or `all` over a generator.

        A generator turns a StopIteration raised inside it into a RuntimeError; a loop does not. So no code that could
        catch either may be around.
        """
        if self._catches or self._weaver.is_caught or self._weaver.nodes > MOST_NODES:
            return False
        generator = sought(self._known, call)
        return generator is not None and is_steady(self.copy(generator.generators[0].iter), self._weaver)

    def _expanded(self, node: ast.expr) -> Valued:
        if not self._expands(node):
            return [], self.copy(node)
        if isinstance(node, ast.IfExp):
            return self._chosen(node)
        if isinstance(node, ast.Call) and self._is_sought(node):
            return self._sought(node)
        if isinstance(node, ast.Call) and self._is_expandable(node):
            return self._called(node)
        parts = _in_order(node)
        assert parts is not None
        before: list[ast.stmt] = []
        made: dict[int, ast.expr] = {}
        last = max(index for index, part in enumerate(parts) if self._expands(part))
        for index, part in enumerate(parts[: last + 1]):
            statements, value = self._expanded(part)
            if index < last:
                settled, value = self._settle(value, self._weaver, "part", self._span)
                statements += settled
            before += statements
            made[id(part)] = value
        return before, cast(ast.expr, self._rebuilt(node, made))

    def _rebuilt(self, node: ast.AST, made: Mapping[int, ast.expr]) -> ast.AST:
        """Return a copy of a node. `made` has the copies of some of its parts, by the id of the original."""
        if id(node) in made:
            return made[id(node)]
        if not any(id(part) in made for part in ast.walk(node)):
            return self.copy(node)
        fields: dict[str, object] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[name] = [self._rebuilt(each, made) if isinstance(each, ast.AST) else each for each in value]
            else:
                fields[name] = self._rebuilt(value, made) if isinstance(value, ast.AST) else value
        return self.tidied(self.moved(type(node)(**fields), node))

    def _chosen(self, node: ast.IfExp) -> Valued:
        """Turn a conditional expression into an if statement."""
        before, test = self._expanded(node.test)
        chosen = self._weaver.fresh("chosen")
        branches: list[list[ast.stmt]] = []
        kinds: set[type | None] = set()
        for side in (node.body, node.orelse):
            statements, value = self._expanded(side)
            branches.append([*statements, assign(chosen, value)])
            kinds.add(exact_type(value, self._weaver))
        if len(kinds) == 1 and (kind := kinds.pop()) is not None:
            self._weaver.types[chosen] = kind
        return [*before, cast(ast.stmt, self.moved(ast.If(test, *branches), node))], load(chosen)

    def _called(self, node: ast.Call) -> Valued:
        before: list[ast.stmt] = []
        arguments: list[ast.expr] = []
        for argument in node.args:
            statements, value = self._expanded(argument)
            settled, value = self._settle(value, self._weaver, "argument", self._span)
            before += [*statements, *settled]
            arguments.append(value)
        if is_extreme(self._known, node):
            return before, self._extreme(node, arguments)
        helper = helper_of(self._known, node, self._weaver)
        assert helper is not None
        with self._weaver.calling(helper.function, self._place(node), self._catches):
            inlined = self._enter(helper, arguments, self._weaver)
        if inlined is None:
            call = ast.Call(self.copy(node.func), [simple_copy(each) for each in arguments], [])
            return before, cast(ast.expr, self.moved(call, node))
        return [*before, *inlined[0]], inlined[1]

    def _place(self, node: ast.Call) -> LinePlace:
        line = cast(ast.Call, self.moved(ast.Call(load("_"), [], []), node))
        return LinePlace(line.lineno, node.col_offset, node.end_col_offset or node.col_offset)

    def _sought(self, node: ast.Call) -> Valued:
        """Turn `next`, `any` or `all` over a generator into a loop. Its lines map to the generator's lines."""
        generator = sought(self._known, node)
        assert generator is not None
        before, source = self._expanded(generator.generators[0].iter)
        settled, source = self._settle(source, self._weaver, "source", self._span)
        length = (generator.end_lineno or generator.lineno) - generator.lineno + 1
        own = replace(
            self._span, length=length, first_line=generator.lineno, name="<genexpr>", is_generator=True,
            caller=self._place(node),
        )  # fmt: skip
        inside = copy.copy(self)
        inside._span = self._weaver.positions.open(own)
        seek = Seek(generator, inside, lambda part: self.moved(part, node), self._weaver)
        if len(node.args) == 2:
            made, value = seek.first(simple_copy(source), self.copy(node.args[1]))
        else:
            made, value = seek.truth(simple_copy(source), called(self._known, node) is ANY)
        return [*before, *settled, *place(made, inside._span)], value

    def _extreme(self, node: ast.Call, arguments: list[ast.expr]) -> ast.expr:
        """Turn `max(a, b)` into `b if b > a else a`, which Python's max does for values of any type."""
        first, second = arguments
        operation = ast.Gt() if called(self._known, node) is MAX else ast.Lt()
        test = ast.Compare(simple_copy(second), [operation], [simple_copy(first)])
        made = ast.IfExp(test, simple_copy(second), simple_copy(first))
        for part in ast.walk(made):
            self.moved(part, node)
        return made


def _in_order(node: ast.AST) -> list[ast.expr] | None:
    """Return the parts that Python evaluates in every case before the node's own operation, in order.

    `a + f(b)` → [a, f(b)]; `a and b` → [a]. Return None for a node whose order is not known here.
    """
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.BoolOp):
        return node.values[:1]
    if isinstance(node, ast.Compare):
        return [node.left, node.comparators[0]]
    if isinstance(node, ast.Call):
        parts = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        return None if any(isinstance(part, ast.Starred) for part in parts) else parts
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, ast.Attribute):
        return [node.value]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return None if any(isinstance(part, ast.Starred) for part in node.elts) else node.elts
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [part for pair in pairs for part in pair if part is not None]
    return None
