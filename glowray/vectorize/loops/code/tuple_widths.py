"""Find generated names that always hold plain tuples of a known length. Unpacking these needs no type check.

`for w in …: out.append((w, 1))` makes a list of tuples of length 2, so `field·6, field·7 = row·4` is safe.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from glowray.vectorize.analyze.scope_names import parameters
from glowray.vectorize.definition.builtin_callables import ENUMERATE, ZIP
from glowray.vectorize.definition.known_function import FunctionNode
from glowray.vectorize.loops.code.weaver import Weaver


def element_width(rows: ast.expr, weaver: Weaver) -> int | None:
    """Return the length of the elements of a generated expression, if all are plain tuples of one length, else None."""
    if isinstance(rows, ast.Name):
        return weaver.lists.get(rows.id)
    if isinstance(rows, ast.ListComp | ast.GeneratorExp):
        return _width([rows.elt])
    if isinstance(rows, ast.List | ast.Tuple):
        return _width(rows.elts)
    if isinstance(rows, ast.Call) and weaver.value_of(rows.func) is ZIP:
        return None if any(isinstance(argument, ast.Starred) for argument in rows.args) else len(rows.args)
    return 2 if isinstance(rows, ast.Call) and weaver.value_of(rows.func) is ENUMERATE else None


def built_lists(node: FunctionNode) -> dict[str, int]:
    """Return local → n, for locals that are new lists to which the function only appends tuples of length n."""
    if isinstance(node, ast.Lambda):
        return {}
    inside = [part for statement in node.body for part in ast.walk(statement)]
    uses: dict[str, int] = {}
    begun: dict[str, int] = {}
    added: dict[str, list[ast.expr]] = {}
    for part in inside:
        if isinstance(part, ast.Name):
            uses[part.id] = uses.get(part.id, 0) + 1
        elif isinstance(part, ast.Return) and isinstance(part.value, ast.Name):
            uses[part.value.id] = uses.get(part.value.id, 0) - 1
        elif isinstance(part, ast.Assign) and (name := _begun(part)) is not None:
            begun[name] = begun.get(name, 0) + 1
        elif isinstance(part, ast.Expr) and (appended := _appended(part.value)) is not None:
            added.setdefault(appended[0], []).append(appended[1])
    found = {
        name: _width(elements)
        for name, elements in added.items()
        if begun.get(name) == 1 and uses[name] == 1 + len(elements) and name not in parameters(node)
    }
    return {name: width for name, width in found.items() if width is not None}


def _begun(part: ast.Assign) -> str | None:
    """Return the name in `name = []`, else None."""
    is_new = isinstance(part.value, ast.List) and not part.value.elts
    return part.targets[0].id if is_new and len(part.targets) == 1 and isinstance(part.targets[0], ast.Name) else None


def _appended(call: ast.expr) -> tuple[str, ast.expr] | None:
    """Return (name, value) of `name.append(value)`, else None."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "append":
        return None
    if len(call.args) != 1 or call.keywords or not isinstance(call.func.value, ast.Name):
        return None
    return call.func.value.id, call.args[0]


def _width(elements: Iterable[ast.expr]) -> int | None:
    widths = {
        len(element.elts)
        if isinstance(element, ast.Tuple) and not any(isinstance(field, ast.Starred) for field in element.elts)
        else None
        for element in elements
    }
    return widths.pop() if len(widths) == 1 else None
