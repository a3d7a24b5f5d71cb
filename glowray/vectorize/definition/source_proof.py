"""Prove that a syntax tree is a function's own: compile it again and compare the code objects.

A file may have changed since it was imported, and one line may hold several lambdas. Equal instructions, names,
constants and positions tell the right tree.
"""

from __future__ import annotations
import __future__

import ast
import copy
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from itertools import zip_longest
from types import CodeType

# nested_scopes is left out: its flag marks a nested function, and the function compiled for the proof always is one.
_FUTURES = 0
for _name in set(__future__.all_feature_names) - {"nested_scopes"}:
    _FUTURES |= getattr(__future__, _name).compiler_flag
_FLAGS = CO_VARARGS | CO_VARKEYWORDS | CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR | _FUTURES
_ALIKE = (
    "co_code", "co_exceptiontable", "co_name", "co_names", "co_varnames", "co_cellvars", "co_freevars",
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_firstlineno",
)  # fmt: skip

Place = tuple[int | None, int | None, int | None, int | None]


def proves(node: ast.Lambda | ast.FunctionDef, code: CodeType, class_name: str | None, imported: list[str]) -> bool:
    """Return whether `node` compiles to `code`, given a scope with the free variables of `code`.

    Args:
        node: the lambda or def.
        code: the function's code object.
        class_name: the name of the class around the function, or None.
        imported: names that the module imports at its top. CPython compiles `module.f()` to other instructions if it
            sees the import. A notebook compiles each statement of a cell alone and never sees it, so both are tried.
    """
    for names in (imported, []) if imported else ([],):
        depth = 2 if class_name is None else 3  # the module holds the enclosing function, that the class, that this
        if any(same_code(code, made) for made in _codes(_compile(node, code, class_name, names), depth)):
            return True
    return False


def _compile(
    node: ast.Lambda | ast.FunctionDef, code: CodeType, class_name: str | None, imported: list[str]
) -> CodeType:
    """Compile the node inside a function that has the free variables, and inside its class, which mangles `__x`.

    The module has this form:

        def enclosing(free, variables):
            class Name:
                <the node>
    """
    inner: ast.stmt = node if isinstance(node, ast.FunctionDef) else ast.Expr(_without_defaults(node))
    if class_name is not None:
        inner = ast.ClassDef(class_name, [], [], [inner], [])
        if hasattr(ast, "TypeVar"):
            setattr(inner, "type_params", [])  # noqa: B010  (a field since 3.12)
    enclosing = ast.parse(f"def enclosing({', '.join(code.co_freevars)}): pass").body[0]
    assert isinstance(enclosing, ast.FunctionDef)
    # A module-level function reads its own name and its class as globals. Without this they would be free variables.
    made_here = {getattr(node, "name", None), class_name} - {None, *code.co_freevars}
    enclosing.body = [ast.Global(sorted(str(name) for name in made_here)), inner] if made_here else [inner]
    imports: list[ast.stmt] = [ast.Import([ast.alias(name) for name in imported])] if imported else []
    module = ast.fix_missing_locations(ast.Module([*imports, enclosing], []))
    made: CodeType = compile(module, code.co_filename, "exec", code.co_flags & _FUTURES, dont_inherit=True)
    return made


def _without_defaults(node: ast.Lambda) -> ast.Lambda:
    """Return the lambda with defaults of None: a lambda inside a default must not be taken for this one."""
    plain = copy.copy(node)
    plain.args = copy.copy(node.args)
    plain.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
    plain.args.kw_defaults = [default and ast.Constant(None) for default in node.args.kw_defaults]
    return plain


def _codes(code: CodeType, depth: int) -> Iterator[CodeType]:
    """Yield the code objects that lie exactly `depth` functions or classes deep. Deeper ones belong to other nodes."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if depth == 1:
                yield constant
            else:
                yield from _codes(constant, depth - 1)


def same_code(one: CodeType, other: CodeType) -> bool:
    """Return whether two code objects have equal instructions, names, constants, constant types and positions.

    Code objects among the constants are compared in the same way.
    """
    return (
        all(getattr(one, name) == getattr(other, name) for name in _ALIKE)
        and one.co_flags & _FLAGS == other.co_flags & _FLAGS
        and _same_constant(one.co_consts, other.co_consts)
        and all(_same_place(p, q) for p, q in zip_longest(one.co_positions(), other.co_positions()))
    )


def _same_place(one: Place, other: Place) -> bool:
    if one == other or one is None or other is None:
        return one == other
    columns_known = None not in one and None not in other
    if not columns_known:
        return one[0] == other[0] or None in (one[0], other[0])
    # RESUME and similar instructions have a position of no width, which depends on the code around.
    return one[0] == one[1] and one[2] == one[3] and other[0] == other[1] and other[2] == other[3]


def _same_constant(one: object, other: object) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return same_code(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same_constant, one, other))
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return sorted(map(_spelled, one)) == sorted(map(_spelled, other))
    # repr tells 0.0 from -0.0 and 1 from True. All NaN constants of a source are alike.
    return repr(one) == repr(other)


def _spelled(constant: object) -> tuple[str, str]:
    if isinstance(constant, tuple):
        return "tuple", repr([_spelled(each) for each in constant])
    if isinstance(constant, frozenset):
        return "frozenset", repr(sorted(map(_spelled, constant)))
    return type(constant).__name__, repr(constant)
