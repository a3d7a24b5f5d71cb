"""The proof that a piece of source is a function's own: compiled again, it gives the same code to the last constant."""

from __future__ import annotations
import __future__

import ast
import copy
from collections.abc import Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from itertools import zip_longest
from types import CodeType

# The flag of nested_scopes says only that a function is nested, as the one compiled for the proof always is.
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
    """Whether `node`, compiled where `code`'s free variables exist, gives `code`.

    Args:
        imported: names that the module imports at its top. CPython calls `module.f()` by other instructions where it
            sees the import; a notebook compiles each statement of a cell alone and never sees it, so both are tried.
    """
    for names in (imported, []) if imported else ([],):
        depth = 2 if class_name is None else 3  # the module holds the enclosing function, that the class, that this
        if any(same_code(code, made) for made in _codes(_compile(node, code, class_name, names), depth)):
            return True
    return False


def _compile(
    node: ast.Lambda | ast.FunctionDef, code: CodeType, class_name: str | None, imported: list[str]
) -> CodeType:
    """The node inside a function that has the free variables, and inside its class, whose name mangles `__x`."""
    inner: ast.stmt = node if isinstance(node, ast.FunctionDef) else ast.Expr(_without_defaults(node))
    if class_name is not None:
        inner = ast.ClassDef(class_name, [], [], [inner], [])
        if hasattr(ast, "TypeVar"):
            setattr(inner, "type_params", [])  # noqa: B010  (a field since 3.12)
    enclosing = ast.parse(f"def enclosing({', '.join(code.co_freevars)}): pass").body[0]
    assert isinstance(enclosing, ast.FunctionDef)
    # What is defined here must not become a free variable of the function: it calls itself, and its class, as globals.
    made_here = {getattr(node, "name", None), class_name} - {None, *code.co_freevars}
    enclosing.body = [ast.Global(sorted(str(name) for name in made_here)), inner] if made_here else [inner]
    imports: list[ast.stmt] = [ast.Import([ast.alias(name) for name in imported])] if imported else []
    module = ast.fix_missing_locations(ast.Module([*imports, enclosing], []))
    made: CodeType = compile(module, code.co_filename, "exec", code.co_flags & _FUTURES, dont_inherit=True)
    return made


def _without_defaults(node: ast.Lambda) -> ast.Lambda:
    """The same lambda with plain defaults: code in them is not the lambda's own, and must not be taken for it."""
    plain = copy.copy(node)
    plain.args = copy.copy(node.args)
    plain.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
    plain.args.kw_defaults = [default and ast.Constant(None) for default in node.args.kw_defaults]
    return plain


def _codes(code: CodeType, depth: int) -> Iterator[CodeType]:
    """The code objects that lie `depth` functions or classes deep: those further in belong to other nodes."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if depth == 1:
                yield constant
            else:
                yield from _codes(constant, depth - 1)


def same_code(one: CodeType, other: CodeType) -> bool:
    """Same instructions, names, constants (by type too) and places, nested code included."""
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
    # RESUME and its like stand at a place of no width, which depends on the code around.
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
    # repr tells 0.0 from -0.0 and 1 from True, and every NaN of a source is the same NaN.
    return repr(one) == repr(other)


def _spelled(constant: object) -> tuple[str, str]:
    if isinstance(constant, tuple):
        return "tuple", repr([_spelled(each) for each in constant])
    if isinstance(constant, frozenset):
        return "frozenset", repr(sorted(map(_spelled, constant)))
    return type(constant).__name__, repr(constant)
