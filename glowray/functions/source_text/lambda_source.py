"""The source text of a lambda, found by the positions in its bytecode. Nothing of the user's runs."""

from __future__ import annotations

import ast
import linecache
import re
import sys
from types import CodeType, FunctionType

MOST_LINES = 30
"""Lines above a lambda's body in which its `lambda` is looked for."""

MOST_CLOSING = 200
"""Characters after the last position in the bytecode that may be the body: closing brackets, quotes and spaces."""

_KEYWORD = re.compile(r"\blambda\b")
_CLOSING = re.compile(r"[,)\]}]|$")


def lambda_source(function: FunctionType) -> str | None:
    r"""Return a lambda as it was written, in one line. Return None if there is no source, or it is another function's.

    Several lambdas in one line are told apart by the positions of their bytecode.

    >>> pair = (lambda a: a, lambda b: (b, 1))
    >>> lambda_source(pair[1])
    'lambda b: (b, 1)'
    """
    span = _body_span(function.__code__)
    if span is None:
        return _source_by_bytecode(function)
    first, first_column, last, last_column = span
    before = max(0, first - 1 - MOST_LINES)
    lines = _lines(function)[before : last + MOST_LINES]
    if len(lines) < last - before:
        return None
    text = "".join(lines)
    start = _place(lines, first - before, first_column)
    stop = _place(lines, last - before, last_column)
    for keyword in reversed(list(_KEYWORD.finditer(text, 0, start))):
        for end in _ends(text, stop):
            node = _parsed(text[keyword.start() : end])
            if node is not None and _is_of(node, function.__code__):
                return " ".join(text[keyword.start() : end].split())
    return None


def _source_by_bytecode(function: FunctionType) -> str | None:
    """Return the first lambda in the function's line that compiles to the same bytecode, for code without positions.

    Python 3.12 keeps none for a body that is a constant.
    """
    code = function.__code__
    text = "".join(_lines(function)[code.co_firstlineno - 1 : code.co_firstlineno])
    for keyword in _KEYWORD.finditer(text):
        for closing in _CLOSING.finditer(text, keyword.end()):
            for end in closing.span():
                if _compiles_to(text[keyword.start() : end], code):
                    return " ".join(text[keyword.start() : end].split())
    return None


def _compiles_to(text: str, code: CodeType) -> bool:
    node = _parsed(text)
    if node is None:
        return False
    [other] = compile(ast.Expression(node), "<lambda>", "eval").co_consts[:1]
    return (
        isinstance(other, CodeType)
        and other.co_code == code.co_code
        and repr(other.co_consts) == repr(code.co_consts)
        and other.co_varnames == code.co_varnames
    )


def _body_span(code: CodeType) -> tuple[int, int, int, int] | None:
    """Return (first line, its column, last line, its column) of the instructions, columns in bytes of UTF-8."""
    places = [
        (line, column, end_line, end_column)
        for line, end_line, column, end_column in code.co_positions()
        if line is not None and end_line is not None and column is not None and end_column is not None
        if (line, column) != (end_line, end_column)  # an instruction of no width is not of the source
    ]
    if not places:
        return None
    return (*min(place[:2] for place in places), *max(place[2:] for place in places))


def _lines(function: FunctionType) -> list[str]:
    """Return the lines of the file, cell or doctest that defines a function; of `python -c` the command."""
    filename = function.__code__.co_filename
    lines = linecache.getlines(filename, function.__globals__)
    if not lines and filename == "<string>" and "-c" in sys.orig_argv[:-1]:
        return sys.orig_argv[sys.orig_argv.index("-c") + 1].splitlines(keepends=True)
    return lines


def _place(lines: list[str], number: int, column: int) -> int:
    """Return the number of characters before a column of a line. Lines count from 1, columns are bytes of UTF-8."""
    inside = lines[number - 1].encode()[:column].decode(errors="ignore")
    return sum(map(len, lines[: number - 1])) + len(inside)


def _ends(text: str, stop: int) -> list[int]:
    """Return the places where the body may end: where the bytecode ends, and after each closing bracket behind it."""
    ends = [stop]
    for place in range(stop, min(len(text), stop + MOST_CLOSING)):
        if text[place] in ")]}'\"":
            ends.append(place + 1)
        elif not text[place].isspace() and text[place] != ",":
            break
    return ends


def _parsed(text: str) -> ast.Lambda | None:
    try:
        tree = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if isinstance(tree, ast.Lambda) else None


def _is_of(node: ast.Lambda, code: CodeType) -> bool:
    """Return whether a lambda has the parameters of a code object, and reads the same names."""
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    extra = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    names = tuple(each.arg for each in [*named, *extra])
    if code.co_varnames[: len(names)] != names:
        return False
    read = {each.id for each in ast.walk(node.body) if isinstance(each, ast.Name)}
    known = {*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars}
    return read <= known or any(isinstance(constant, CodeType) for constant in code.co_consts)
