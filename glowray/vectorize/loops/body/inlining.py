"""inline: turn a call of a known function into statements and a value inside a generated loop.

Called with `row·1`, these two functions give:

    lambda n: n + 1            no statements, value `row·1 + 1`

    def f(n):
        m = n * 2
        return m + 1           statement `m·2 = row·1 * 2`, value `m·2 + 1`
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from keyword import iskeyword

from glowray.vectorize.analyze.displays import (
    constant_index,
    field_names,
    has_fields,
    holds_dict,
    is_simple,
    merged,
    record,
    simple_copy,
)
from glowray.vectorize.analyze.inlining_obstacles import obstacle
from glowray.vectorize.analyze.scope_names import body_of, own_nodes, stored_names
from glowray.vectorize.definition.bindings import Builtin
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.loops.body.call_expansion import Expander
from glowray.vectorize.loops.body.return_removal import ReturnRemoval
from glowray.vectorize.loops.code.escape_analysis import escaping
from glowray.vectorize.loops.code.expression_types import exact_type
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.tuple_widths import built_lists
from glowray.vectorize.loops.code.weaver import Weaver, assign, load, place


@dataclass(frozen=True)
class Inlined:
    """A function's body. `value` is the call's result, evaluated right after `statements` and once."""

    statements: list[ast.stmt]
    value: ast.expr
    span: Span

    def settle(self, weaver: Weaver, name: str) -> tuple[list[ast.stmt], ast.expr]:
        """Return (statements, the value as a simple expression). The fields of a display go into variables."""
        before, simple = settle(self.value, weaver, name, self.span)
        return [*self.statements, *before], simple


def inline(known: Known, arguments: Sequence[ast.expr], weaver: Weaver, follow: bool = True) -> Inlined | Refused:
    """Return the body of `known` called with these arguments, or the reason why it must stay a call.

    Args:
        known: the function, from `know`.
        arguments: simple expressions (`displays.is_simple`): generated names that nothing assigns during the row,
            constants, or displays of these for objects that are not built.
        weaver: the generated function's names and values.
        follow: whether `lambda row: helper(row)` is inlined as `helper`.
    """
    if known.is_generator:
        return Refused("it is a generator function")
    if follow and (target := forwarded(known, arguments, weaver)) is not None:
        return inline(*target, weaver, follow=False)
    if (reason := obstacle(known)) is not None:
        return Refused(reason)
    given = bind(known, arguments, weaver)
    if isinstance(given, Refused):
        return given
    copier, before, span = open_body(known, given, weaver)
    if isinstance(known.node, ast.Lambda):
        statements, value = copier.value(known.node.body)
    else:
        statements, value = ReturnRemoval(copier, weaver, span).function(known.node.body)
    return Inlined([*before, *statements], value, span)


def enter(known: Known, arguments: list[ast.expr], weaver: Weaver) -> tuple[list[ast.stmt], ast.expr] | None:
    """Return (statements, value) of a function that another function calls, or None if it must stay a call."""
    inlined = inline(known, arguments, weaver, follow=False)
    return None if isinstance(inlined, Refused) else (inlined.statements, inlined.value)


def bind(known: Known, arguments: Sequence[ast.expr], weaver: Weaver) -> dict[str, ast.expr] | Refused:
    """Return parameter → simple expression, as Python binds a call with these arguments."""
    bound = known.bind(arguments, {})
    if isinstance(bound, Refused):
        return bound
    given, supplied = bound
    return {**given, **{name: load(weaver.bind(where, name, value)) for name, (where, value) in supplied.items()}}


def open_body(
    known: Known, given: dict[str, ast.expr], weaver: Weaver, is_generator: bool = False
) -> tuple[Expander, list[ast.stmt], Span]:
    """Return (a copier for the function's nodes, statements that put parameters into variables, the function's lines).

    A parameter gets a variable if the function assigns it. A display also gets one if it must be built as an object, or
    would be built more than once.
    """
    filename = None if known.synthetic else known.filename
    lines = known.last_line - known.first_line + 1
    span = weaver.positions.open(
        Span(0, lines, weaver.step, weaver.row, filename, known.first_line, known.name, is_generator, weaver.caller)
    )
    body = body_of(known.node)
    weaver.nodes += sum(1 for part in body for _ in ast.walk(part))
    assigned = stored_names(body)
    objects = escaping(known, given, weaver)
    arguments: dict[str, ast.expr] = {}
    before: list[ast.stmt] = []
    for name, value in given.items():
        if name in assigned:
            continue
        if name in objects or (isinstance(value, ast.Tuple) and not holds_dict(value) and _builds_often(name, body)):
            variable = weaver.fresh(name)
            before.append(assign(variable, simple_copy(value)))
            value = load(variable)
        arguments[name] = value
    copier = Expander(known, weaver, span, arguments, enter, settle)
    weaver.lists.update((copier.locals[name], width) for name, width in built_lists(known.node).items())
    before.extend(assign(copier.locals[name], simple_copy(given[name])) for name in given if name in assigned)
    return copier, place(before, span), span


def _builds_often(name: str, body: list[ast.AST]) -> bool:
    """Return whether a tuple display would be built more than once, or in a loop or inner scope."""
    indexed = {
        id(node.value)
        for part in body
        for node in ast.walk(part)
        if isinstance(node, ast.Subscript) and constant_index(node.slice) is not None
    }
    named = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Name) and node.id == name]
    uses = [node for node in named if id(node) not in indexed]
    same_scope = {id(node) for node in own_nodes(body)}
    looped = any(isinstance(node, ast.For | ast.While) for node in own_nodes(body))
    return len(uses) > 1 or (bool(uses) and (looped or id(uses[0]) not in same_scope))


def forwarded(
    known: Known, arguments: Sequence[ast.expr], weaver: Weaver
) -> tuple[Known, list[ast.expr]] | None:  # fmt: skip
    """Return (helper, its arguments) for `lambda row: helper(row)` if the helper is known, else None."""
    call = known.node.body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords:
        return None
    given = bind(known, arguments, weaver)
    if isinstance(given, Refused) or call.func.id in given:
        return None
    found = known.environment.find(call.func.id)
    if isinstance(found, str) or found[0] is None or isinstance(found[0], Builtin) or not callable(found[1]):
        return None
    passed: list[ast.expr] = []
    for argument in call.args:
        if isinstance(argument, ast.Name) and argument.id in given:
            passed.append(simple_copy(given[argument.id]))
        elif isinstance(argument, ast.Constant):
            passed.append(argument)
        else:
            return None
    helper = know(found[1])
    if not isinstance(helper, Known) or helper.synthetic or helper.function is known.function:
        return None
    return helper, passed


def settle(value: ast.expr, weaver: Weaver, name: str, span: Span) -> tuple[list[ast.stmt], ast.expr]:
    """Return (statements, simple expression) for a value. Fields of displays, and other values, go into variables."""
    if is_simple(value):
        return [], value
    if isinstance(value, ast.Tuple) and not any(isinstance(each, ast.Starred) for each in value.elts):
        statements, fields = _settled(value.elts, [name] * len(value.elts), weaver, span)
        return statements, ast.copy_location(ast.Tuple(fields, ast.Load()), value)
    if isinstance(value, ast.Dict) and has_fields(value := merged(value)):
        names = field_names(value)
        statements, fields = _settled(value.values, [_spelled(each) for each in names], weaver, span)
        return statements, ast.copy_location(record(names, fields), value)
    return _variable(value, weaver, name, span)


def _settled(
    values: Sequence[ast.expr], names: Sequence[str], weaver: Weaver, span: Span
) -> tuple[list[ast.stmt], list[ast.expr]]:  # fmt: skip
    """Settle the values of a display one by one."""
    # A walrus in one field may change a name in another. Then each field goes into a variable, in order.
    settled = not stored_names(values)
    statements: list[ast.stmt] = []
    fields: list[ast.expr] = []
    for value, name in zip(values, names, strict=True):
        if settled and is_simple(value):
            fields.append(value)
        else:
            before, simple = settle(value, weaver, name, span) if settled else _variable(value, weaver, name, span)
            statements += before
            fields.append(simple)
    return statements, fields


def _spelled(name: str) -> str:
    """Return a field's name if it can be a variable's name, else "field"."""
    return name if name.isidentifier() and not iskeyword(name) else "field"


def _variable(value: ast.expr, weaver: Weaver, name: str, span: Span) -> tuple[list[ast.stmt], ast.expr]:
    variable = weaver.fresh(name)
    kind = exact_type(value, weaver)
    if kind is not None:
        weaver.types[variable] = kind
    return place([assign(variable, value)], span), load(variable)
