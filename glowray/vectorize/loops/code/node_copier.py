"""Copy a function's nodes into a generated function: rename its variables and keep its lines."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import TypeVar, cast

from glowray.vectorize.analyze.displays import (
    constant_key,
    display_at,
    field_names,
    field_of,
    is_simple,
    merged,
    simple_copy,
    unrolled,
)
from glowray.vectorize.analyze.regex_loops import plain_searches
from glowray.vectorize.analyze.scope_names import COMPREHENSIONS, Comprehension, own_names, targets_of
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.code.call_targets import constant_of
from glowray.vectorize.loops.code.escape_analysis import is_get, is_membership
from glowray.vectorize.loops.code.expression_types import exact_type
from glowray.vectorize.loops.code.line_table import Span, move
from glowray.vectorize.loops.code.weaver import Weaver, load

Node = TypeVar("Node", bound=ast.AST)
Shadow = Mapping[str, str]
NO_SHADOW: Shadow = {}


class Copier:
    """Copies nodes of one function.

    Args:
        known: the function.
        weaver: the generated function's names and values.
        span: the generated lines of the function.
        arguments: parameter → a simple expression: a name, a constant, or a display for a tuple or dict that is not
            built. `row[1]` of a display becomes its field. Any other use of the parameter builds the object.
    """

    def __init__(self, known: Known, weaver: Weaver, span: Span, arguments: Mapping[str, ast.expr]) -> None:
        self._known = known
        self._weaver = weaver
        self._span = span
        self._arguments = arguments
        self._searches: set[int] = set()
        self._texts: dict[int, str] = {}
        self.locals = {name: weaver.fresh(name) for name in sorted(own_names(known.node) - set(arguments))}
        for search, name, texts in plain_searches(known):
            if exact_type(self.copy(search.args[0]), weaver) is str:
                self._searches.add(id(search))
                self._texts.update((id(text), name) for text in texts)

    def copy(self, node: Node, shadow: Shadow = NO_SHADOW) -> Node:
        """Return a copy of the node for the generated function.

        Args:
            node: a node of the user's function.
            shadow: name → generated name, for names bound by scopes inside the function.
        """
        return cast(Node, self._copy(node, shadow))

    def _copy(self, node: ast.AST, shadow: Shadow) -> ast.AST:
        if isinstance(node, ast.Name):
            return self._name(node, shadow)
        if (found := self._match(node, shadow)) is not None:
            return found
        if (taken := self._looked_up(node, shadow)) is not None:
            for part in ast.walk(taken):
                self.moved(part, node)
            return taken
        if (display := self._display(node, shadow)) is not None:
            return display
        if isinstance(node, ast.Lambda):
            return self._lambda(node, shadow)
        if isinstance(node, COMPREHENSIONS):
            return self._comprehension(node, shadow)
        if isinstance(node, ast.AnnAssign):
            return self._annotated(node, shadow)
        made = self.copy_with(node, {}, shadow)
        if isinstance(made, ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping):
            self._rename_bound(made)
        elif isinstance(made, ast.alias):
            self._rename_import(made)
        return made

    def copy_with(self, node: ast.AST, made: Mapping[str, object], shadow: Shadow = NO_SHADOW) -> ast.AST:
        """Return a copy of a node whose fields in `made` have these values."""
        fields = dict(made)
        for name, value in ast.iter_fields(node):
            if name in made:
                continue
            if isinstance(value, list):
                fields[name] = [self._copy(each, shadow) if isinstance(each, ast.AST) else each for each in value]
            else:
                fields[name] = self._copy(value, shadow) if isinstance(value, ast.AST) else value
        return self.moved(type(node)(**fields), node)

    def _annotated(self, node: ast.AnnAssign, shadow: Shadow) -> ast.AST:
        """Turn `x: int = 1` into `x = 1`: Python does not evaluate annotations inside functions."""
        if node.value is None:
            return self.moved(ast.Pass(), node)
        return self.moved(ast.Assign([self.copy(node.target, shadow)], self.copy(node.value, shadow)), node)

    def moved(self, made: ast.AST, node: ast.AST) -> ast.AST:
        """Give `made` the generated lines for the lines of `node`."""
        return move(ast.copy_location(made, node), self._span)

    def _match(self, node: ast.AST, shadow: Shadow) -> ast.AST | None:
        """Turn `for m in WORD.finditer(text)` into `for m in WORD.findall(text)` and `m.group()` into `m`.

        Only loops from `plain_searches` are changed: they ask a match for its text and for nothing else.
        """
        if (name := self._texts.get(id(node))) is not None:
            return self.moved(ast.Name(self.locals[name], ast.Load()), node)
        if id(node) not in self._searches:
            return None
        search = cast(ast.Call, self.copy_with(node, {}, shadow))
        assert isinstance(search.func, ast.Attribute)
        search.func.attr = "findall"
        return search

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
        assert not isinstance(found, str), "hygiene.obstacle refuses such functions"
        binding, value = found
        # The compiled code never reads a name without a binding, because the name is in code that never runs. It gets
        # no value.
        return load(self._weaver.fresh(name) if binding is None else self._weaver.bind(binding, name, value))

    def _standing(self, node: ast.expr, shadow: Shadow) -> ast.expr | None:
        """Return the expression that `row`, `row[1]` or `row["a"]["b"]` of a display stands for, or None."""
        visible = {name: value for name, value in self._arguments.items() if name not in shadow}
        return display_at(node, visible)

    def _looked_up(self, node: ast.AST, shadow: Shadow) -> ast.expr | None:
        """Return the value of `row["a"]`, `row.get("a")` or `"a" in row` if `row` is a dict display, else None."""
        if isinstance(node, ast.Subscript):
            found = self._standing(node, shadow)
            return None if found is None else simple_copy(found)
        if isinstance(node, ast.Call) and is_get(node) and isinstance(node.func, ast.Attribute):
            display = self._standing(node.func.value, shadow)
            default = self.copy(node.args[1], shadow) if len(node.args) == 2 else ast.Constant(None)
            if not isinstance(display, ast.Dict) or not is_simple(default):
                return None
            return simple_copy(field_of(display, str(constant_key(node.args[0]))) or default)
        if isinstance(node, ast.Compare) and is_membership(node):
            display = self._standing(node.comparators[0], shadow)
            if isinstance(display, ast.Dict):
                is_there = constant_key(node.left) in field_names(display)
                return ast.Constant(is_there == isinstance(node.ops[0], ast.In))
        return None

    def _display(self, node: ast.AST, shadow: Shadow) -> ast.AST | None:
        """Turn `{**row, …}` or `{name: row[name] for name in NAMES}` into one dict display if that is possible."""
        if isinstance(node, ast.Dict) and None in node.keys:
            return self.tidied(self.copy_with(node, {}, shadow))
        if isinstance(node, ast.DictComp):
            names = {*shadow, *self._arguments, *self.locals}
            display = unrolled(node, lambda name: None if name in names else constant_of(self._known, name))
            return None if display is None else self._copy(display, shadow)
        return None

    def tidied(self, made: ast.AST) -> ast.AST:
        """Merge the displays inside a copied dict display; return any other node as it is."""
        return merged(made) if isinstance(made, ast.Dict) else made

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
        # The target of a walrus is a Name, which was renamed already.
        name = "rest" if isinstance(made, ast.MatchMapping) else "name"
        bound = getattr(made, name, None)
        if isinstance(bound, str):
            setattr(made, name, self.locals.get(bound, bound))

    def _rename_import(self, made: ast.alias) -> None:
        bound = (made.asname or made.name).split(".")[0]
        if made.asname or "." not in made.name:
            made.asname = self.locals[bound]
