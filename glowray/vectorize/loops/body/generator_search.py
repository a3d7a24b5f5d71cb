"""Loops that replace `next`, `any` and `all` over a generator expression and end as soon as the answer is known.

`any(w == row for w in names)` becomes

    for w·3 in names·2:
        value·5 = w·3 == row·1
        if value·5:
            found·4 = True
            break
    else:
        found·4 = False
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from glowray.vectorize.analyze.call_effects import called
from glowray.vectorize.analyze.scope_names import COMPREHENSIONS, body_of, targets_of
from glowray.vectorize.definition.builtin_callables import ALL, ANY, NEXT
from glowray.vectorize.definition.known_function import Known
from glowray.vectorize.loops.code.expression_types import element_type, exact_type, is_plain
from glowray.vectorize.loops.code.node_copier import Copier
from glowray.vectorize.loops.code.weaver import Weaver, assign, load

_SCOPES = (*COMPREHENSIONS, ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def sought(known: Known, call: ast.Call) -> ast.GeneratorExp | None:
    """Return the generator of Python's own `next(… for …, default)`, `any(… for …)` or `all(… for …)`, else None.

    `next` without a default is left out: it may raise StopIteration, which a loop does not.
    """
    value = called(known, call)
    width = 2 if value is NEXT else 1 if value is ANY or value is ALL else None
    if len(call.args) != width or not isinstance(call.args[0], ast.GeneratorExp):
        return None
    generator = call.args[0]
    if len(generator.generators) != 1 or generator.generators[0].is_async:
        return None
    # A scope inside could keep the generator's variables, and a walrus binds a name outside the generator.
    inside = [node for part in ast.iter_child_nodes(generator) for node in ast.walk(part)]
    if any(isinstance(node, _SCOPES) for node in inside):
        return None
    # Python evaluates the default before the first item. For a name or constant the time makes no difference.
    return generator if all(isinstance(each, ast.Name | ast.Constant) for each in call.args[1:]) else None


def catches(known: Known) -> bool:
    """Return whether the function may catch an error: it could see a StopIteration instead of the RuntimeError."""
    kinds = (ast.Try, ast.TryStar, ast.With)
    return any(isinstance(node, kinds) for part in body_of(known.node) for node in ast.walk(part))


class Seek:
    """Builds the loop for one call.

    Args:
        generator: the generator expression that the call gets.
        copier: copies nodes that Python evaluates in the generator's frame.
        outside: gives a node the position of the call, for work that `any` or `all` does itself.
        weaver: the generated function's names and values.
    """

    def __init__(
        self, generator: ast.GeneratorExp, copier: Copier, outside: Callable[[ast.AST], object], weaver: Weaver
    ) -> None:
        self._generator, self._copier, self._outside, self._weaver = generator, copier, outside, weaver
        self._loop = generator.generators[0]
        self._shadow = {name: weaver.fresh(name) for name in sorted(targets_of(generator))}
        self._found = weaver.fresh("found")

    def first(self, source: ast.expr, default: ast.expr) -> tuple[list[ast.stmt], ast.expr]:
        """Return (statements, value) of `next`: the first element, else the default."""
        target, element = self._entered(source)
        if (kind := exact_type(element, self._weaver)) is exact_type(default, self._weaver) and kind is not None:
            self._weaver.types[self._found] = kind
        return self._made(target, source, [assign(self._found, element), ast.Break()], default)

    def truth(self, source: ast.expr, ends_at: bool) -> tuple[list[ast.stmt], ast.expr]:
        """Return (statements, value) of `any` (`ends_at` True) or `all` (`ends_at` False)."""
        target, element = self._entered(source)
        self._weaver.types[self._found] = bool
        before: list[ast.stmt] = []
        if not is_plain(element, self._weaver):
            # `any` itself calls bool(element): an error of bool() has the position of the call, not of the generator.
            value = self._weaver.fresh("value")
            before, element = [assign(value, element)], load(value)
        test = element if ends_at else ast.UnaryOp(ast.Not(), element)
        end = ast.If(test, [assign(self._found, ast.Constant(ends_at)), ast.Break()], [])
        for part in (end, *ast.walk(test)) if before else ():
            self._outside(part)
        return self._made(target, source, [*before, end], ast.Constant(not ends_at))

    def _entered(self, source: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return (the loop's target, the generator's element), after noting the type of the target if it is known."""
        target = self._copier.copy(self._loop.target, self._shadow)
        if isinstance(target, ast.Name) and (kind := element_type(source, self._weaver)) is not None:
            self._weaver.types[target.id] = kind
        return target, self._copier.copy(self._generator.elt, self._shadow)

    def _made(
        self, target: ast.expr, source: ast.expr, body: list[ast.stmt], otherwise: ast.expr
    ) -> tuple[list[ast.stmt], ast.expr]:
        for test in reversed(self._loop.ifs):
            body = [ast.If(self._copier.copy(test, self._shadow), body, [])]
        self._copier.moved(source, self._loop.iter)
        loop = self._copier.moved(ast.For(target, source, body, [assign(self._found, otherwise)]), self._generator)
        assert isinstance(loop, ast.For)
        return [loop], load(self._found)
