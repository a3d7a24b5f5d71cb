"""Translate comprehensions, loops over lists, and calls that take an iterable: sum, any, max, sorted, zip, …"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from glowray.rows.objects.static_attributes import is_one_of
from glowray.rows.types.kinds import NOTHING, ListOf, TupleOf, holds_list
from glowray.vectorize.analyze.displays import constant_index
from glowray.vectorize.columns.operations import list_folds as folds
from glowray.vectorize.columns.operations.comparisons import compare
from glowray.vectorize.columns.operations.constant_tables import constant_vector
from glowray.vectorize.columns.operations.expressions import (
    comprehension,
    constant,
    field,
    item,
    record,
    repeated,
    together,
)
from glowray.vectorize.columns.operations.none_values import there, truth
from glowray.vectorize.columns.texts.text_characters import characters
from glowray.vectorize.columns.translation.compound_statements import CompoundStatements
from glowray.vectorize.columns.translation.walrus import first_walrus, replaced
from glowray.vectorize.columns.vectors.frame import Expr, Frame, Lists, leaf
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable
from glowray.vectorize.definition import builtin_callables as builtin

_ORDER_MATTERS = "the order of a set"


class Iterations(CompoundStatements):
    """Translates what goes through the elements of one list a row."""

    def elementwise(self, function: ast.expr, element: Expr, variables: dict[str, Expr]) -> Expr:
        """Return `function(element)`, for a lambda or the name of a function."""
        raise NotImplementedError

    # Iterables

    def iterated(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
            return self.listed(node, variables)
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
            made = self._iterator(self.static(node.func, variables), node, variables)
            if made is not None:
                return made
        if (values := self.constants_in(node, variables)) is not None:
            kind, vector = constant_vector(list(values))
            return folds.constant_list(kind, vector, len(values))
        made = there(self.expression(node, variables))
        if made.kind is str:
            return characters(made)
        if not isinstance(made.kind, ListOf):
            raise Untranslatable("a loop over what is not a list, a split or a str")
        return made

    def _iterator(self, function: object, node: ast.Call, variables: dict[str, Expr]) -> Expr | None:
        """Return what enumerate, zip, map, filter, range, sorted, list, set or reversed give, else None."""
        if (node.keywords and function is not builtin.SORTED) or any(isinstance(e, ast.Starred) for e in node.args):
            return None
        arguments = node.args
        if function is builtin.ENUMERATE and len(arguments) in (1, 2):
            start = 0 if len(arguments) == 1 else constant_index(arguments[1])
            return None if start is None else folds.numbered(self.in_order(arguments[0], variables), start)
        if function is builtin.ZIP and arguments:
            return folds.zipped([self.in_order(each, variables) for each in arguments])
        if function is builtin.MAP and len(arguments) == 2:
            made = self._mapped(arguments[0], self.in_order(arguments[1], variables), variables)
            return replace(made, kind=ListOf(folds.element_of(made), once=True))
        if function is builtin.RANGE and 1 <= len(arguments) <= 3:
            return self._range(arguments, variables)
        if function is builtin.SORTED and len(arguments) == 1:
            return self._sorted(node, variables)
        if is_one_of(function, (builtin.LIST, builtin.SET, builtin.FROZENSET)) and len(arguments) == 1:
            if function is builtin.LIST:
                return folds.as_list(self.in_order(arguments[0], variables))
            made = folds.distinct(self.iterated(arguments[0], variables))
            return replace(made, kind=replace(made.kind, unordered=True))  # type: ignore[type-var]
        return None

    def several(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
            made = self._iterator(self.static(node.func, variables), node, variables)
            return self.expression(node, variables) if made is None else made
        return self.listed(node, variables) if isinstance(node, ast.GeneratorExp) else self.expression(node, variables)

    def in_order(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        """Return lists whose order is known: no sets."""
        made = self.iterated(node, variables)
        if isinstance(made.kind, ListOf) and made.kind.unordered:
            raise Untranslatable(_ORDER_MATTERS)
        return made

    def _range(self, arguments: Sequence[ast.expr], variables: dict[str, Expr]) -> Expr:
        step = 1 if len(arguments) < 3 else constant_index(arguments[2])
        if not step:
            raise Untranslatable("range() with a step that is not a constant")
        bounds = [self.expression(each, variables) for each in arguments[:2]]
        start, stop = bounds if len(bounds) == 2 else (constant(0), bounds[0])
        return folds.spanned(start, stop, step)

    def _mapped(self, function: ast.expr, lists: Expr, variables: dict[str, Expr]) -> Expr:
        """Return the lists of `function(element)`."""
        self.constructs.append("comprehension")
        key = f"element {self.depth} {self.count()}"
        element = leaf(folds.element_of(lists), lambda frame: frame.variables[key])
        inner = {name: repeated(name, each, id(function)) for name, each in variables.items()}
        made = self.elementwise(function, element, inner)
        return self._comprehended(key, lists, [], made, variables, id(function))

    def _comprehended(
        self, key: str, lists: Expr, tests: list[Expr | None], made: Expr | None, variables: dict[str, Expr], scope: int
    ) -> Expr:  # fmt: skip
        kind = folds.element_of(lists) if made is None else made.kind
        if kind is NOTHING or holds_list(kind):
            raise Untranslatable("a list of lists, or of None")
        return Expr(ListOf(kind), comprehension(key, lists, tests, made, variables, scope))

    # Comprehensions with one loop, and loops

    def listed(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, variables: dict[str, Expr]) -> Expr:
        """Translate a comprehension. Its elements keep the order of its iterable."""
        [loop, *more] = node.generators
        if more or loop.is_async:
            raise Untranslatable("a comprehension of several loops")
        source = self.iterated(loop.iter, variables)
        self.constructs.append("comprehension")
        # Inside, a variable of the row is repeated for each element of the row.
        key = f"{ast.unparse(loop.target)} in {id(node)}"
        element = folds.element_of(source)
        outer = {name: repeated(name, each, id(node)) for name, each in variables.items()}
        inner = {**outer, **_targets(loop.target, leaf(element, lambda frame: frame.variables[key]))}

        def is_element(each: ast.expr) -> bool:
            return isinstance(each, ast.Name) and isinstance(loop.target, ast.Name) and each.id == loop.target.id

        tests: list[Expr | None] = []
        for test in loop.ifs:
            while (bound := first_walrus(test)) is not None:
                if bound.target.id in variables:
                    raise Untranslatable("a comprehension that assigns (:=) a variable from outside")
                inner[bound.target.id] = self.expression(bound.value, inner)
                test = replaced(test, bound)
            tests.append(None if element is str and is_element(test) else self.test(test, inner))
        made = None if is_element(node.elt) else self.expression(node.elt, inner)
        lists = self._comprehended(key, source, tests, made, variables, id(node))
        if isinstance(node, ast.SetComp):
            lists = folds.distinct(lists)
        unordered = isinstance(node, ast.SetComp) or source.kind.unordered  # type: ignore[union-attr]
        return replace(lists, kind=replace(lists.kind, unordered=unordered))  # type: ignore[type-var]

    def elements(self, loop: ast.For, lists: Expr, body: list[ast.stmt], variables: dict[str, Expr]) -> Expr:
        if lists.kind.unordered:  # type: ignore[union-attr]
            raise Untranslatable(_ORDER_MATTERS)
        self.constructs.append("comprehension")
        key = f"element {self.depth} {self.count()}"
        element = leaf(folds.element_of(lists), lambda frame: frame.variables[key])
        bound = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        outer = {name: repeated(name, each, id(loop)) for name, each in variables.items() if name not in bound}
        made = self.plain_block(body, {**outer, **_targets(loop.target, element)}, yields=True)
        if not isinstance(made.kind, TupleOf):
            raise Untranslatable("a loop that gives nothing")
        _, kind = made.kind.fields
        both = Expr(ListOf(made.kind), comprehension(key, lists, [], made, variables, id(loop)))

        def run(frame: Frame) -> Lists:
            found: Lists = both.run(frame)
            keep, items = found.values
            return Lists(found.offsets, items) if keep.all() else Lists(found.offsets, items).only(kind, keep)

        return Expr(ListOf(kind), run)

    # Calls that take an iterable

    def consumed(self, function: object, node: ast.Call, variables: dict[str, Expr]) -> Expr | None:
        """Return a call of sum, any, all, min, max, len, sorted, … of one iterable. Return None for other calls."""
        if not node.args or any(isinstance(each, ast.Starred) for each in node.args):
            return None
        keywords = {str(each.arg): each.value for each in node.keywords}
        handler = _CONSUMERS.get(id(function))
        if handler is not None:
            return handler(self, node, keywords, variables)
        if function is builtin.TUPLE:
            raise Untranslatable("a tuple whose length depends on the row")
        if function is builtin.DICT and len(node.args) == 1 and not keywords:
            return self._record(node.args[0], variables)
        made = self._iterator(function, node, variables)
        if made is not None and isinstance(made.kind, ListOf) and made.kind.once:
            raise Untranslatable("an iterator that is kept")
        return made

    def _record(self, pairs: ast.expr, variables: dict[str, Expr]) -> Expr | None:
        """Return `dict(zip(names, lists))` for constant names. Rows whose list is too short go to Python."""
        if not isinstance(pairs, ast.Call) or self.static(pairs.func, variables) is not builtin.ZIP:
            raise Untranslatable("dict() of what is not zip(names, values)")
        names = self.constants_in(pairs.args[0], variables) if len(pairs.args) == 2 else None
        if not names or pairs.keywords or not all(type(n) is str for n in names) or len(set(names)) < len(names):
            raise Untranslatable("dict(zip()) of what are not different constant names and one list")
        lists = self.in_order(pairs.args[1], variables)
        key = f"fields {self.depth} {self.count()}"
        enough = Expr(lists.kind, lambda frame: _at_least(lists.run(frame), len(names), frame))
        stored = self.stored(key, lists.kind)
        self.constructs.extend(["pick"] * len(names))
        made = {str(name): item(stored, place) for place, name in enumerate(names)}
        return self.kept(key, enough, lambda: record(made))

    def _sum(self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr]) -> Expr | None:
        extra = [*node.args[1:], *keywords.values()]
        if set(keywords) - {"start"} or len(extra) > 1:
            return None
        lists = self.iterated(node.args[0], variables)
        if lists.kind.unordered and folds.element_of(lists) is float:  # type: ignore[union-attr]
            raise Untranslatable(_ORDER_MATTERS)
        start = self.expression(extra[0], variables) if extra else None
        return folds.total(lists, start, compensated=folds.IS_COMPENSATED)

    def _any(self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr]) -> Expr | None:
        return None if len(node.args) > 1 or keywords else folds.any_of(self._truths(node.args[0], variables))

    def _all(self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr]) -> Expr | None:
        return None if len(node.args) > 1 or keywords else folds.all_of(self._truths(node.args[0], variables))

    def _truths(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        if isinstance(node, ast.GeneratorExp | ast.ListComp) and (joined := self._joined_tests(node, variables)):
            return joined
        lists = self.iterated(node, variables)
        key = f"element {self.depth} {self.count()}"
        made = truth(leaf(folds.element_of(lists), lambda frame: frame.variables[key]))
        return self._comprehended(key, lists, [], made, variables, id(node))

    def _joined_tests(self, node: ast.GeneratorExp | ast.ListComp, variables: dict[str, Expr]) -> Expr | None:
        """Return the tests of a comprehension over constants, one list a row. Each constant is tested alone.

        `any(bad in s for bad in ("spam", "ham"))` tests "spam" in s, then "ham" in s.
        """
        [loop, *more] = node.generators
        values = None if more or loop.ifs or loop.is_async else self.constants_in(loop.iter, variables)
        if values is None or not isinstance(loop.target, ast.Name) or not values or len(values) > _MOST_TESTS:
            return None
        tests = [self.test(node.elt, {**variables, loop.target.id: constant_or_tuple(each)}) for each in values]

        def run(frame: Frame) -> Lists:
            found = [np.broadcast_to(test.run(frame), frame.length) for test in tests]
            return Lists(np.arange(frame.length + 1) * len(tests), np.stack(found, axis=1).ravel())

        return Expr(ListOf(bool), run)

    def _len(self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr]) -> Expr | None:
        if len(node.args) != 1 or keywords or not isinstance(node.args[0], ast.Call | ast.ListComp | ast.SetComp):
            return None
        made = self.expression(node.args[0], variables)
        return folds.lengths_of(made) if isinstance(made.kind, ListOf) and not made.kind.once else None

    def _least(self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr]) -> Expr | None:
        return self._extreme(node, keywords, variables, least=True)

    def _greatest(self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr]) -> Expr | None:
        return self._extreme(node, keywords, variables, least=False)

    def _extreme(
        self, node: ast.Call, keywords: Mapping[str, ast.expr], variables: dict[str, Expr], *, least: bool
    ) -> Expr | None:  # fmt: skip
        if len(node.args) > 1 or set(keywords) - {"key", "default"}:
            return None
        lists = self.iterated(node.args[0], variables)
        if lists.kind.unordered and ("key" in keywords or folds.element_of(lists) is float):  # type: ignore[union-attr]
            raise Untranslatable(_ORDER_MATTERS)
        default = self.expression(keywords["default"], variables) if "default" in keywords else None
        keys = self._mapped(keywords["key"], lists, variables) if "key" in keywords else lists
        return folds.extreme(lists, keys, least, default)

    def _sorted(self, node: ast.Call, variables: dict[str, Expr]) -> Expr:
        keywords = {str(each.arg): each.value for each in node.keywords}
        lists = self.iterated(node.args[0], variables)
        reverse = keywords.get("reverse", ast.Constant(False))
        if (
            set(keywords) - {"key", "reverse"}
            or not isinstance(reverse, ast.Constant)
            or type(reverse.value) is not bool
        ):
            raise Untranslatable("sorted() with these arguments")
        if lists.kind.unordered and "key" in keywords:  # type: ignore[union-attr]
            raise Untranslatable(_ORDER_MATTERS)
        keys = self._mapped(keywords["key"], lists, variables) if "key" in keywords else lists
        return folds.ordered(lists, keys, reverse.value)

    def contained(self, left: Expr, lists: Expr, scope: int) -> Expr:
        """Return `left in lists`."""
        key = f"element {self.depth} {self.count()}"
        if left.kind is float or folds.element_of(lists) is float:
            raise Untranslatable("`in` a list of floats")  # Python takes the same NaN for equal
        inner = repeated("left of in", left, scope)
        element = leaf(folds.element_of(lists), lambda frame: frame.variables[key])
        same = compare(ast.Eq(), element, inner, self.constructs)
        return folds.any_of(self._comprehended(key, lists, [], same, {"left of in": left}, scope))


def _at_least(lists: Lists, count: int, frame: Frame) -> Lists:
    frame.require(lists.lengths() >= count)
    return lists


_MOST_TESTS = 200
_Consumer = Callable[[Iterations, ast.Call, Mapping[str, ast.expr], dict[str, Expr]], Expr | None]
_CONSUMERS: dict[int, _Consumer] = {
    id(builtin.SUM): Iterations._sum, id(builtin.ANY): Iterations._any, id(builtin.ALL): Iterations._all,
    id(builtin.LEN): Iterations._len, id(builtin.MIN): Iterations._least, id(builtin.MAX): Iterations._greatest,
}  # fmt: skip


def constant_or_tuple(value: object) -> Expr:
    """Return the expression of a constant, or of a tuple of constants."""
    return together([constant_or_tuple(each) for each in value]) if type(value) is tuple else constant(value)


def _targets(target: ast.expr, element: Expr) -> dict[str, Expr]:
    """Return the variables of a comprehension's loop: one name, or one a field of a tuple."""
    if isinstance(target, ast.Name):
        return {target.id: element}
    names = [each.id for each in target.elts if isinstance(each, ast.Name)] if isinstance(target, ast.Tuple) else []
    kinds = element.kind.fields if isinstance(element.kind, TupleOf) else ()
    if not names or len(names) < len(target.elts) or len(names) != len(kinds):  # type: ignore[attr-defined]
        raise Untranslatable("a comprehension whose targets are not names, one a field")
    return {name: field(element, place) for place, name in enumerate(names)}
