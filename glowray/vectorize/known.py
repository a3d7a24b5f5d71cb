"""The compiler's view of a user's function: its syntax tree, its captured values and its bound arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType

from glowray.vectorize.environment import Environment

FunctionNode = ast.Lambda | ast.FunctionDef


@dataclass(frozen=True)
class Refused:
    """The reason why a function cannot be known, inlined or translated. False in a condition."""

    reason: str

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class Known:
    """A function with a syntax tree that was proven to be its own.

    `call` is the object that the user gave, `function` the Python function under it. A builtin or an operator gets a
    lambda of the same meaning; then `synthetic` is true. `bound` and `keywords` are arguments that a method or a
    partial supplies. `in_class`: the source stands inside a class, which mangles names such as `__x`.

        partial(shop.price, currency="EUR") → bound (shop,), keywords {"currency": "EUR"}
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
    # Answers of `hygiene.obstacle`, by the id of the spliced expression.
    obstacles: dict[int, str | None] = field(default_factory=dict, repr=False)

    @property
    def is_generator(self) -> bool:
        """Return whether a call returns a generator (the flag CO_GENERATOR)."""
        return bool(self.function.__code__.co_flags & 0x20)

    @property
    def first_line(self) -> int:
        """The first line of the source, decorators included."""
        decorators: list[ast.expr] = getattr(self.node, "decorator_list", [])
        return min([self.node.lineno, *(decorator.lineno for decorator in decorators)])

    @property
    def last_line(self) -> int:
        return self.node.end_lineno or self.node.lineno

    def positional(self) -> list[str]:
        """Return the names of the positional parameters, in order."""
        return [a.arg for a in (*self.node.args.posonlyargs, *self.node.args.args)]
