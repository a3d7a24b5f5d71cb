"""Find the syntax tree of a function in the source text that Python's tracebacks would show."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType, FunctionType

from glowray.vectorize.definition.answer_cache import remembered
from glowray.vectorize.definition.source_proof import proves

Found = ast.Lambda | ast.FunctionDef


class SourceFile:
    """One parsed file or notebook cell: its lambdas and defs by first line.

    `rebound` has the names in its `global` and `nonlocal` statements.
    """

    def __init__(self, text: str) -> None:
        self._lambdas: dict[int, list[tuple[Found, str | None]]] = {}
        self._defs: dict[tuple[str, int], list[tuple[Found, str | None]]] = {}
        rebound: set[str] = set()
        self.tree = tree = ast.parse(text)
        self.changes: dict[str, list[int]] | None = None  # found by container_changes when it is asked for
        self._imported = sorted(_imported(tree.body))
        pending: list[tuple[ast.AST, str | None]] = [(tree, None)]
        while pending:
            node, class_name = pending.pop()
            if isinstance(node, ast.Lambda):
                self._lambdas.setdefault(node.lineno, []).append((node, class_name))
            elif isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                self._defs.setdefault((node.name, first), []).append((node, class_name))
            elif isinstance(node, ast.Global | ast.Nonlocal):
                rebound.update(node.names)
            inside = node.name if isinstance(node, ast.ClassDef) else class_name
            pending.extend((child, inside) for child in ast.iter_child_nodes(node))
        self.rebound = frozenset(rebound)
        # id of a code object → (the object, kept alive; the answer). Functions made in a loop share one code object.
        self._proven: dict[int, tuple[CodeType, tuple[Found, str | None] | None]] = {}

    def find(self, code: CodeType) -> tuple[Found, str | None] | None:
        """Return (the node that compiles to `code`, the name of the class around it or None), or None."""
        if id(code) not in self._proven:
            self._proven[id(code)] = code, self._find(code)
        return self._proven[id(code)][1]

    def _find(self, code: CodeType) -> tuple[Found, str | None] | None:
        if code.co_name == "<lambda>":
            candidates = self._lambdas.get(code.co_firstlineno, [])
        else:
            candidates = self._defs.get((code.co_name, code.co_firstlineno), [])
        for node, class_name in candidates:
            if proves(node, code, class_name, self._imported):
                return node, class_name
        return None


def _imported(statements: list[ast.stmt]) -> set[str]:
    """Return the names that imports at module level bind, also those under if, try and with."""
    names: set[str] = set()
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            pending.extend(ast.iter_child_nodes(node))
    return names - {"*"}


@lru_cache(maxsize=64)
def _parse(text: str) -> SourceFile | None:
    try:
        return SourceFile(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def source_of(function: FunctionType) -> SourceFile | None:
    """Return the source around a function, as it is now on disk or in a notebook. Return None if Python has none."""
    return remembered(
        function.__globals__, "source", function.__code__.co_filename, find=lambda: _current_source(function)
    )


def _current_source(function: FunctionType) -> SourceFile | None:
    filename = function.__code__.co_filename
    linecache.checkcache(filename)
    lines = linecache.getlines(filename, function.__globals__)
    return _parse("".join(lines)) if lines else None
