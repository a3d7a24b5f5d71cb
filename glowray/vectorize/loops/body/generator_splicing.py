"""splice: put the loop of a flat_map function into the row loop.

The function is a generator, or returns a generator expression or a list comprehension:

    def words(line):                           for row·1 in rows:
        for w in line.split():      →              for w·2 in row·1.split():
            if w:                                      if w·2:
                yield w                                    … the rest of the chain, with w·2 as its row
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from glowray.vectorize.analyze.inlining_obstacles import obstacle
from glowray.vectorize.analyze.scope_names import holds, own_nodes, targets_of
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.loops.body.inlining import bind, forwarded, inline, open_body, settle
from glowray.vectorize.loops.body.return_removal import ReturnRemoval
from glowray.vectorize.loops.code.expression_types import cannot_fail, element_type
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.node_copier import Copier
from glowray.vectorize.loops.code.tuple_widths import element_width
from glowray.vectorize.loops.code.weaver import Weaver, load, place, store

Rest = Callable[[ast.expr], list[ast.stmt]]
_MOST_COPIES = 4  # places that yield: each gets a copy of the rest of the chain
_MOST_NODES = 1_500  # syntax nodes that all these copies have together


def splice(
    known: Known, arguments: Sequence[ast.expr], weaver: Weaver, rest: Rest, follow: bool = True
) -> list[ast.stmt] | Refused:
    """Return statements that run `rest` for each row that a flat_map function returns for one row.

    A generator can always be spliced: Python alternates its body with the rest of the chain too. Python finishes a
    list comprehension before the first row goes on. So it is spliced only if its elements cannot raise or have effects.

    Args:
        known: the function.
        arguments: simple expressions for its parameters.
        weaver: the generated function's names and values.
        rest: returns the statements that use one row, given as a simple expression. It is called once for each place
            that yields. The statements must not `break` or `continue` a loop around them.
        follow: whether `lambda row: helper(row)` is spliced as `helper`.
    """
    if follow and (target := forwarded(known, arguments, weaver)) is not None:
        return splice(*target, weaver, rest, follow=False)
    if known.is_generator:
        return _generator(known, arguments, weaver, rest)
    tail = _tail(known.node)
    if isinstance(tail, ast.GeneratorExp | ast.ListComp) and not _captures(tail):
        spliced = _comprehension(known, arguments, weaver, rest, tail)
        if not isinstance(spliced, Refused):
            return spliced
    inlined = inline(known, arguments, weaver, follow=False)
    if isinstance(inlined, Refused):
        return inlined
    return [*inlined.statements, *each(inlined.value, weaver, rest, inlined.span)]


def each(rows: ast.expr, weaver: Weaver, rest: Rest, span: Span) -> list[ast.stmt]:
    """Return a loop that runs `rest` for each row of an expression."""
    name = weaver.fresh("row")
    kind = element_type(rows, weaver)
    if kind is not None:
        weaver.types[name] = kind
    if (width := element_width(rows, weaver)) is not None:
        weaver.tuples[name] = width
    return place([ast.For(store(name), rows, rest(load(name)), [])], span)


def _tail(node: ast.Lambda | ast.FunctionDef) -> ast.expr | None:
    """Return the expression that the function returns if its only return is the last statement, else None."""
    if isinstance(node, ast.Lambda):
        return node.body
    returns = [found for found in own_nodes(node.body) if isinstance(found, ast.Return)]
    last = node.body[-1]
    return last.value if len(returns) == 1 and isinstance(last, ast.Return) else None


def _captures(tail: ast.GeneratorExp | ast.ListComp) -> bool:
    """Return whether a lambda or generator inside could keep the comprehension's variables."""
    inside = [node for part in ast.iter_child_nodes(tail) for node in ast.walk(part)]
    return any(isinstance(node, ast.Lambda | ast.GeneratorExp) for node in inside)


def _comprehension(
    known: Known, arguments: Sequence[ast.expr], weaver: Weaver, rest: Rest, tail: ast.GeneratorExp | ast.ListComp
) -> list[ast.stmt] | Refused:
    if (reason := obstacle(known, spliced=tail)) is not None:
        return Refused(reason)
    given = bind(known, arguments, weaver)
    if isinstance(given, Refused):
        return given
    is_lazy = isinstance(tail, ast.GeneratorExp)
    copier, before, span = open_body(known, given, weaver, is_generator=is_lazy)
    if isinstance(known.node, ast.FunctionDef):
        before += ReturnRemoval(copier, weaver, span).statements(known.node.body[:-1])
    shadow = {name: weaver.fresh(name) for name in sorted(targets_of(tail))}
    loops = _loops(tail, copier, weaver, shadow)
    element = copier.copy(tail.elt, shadow)
    if not is_lazy and not _is_harmless(loops, element, weaver):
        return Refused("its list may fail half-way")
    settled, simple = settle(element, weaver, "row", span)
    inner = [*settled, *rest(simple)]
    for loop in reversed(loops):
        for test in reversed(loop.ifs):
            inner = [ast.If(test, inner, [])]
        inner = [ast.For(loop.target, loop.iter, inner, [])]
    return place([*before, *inner], span)


def _loops(
    tail: ast.GeneratorExp | ast.ListComp, copier: Copier, weaver: Weaver, shadow: dict[str, str]
) -> list[ast.comprehension]:
    loops: list[ast.comprehension] = []
    for index, loop in enumerate(tail.generators):
        rows = copier.copy(loop.iter, shadow if index else {})
        target = copier.copy(loop.target, shadow)
        kind = element_type(rows, weaver)
        if kind is not None and isinstance(target, ast.Name):
            weaver.types[target.id] = kind
        loops.append(ast.comprehension(target, rows, [copier.copy(test, shadow) for test in loop.ifs], 0))
    return loops


def _is_harmless(loops: list[ast.comprehension], element: ast.expr, weaver: Weaver) -> bool:
    """Return whether nothing in the comprehension can raise or have an effect after its first iterable is made."""
    for index, loop in enumerate(loops):
        if element_type(loop.iter, weaver) is None or not isinstance(loop.target, ast.Name):
            return False
        if index and not cannot_fail(loop.iter, weaver):
            return False
        if not all(cannot_fail(test, weaver) for test in loop.ifs):
            return False
    return cannot_fail(element, weaver)


def _generator(known: Known, arguments: Sequence[ast.expr], weaver: Weaver, rest: Rest) -> list[ast.stmt] | Refused:
    node = known.node
    if not isinstance(node, ast.FunctionDef):
        return Refused("it is a generator lambda")
    if (reason := obstacle(known) or _unfit(node)) is not None:
        return Refused(reason)
    given = bind(known, arguments, weaver)
    if isinstance(given, Refused):
        return given
    places = sum(isinstance(found, ast.Yield | ast.YieldFrom) for found in own_nodes(node.body))
    if places > _MOST_COPIES:
        return Refused(f"it yields at {places} places")
    copier, before, span = open_body(known, given, weaver, is_generator=True)
    sizes: list[int] = []

    def emit(value: ast.expr, here: Span) -> list[ast.stmt]:
        settled, simple = settle(value, weaver, "row", here)
        used = rest(simple)
        sizes.append(sum(1 for statement in used for _ in ast.walk(statement)))
        return [*settled, *used]

    body = ReturnRemoval(copier, weaver, span, emit).generator(node.body)
    if len(sizes) > 1 and sum(sizes) > _MOST_NODES:
        return Refused(f"it yields at {places} places and what follows is long")
    return place([*before, *body], span)


def _unfit(node: ast.FunctionDef) -> str | None:
    """Return the reason why a generator's body cannot be put into the loop, or None."""
    statements = {id(found.value) for found in own_nodes(node.body) if isinstance(found, ast.Expr)}
    for found in own_nodes(node.body):
        if isinstance(found, ast.Yield | ast.YieldFrom) and id(found) not in statements:
            return "it uses what is sent to it"
        if isinstance(found, ast.Try | ast.With) and holds([found], (ast.Yield, ast.YieldFrom)):
            return "it yields inside try or with"
    return None
