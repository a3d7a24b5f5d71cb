"""What is known of a user's function: its syntax tree, its captured values, and how a call binds them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType

from glowray.vectorize.environment import Environment

FunctionNode = ast.Lambda | ast.FunctionDef


@dataclass(frozen=True)
class Refused:
    """Why a function cannot be known, inlined or translated; false in a condition, so `if not known` reads well."""

    reason: str

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class Known:
    """A function whose source was proven to be its own.

    `call` is the object that the user gave; `function` the Python function under it (for an operator or a builtin: one
    written for it here). `bound` and `keywords` are arguments that a method or a partial supplies itself.
    """

    call: Callable[..., object]
    function: FunctionType
    node: FunctionNode
    filename: str
    name: str
    environment: Environment
    bound: tuple[object, ...] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)
    in_class: bool = False
    synthetic: bool = False
    # Answers of `hygiene.obstacle`, by the expression that is spliced.
    obstacles: dict[int, str | None] = field(default_factory=dict, repr=False)

    @property
    def is_generator(self) -> bool:
        """Whether a call gives a generator (CO_GENERATOR)."""
        return bool(self.function.__code__.co_flags & 0x20)

    @property
    def first_line(self) -> int:
        decorators: list[ast.expr] = getattr(self.node, "decorator_list", [])
        return min([self.node.lineno, *(decorator.lineno for decorator in decorators)])

    @property
    def last_line(self) -> int:
        return self.node.end_lineno or self.node.lineno

    def positional(self) -> list[str]:
        """Names of the parameters that positions fill, in order."""
        return [a.arg for a in (*self.node.args.posonlyargs, *self.node.args.args)]
