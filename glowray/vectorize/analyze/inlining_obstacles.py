"""Find the reason why a function must stay a call: its meaning depends on its own frame, scope or name.

Examples: `locals()`, `sys._getframe()`, `logging`, a returned lambda, a local that may be unassigned.
"""

from __future__ import annotations

import ast
import builtins
import collections
import enum
import logging
import sys
import types
import typing

from glowray.rows.objects.static_attributes import is_instance, is_one_of, module_attribute, module_name
from glowray.vectorize.analyze.definite_assignment import check_assigned
from glowray.vectorize.analyze.scope_names import (
    COMPREHENSIONS,
    body_of,
    free_names,
    own_names,
    reads,
    scoped_nodes,
    targets_of,
)
from glowray.vectorize.definition.builtin_callables import (
    ALL,
    ANY,
    DICT,
    FROZENSET,
    LEN,
    LIST,
    MAX,
    MIN,
    NEXT,
    SET,
    SORTED,
    SUM,
    TUPLE,
)
from glowray.vectorize.definition.known_function import Known

_FRAME_MODULES = frozenset({
    "inspect", "traceback", "warnings", "logging", "pdb", "trace", "gc", "tracemalloc", "unittest",
})  # fmt: skip
_FRAME_ATTRIBUTES = frozenset({
    "_getframe", "_getframemodulename", "exc_info", "exception", "settrace", "setprofile", "call_tracing",
    "_current_frames", "__traceback__", "tb_frame", "with_traceback", "f_back", "f_locals", "f_globals",
    "namedtuple", "NamedTuple", "TypedDict", "make_dataclass", "NewType", "TypeVar", "currentframe", "new_class",
    "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag",
})  # fmt: skip
_FRAME_OBJECTS: tuple[object, ...] = (
    builtins.locals, builtins.globals, builtins.vars, builtins.dir, builtins.eval, builtins.exec, builtins.compile,
    builtins.super, builtins.breakpoint, builtins.__import__, builtins.__build_class__,
    collections.namedtuple, typing.NamedTuple, typing.NewType, typing.TypeVar, types.new_class,
    enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag,
    sys.exc_info, sys._getframe, sys.settrace, sys.setprofile,
)  # fmt: skip
_ADAPTER: type = logging.LoggerAdapter
_STATEMENTS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.AsyncFor, ast.AsyncWith, ast.Delete, ast.Global,
    ast.Nonlocal, ast.TryStar,
)  # fmt: skip
_CONSUMERS: tuple[object, ...] = (SUM, ANY, ALL, SORTED, MIN, MAX, LIST, TUPLE, SET, FROZENSET, DICT, LEN, NEXT)
_SORTERS: tuple[object, ...] = (SORTED, MIN, MAX)


def obstacle(known: Known, spliced: ast.AST | None = None) -> str | None:
    """Return the reason why the function cannot be inlined, or None if it can.

    Args:
        known: the function.
        spliced: the comprehension that the function returns, if its loop is spliced into the row loop.
    """
    if id(spliced) not in known.obstacles:
        known.obstacles[id(spliced)] = _obstacle(known, spliced)
    return known.obstacles[id(spliced)]


def _obstacle(known: Known, spliced: ast.AST | None) -> str | None:
    node = known.node
    if node.args.vararg or node.args.kwarg:
        return "it takes *args or **kwargs"
    local = own_names(node)
    for each in _inside(node):
        if (reason := _forbidden(each, known)) is not None:
            return reason
    for name in sorted(free_names(node)):
        if (reason := _bad_value(name, known)) is not None:
            return reason
    if (unbound := check_assigned(node, {a.arg for a in _parameters(node)})) is not None:
        return f"its local {unbound!r} may be read before it is assigned"
    if (reason := _escapes(known, local, spliced)) is not None:
        return reason
    return None


def _parameters(node: ast.Lambda | ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _inside(node: ast.Lambda | ast.FunctionDef) -> list[ast.AST]:
    """Return all nodes that run when the function is called, so none of its decorators, defaults and annotations."""
    return [each for part in body_of(node) for each in ast.walk(part)]


def _forbidden(node: ast.AST, known: Known) -> str | None:
    if isinstance(node, _STATEMENTS):
        return f"it has a {type(node).__name__.removesuffix('Def').lower()} statement inside"
    if isinstance(node, ast.Await) or (isinstance(node, ast.comprehension) and node.is_async):
        return "it is async inside"
    if isinstance(node, ast.Attribute) and node.attr in _FRAME_ATTRIBUTES:
        return f"{node.attr} looks at the frames of a call"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 3:
        # A new class takes its __module__ from the frame that makes it.
        callee = known.environment.value(node.func.id)
        if callee is type:
            return "type makes a class of the module that calls it"
    if isinstance(node, ast.Import):
        if any(alias.name.split(".")[0] in _FRAME_MODULES for alias in node.names):
            return f"{node.names[0].name} looks at the frames of a call"
        if any("." in alias.name and not alias.asname for alias in node.names):
            return "it imports a submodule under its package's name"
    if isinstance(node, ast.AnnAssign) and node.value is None and not isinstance(node.target, ast.Name):
        return "it annotates what is not a name"
    if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] in _FRAME_MODULES):
        return "its import depends on the module it stands in" if node.level else f"{node.module} looks at frames"
    if known.in_class:
        for name in (getattr(node, field, None) for field in ("id", "attr", "arg", "name", "rest")):
            if isinstance(name, str) and name.startswith("__") and not name.endswith("__"):
                return f"{name} means another name inside its class"
    return None


def _bad_value(name: str, known: Known) -> str | None:
    found = known.environment.find(name)
    if isinstance(found, str):
        return found
    value = found[1]
    if is_one_of(value, _FRAME_OBJECTS) or is_instance(value, logging.Logger) or is_instance(value, _ADAPTER):
        return f"{name} looks at the frame it is called from"
    return f"{name} looks at the frames of a call" if _is_of_frames(value) else None


def _is_of_frames(value: object) -> bool:
    """Return whether a value is a module that looks at frames, or a function or class from one."""
    if type(value) is types.MethodType:
        value = value.__func__
    if is_instance(value, types.ModuleType):
        module = module_attribute(value, "__name__")
    elif is_instance(value, type):
        module = module_name(value)
    elif type(value) is types.FunctionType or type(value) is types.BuiltinFunctionType:
        if value.__name__ in _FRAME_ATTRIBUTES:
            return True
        module = value.__module__
    else:
        return False
    return type(module) is str and module.split(".")[0].lstrip("_") in _FRAME_MODULES


def _escapes(known: Known, local: frozenset[str], spliced: ast.AST | None) -> str | None:
    """Return the reason if the function makes a lambda or generator expression that may outlive the row, else None.

    In a loop it would hold the loop's variables. Error messages would also show the loop's names for it.
    """
    safe: set[int] = {id(spliced)}
    if isinstance(spliced, COMPREHENSIONS):
        local = local | targets_of(spliced)
    node = known.node
    for each, hidden in scoped_nodes(body_of(node), local):
        if isinstance(each, ast.Call):
            safe.update(id(argument) for argument in _used_up(each, known, hidden))
    for each in _inside(node):
        if isinstance(each, ast.Call) and _is_called_in_place(each) and not reads([each.func], frozenset()) & local:
            safe.add(id(each.func))
        elif isinstance(each, ast.Lambda | ast.GeneratorExp) and id(each) not in safe:
            return "a lambda or generator inside it may outlive the row, and tells in which function it was made"
    return None


def _is_called_in_place(call: ast.Call) -> bool:
    """Return whether the call has the form `(lambda a, b: …)(x, y)`, with the right number of arguments."""
    if not isinstance(call.func, ast.Lambda) or call.keywords:
        return False
    given = call.func.args
    takes_more = given.vararg or given.kwarg or given.kwonlyargs or given.defaults
    are_plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
    return are_plain and not takes_more and len(call.args) == len(given.posonlyargs) + len(given.args)


def _used_up(call: ast.Call, known: Known, hidden: frozenset[str]) -> list[ast.AST]:
    """Return the arguments that nobody holds after the call returns, as in `sum(… for …)` or `sorted(key=lambda …)`.

    Args:
        call: the call.
        known: the function around it.
        hidden: names that inner scopes bind there, so they are not the function's globals.
    """
    if isinstance(call.func, ast.Attribute):
        is_text = isinstance(call.func.value, ast.Constant | ast.JoinedStr)
        return list(call.args) if is_text and call.func.attr == "join" else []
    if not isinstance(call.func, ast.Name) or call.func.id in hidden:
        return []
    value = known.environment.value(call.func.id)
    used: list[ast.AST] = []
    if is_one_of(value, _CONSUMERS):
        used.extend(call.args)
    if is_one_of(value, _SORTERS):
        used.extend(keyword.value for keyword in call.keywords if keyword.arg == "key")
    return used
