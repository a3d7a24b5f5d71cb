"""The parts of a code object that decide what it does: all but its file and its line numbers."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any

from glowray.rows.objects.function_pickling import global_names

DYNAMIC = frozenset({"__import__", "exec", "eval"})
"""Builtins by which code may import modules that its bytecode does not name."""

DYNAMIC_ATTRIBUTES = frozenset({"import_module", "spec_from_file_location", "run_path", "run_module"})


def code_parts(code: CodeType) -> tuple[Any, ...]:
    """Return what tells a code object from others. A function that only moved in its file has the same parts."""
    return (
        "code",
        code.co_code,
        code.co_consts,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        code.co_qualname,
        code.co_exceptiontable,
    )


def names_in(code: CodeType) -> frozenset[str]:
    """Return the global names and the attributes that code names, nested functions included."""
    nested = (names_in(each) for each in code.co_consts if isinstance(each, CodeType))
    return frozenset(code.co_names).union(*nested)


def runs_any_code(code: CodeType) -> str | None:
    """Return the name of a function that code uses and that may import any module, None if there is none."""
    found = (DYNAMIC & set(global_names(code))) | (DYNAMIC_ATTRIBUTES & names_in(code))
    return min(found, default=None)


def imports_in(code: CodeType) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield (module, level, names) for each import statement in code, nested functions included.

    >>> list(imports_in(compile("def f():\\n from .a import b, c", "f.py", "exec")))
    [('a', 1, ('b', 'c'))]
    """
    last: list[Any] = []
    for each in dis.get_instructions(code):
        if each.opname == "IMPORT_NAME":
            level, names = last[-2:]
            yield str(each.argval), level, names or ()
        elif each.opname.startswith("LOAD_CONST") or each.opname.startswith("LOAD_SMALL_INT"):
            last.append(each.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imports_in(constant)
