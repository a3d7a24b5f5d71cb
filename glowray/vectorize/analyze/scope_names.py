"""Scopes and control flow of syntax trees: which names a scope binds or reads, and which statements always leave."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def body_of(node: ast.Lambda | ast.FunctionDef) -> list[ast.AST]:
    """Return the nodes that run in a call: the statements of a def, or the expression of a lambda."""
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def parameters(node: ast.Lambda | ast.FunctionDef) -> set[str]:
    """Return the names of all parameters, `*args` and `**kwargs` included."""
    a = node.args
    extra = [each for each in (a.vararg, a.kwarg) if each is not None]
    return {each.arg for each in (*a.posonlyargs, *a.args, *a.kwonlyargs, *extra)}


@lru_cache(maxsize=1024)  # called for every call in the function; parsed trees never change
def own_names(node: ast.Lambda | ast.FunctionDef) -> frozenset[str]:
    """Return the parameters and all names that the function's scope binds.

    Walrus targets inside its comprehensions are included, since they bind in the function's scope.
    """
    return frozenset(parameters(node) | stored_names(body_of(node)))


def stored_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that these nodes bind in the scope around them."""
    names: set[str] = set()
    pending: list[tuple[ast.AST, bool]] = [(node, False) for node in nodes]
    while pending:
        node, nested = pending.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and not nested:
            names.add(node.id)
        elif isinstance(node, ast.NamedExpr):
            names.add(node.target.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        elif isinstance(node, ast.Lambda):
            pending.extend((each, nested) for each in (*node.args.defaults, *node.args.kw_defaults) if each)
            continue
        inside = nested or isinstance(node, COMPREHENSIONS)
        pending.extend((child, inside) for child in ast.iter_child_nodes(node))
    return names


def targets_of(node: Comprehension) -> set[str]:
    """Return the names that the comprehension's own scope binds."""
    return stored_names(generator.target for generator in node.generators)


def free_names(node: ast.Lambda | ast.FunctionDef) -> set[str]:
    """Return the names that the function reads but does not bind: captured variables, globals and builtins.

    A name that a lambda or comprehension inside it binds is left out there. Parameters of an inner def are not.
    """
    return reads(body_of(node), own_names(node))


def reads(nodes: Iterable[ast.AST], bound: frozenset[str]) -> set[str]:
    """Return the names that these nodes read, except those in `bound` or bound by a scope inside them."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            found |= {node.id} - bound if isinstance(node.ctx, ast.Load) else set()
        elif isinstance(node, ast.Lambda):
            defaults = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
            found |= reads(defaults, bound) | reads([node.body], bound | own_names(node))
        elif isinstance(node, COMPREHENSIONS):
            first, *others = node.generators
            inside = bound | targets_of(node)
            found |= reads([first.iter], bound) | reads([first.target, *first.ifs, *others], inside)
            found |= reads([getattr(node, name) for name in ("elt", "key", "value") if name in node._fields], inside)
        else:
            found |= reads(ast.iter_child_nodes(node), bound)
    return found


def scoped_nodes(nodes: Iterable[ast.AST], bound: frozenset[str]) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """Yield (node, names bound around it) for these nodes and all below them.

    The names are `bound` and those that lambdas and comprehensions around the node bind.
    """
    pending = [(node, bound) for node in nodes]
    while pending:
        node, names = pending.pop()
        yield node, names
        if isinstance(node, ast.Lambda):
            names = names | own_names(node)
        elif isinstance(node, COMPREHENSIONS):
            names = names | targets_of(node)
        pending.extend((child, names) for child in ast.iter_child_nodes(node))


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield these nodes and all below them in the same scope. Lambdas, defs and comprehensions are not entered."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | Comprehension):
            pending.extend(ast.iter_child_nodes(node))


def holds(nodes: Iterable[ast.AST], kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> bool:
    """Return whether a node of that kind is among these nodes, in the same scope."""
    return any(isinstance(node, kind) for node in own_nodes(nodes))


def always_leaves(statements: list[ast.stmt]) -> bool:
    """Return whether control never reaches the end of these statements.

    True for a return, a raise, or an if whose branches always leave.
    """
    for statement in statements:
        if isinstance(statement, ast.Return | ast.Raise):
            return True
        if isinstance(statement, ast.If) and always_leaves(statement.body) and always_leaves(statement.orelse):
            return True
    return False
