"""Copying a function's nodes into a generated function: its names made unique, its lines kept."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import TypeVar, cast

from glowray.vectorize.known import Known
from glowray.vectorize.names import COMPREHENSIONS, Comprehension, own_names, stored_names, targets_of
from glowray.vectorize.positions import Span, move
from glowray.vectorize.weave import Weaver, load

Node = TypeVar("Node", bound=ast.AST)
Shadow = Mapping[str, str]
NO_SHADOW: Shadow = {}


class Copier:
    """Copies nodes of one function.

    Args:
        arguments: for each parameter, a simple expression: a name, a constant, or a tuple display of such that stands
            for a tuple nobody built. `row[1]` of the last takes the field; other uses build the tuple.
    """

    def __init__(self, known: Known, weaver: Weaver, span: Span, arguments: Mapping[str, ast.expr]) -> None:
        self._known = known
        self._weaver = weaver
        self._span = span
        self._arguments = arguments
        self.locals = {name: weaver.fresh(name) for name in sorted(own_names(known.node) - set(arguments))}

    def copy(self, node: Node, shadow: Shadow = NO_SHADOW) -> Node:
        """The node for the generated function. `shadow`: what names of scopes inside the function are called there."""
        return cast(Node, self._copy(node, shadow))

    def _copy(self, node: ast.AST, shadow: Shadow) -> ast.AST:
        if isinstance(node, ast.Name):
            return self._name(node, shadow)
        if isinstance(node, ast.Subscript) and (taken := self._field(node, shadow)) is not None:
            return self.moved(taken, node)
        if isinstance(node, ast.Lambda):
            return self._lambda(node, shadow)
        if isinstance(node, COMPREHENSIONS):
            return self._comprehension(node, shadow)
        if isinstance(node, ast.AnnAssign):
            return self._annotated(node, shadow)
        made = self._children(node, shadow)
        if isinstance(made, ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping):
            self._rename_bound(made)
        elif isinstance(made, ast.alias):
            self._rename_import(made)
        return made

    def _children(self, node: ast.AST, shadow: Shadow) -> ast.AST:
        fields: dict[str, object] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[name] = [self._copy(each, shadow) if isinstance(each, ast.AST) else each for each in value]
            else:
                fields[name] = self._copy(value, shadow) if isinstance(value, ast.AST) else value
        return self.moved(type(node)(**fields), node)

    def _annotated(self, node: ast.AnnAssign, shadow: Shadow) -> ast.AST:
        """Annotations are not evaluated inside functions."""
        if node.value is None:
            return self.moved(ast.Pass(), node)
        return self.moved(ast.Assign([self.copy(node.target, shadow)], self.copy(node.value, shadow)), node)

    def moved(self, made: ast.AST, node: ast.AST) -> ast.AST:
        return move(ast.copy_location(made, node), self._span)

    def _name(self, node: ast.Name, shadow: Shadow) -> ast.AST:
        if node.id in shadow:
            made: ast.expr = ast.Name(shadow[node.id], node.ctx)
        elif node.id in self._arguments:
            made = simple_copy(self._arguments[node.id])
            for part in ast.walk(made):
                self.moved(part, node)
        elif node.id in self.locals:
            made = ast.Name(self.locals[node.id], node.ctx)
        else:
            made = self._free(node.id)
        return self.moved(made, node)

    def _free(self, name: str) -> ast.expr:
        found = self._known.environment.find(name)
        assert not isinstance(found, str), "hygiene.obstacle looks at every free name first"
        binding, value = found
        return load(name if binding is None else self._weaver.bind(binding, name, value))

    def _field(self, node: ast.Subscript, shadow: Shadow) -> ast.expr | None:
        """`row[1]` of a tuple that was not built: its field."""
        if not isinstance(node.value, ast.Name) or node.value.id in shadow or not isinstance(node.ctx, ast.Load):
            return None
        display = self._arguments.get(node.value.id)
        index = constant_index(node.slice)
        if not isinstance(display, ast.Tuple) or index is None:
            return None
        if not -len(display.elts) <= index < len(display.elts):
            return None
        return simple_copy(display.elts[index])

    def _lambda(self, node: ast.Lambda, shadow: Shadow) -> ast.AST:
        arguments = copy.deepcopy(node.args)
        arguments.defaults = [self.copy(each, shadow) for each in node.args.defaults]
        arguments.kw_defaults = [each and self.copy(each, shadow) for each in node.args.kw_defaults]
        for argument in ast.walk(arguments):
            if isinstance(argument, ast.arg):
                move(argument, self._span)
        body = self.copy(node.body, {**shadow, **{name: name for name in own_names(node)}})
        return self.moved(ast.Lambda(arguments, body), node)

    def _comprehension(self, node: Comprehension, shadow: Shadow) -> ast.AST:
        inside = {**shadow, **{name: name for name in targets_of(node)}}
        generators = [
            ast.comprehension(
                self.copy(each.target, inside),
                self.copy(each.iter, inside if index else shadow),
                [self.copy(test, inside) for test in each.ifs],
                0,
            )
            for index, each in enumerate(node.generators)
        ]
        parts = [name for name in ("elt", "key", "value") if name in node._fields]
        elements = {name: self.copy(getattr(node, name), inside) for name in parts}
        return self.moved(type(node)(generators=generators, **elements), node)

    def _rename_bound(self, made: ast.AST) -> None:
        # A walrus target was renamed as the Name that it is.
        name = "rest" if isinstance(made, ast.MatchMapping) else "name"
        bound = getattr(made, name, None)
        if isinstance(bound, str):
            setattr(made, name, self.locals.get(bound, bound))

    def _rename_import(self, made: ast.alias) -> None:
        bound = (made.asname or made.name).split(".")[0]
        if made.asname or "." not in made.name:
            made.asname = self.locals[bound]


def constant_index(node: ast.expr) -> int | None:
    """The int that a subscript spells, a minus sign included."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant_index(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def is_simple(node: ast.expr) -> bool:
    """Whether an expression may be evaluated at any time and any number of times: names, constants, tuples of them."""
    if isinstance(node, ast.Tuple):
        return all(map(is_simple, node.elts))
    return isinstance(node, ast.Name | ast.Constant)


def simple_copy(node: ast.expr) -> ast.expr:
    """A copy without lines of a simple expression."""
    if isinstance(node, ast.Tuple):
        return ast.Tuple([simple_copy(each) for each in node.elts], ast.Load())
    if isinstance(node, ast.Constant):
        return ast.Constant(node.value)
    assert isinstance(node, ast.Name)
    return load(node.id)


def stores_nothing(node: ast.expr) -> bool:
    """Whether evaluating the expression leaves the function's names as they are (it has no walrus)."""
    return not stored_names([node])
