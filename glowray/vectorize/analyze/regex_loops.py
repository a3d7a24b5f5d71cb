"""Find loops over the matches of a regular expression that ask a match for its text and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from glowray.vectorize.analyze.scope_names import own_names
from glowray.vectorize.definition.known_function import Known

Search = tuple[ast.Call, str, list[ast.expr]]


def plain_searches(known: Known) -> Iterator[Search]:
    """Yield (the call of finditer, "m", all texts of m) for each `for m in PATTERN.finditer(text)` of that kind.

    The texts of m are the nodes `m.group()`, `m.group(0)` and `m[0]`. PATTERN is a captured regular expression without
    groups, so `PATTERN.findall(text)` returns the texts of the same matches.
    """
    if isinstance(known.node, ast.Lambda):
        return
    nodes = [node for part in known.node.body for node in ast.walk(part)]
    for node in nodes:
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and _is_search(node.iter, known):
            texts = _texts(node.target, node, nodes)
            if texts is not None:
                assert isinstance(node.iter, ast.Call)
                yield node.iter, node.target.id, texts


def _is_search(call: ast.expr, known: Known) -> bool:
    if not isinstance(call, ast.Call) or call.keywords or len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        return False
    method = call.func
    if not isinstance(method, ast.Attribute) or method.attr != "finditer" or not isinstance(method.value, ast.Name):
        return False
    if method.value.id in own_names(known.node):
        return False
    pattern = known.environment.value(method.value.id)
    return type(pattern) is re.Pattern and pattern.groups == 0 and type(pattern.pattern) is str


def _texts(target: ast.Name, loop: ast.For, nodes: list[ast.AST]) -> list[ast.expr] | None:
    """Return all uses of a match. Return None if one asks for more than the text, or stands outside the loop."""
    inside = [node for part in loop.body for node in ast.walk(part)]
    texts = [node for node in inside if isinstance(node, ast.expr) and _text_of(node) == target.id]
    asked = {id(part) for text in texts for part in ast.walk(text)}
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == target.id and node is not target]
    # A lambda or generator reads the variable when it runs, which may be after the loop has moved on.
    scopes = any(isinstance(node, ast.Lambda | ast.GeneratorExp | ast.FunctionDef) for node in inside)
    return None if scopes or not all(id(node) in asked for node in uses) else texts


def _text_of(node: ast.expr) -> str | None:
    """Return "m" for `m.group()`, `m.group(0)` and `m[0]`, else None."""
    found: ast.expr | None = None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        found = node.value if _is_zero(node.slice) else None
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "group":
        is_whole = not node.keywords and len(node.args) < 2 and all(map(_is_zero, node.args))
        found = node.func.value if is_whole else None
    return found.id if isinstance(found, ast.Name) else None


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0
