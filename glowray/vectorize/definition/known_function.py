"""The compiler's view of a user's function: its syntax tree, its captured values and its bound arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import TypeVar

from glowray.vectorize.definition.bindings import Binding, Captured, GivenBinding
from glowray.vectorize.definition.environment import Environment

FunctionNode = ast.Lambda | ast.FunctionDef
Supplied = tuple[Binding, object]
"""The source and the plan-time value of a parameter that a method, partial or default supplies."""

T = TypeVar("T")


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

    def bind(self, given: Sequence[T], keywords: Mapping[str, T]) -> tuple[dict[str, T], dict[str, Supplied]] | Refused:
        """Bind a call's arguments as Python does: positions, keywords, a partial's keywords, then defaults.

        Return (parameter → the call's argument, parameter → the value from a method, partial or default), or the
        reason why the call raises TypeError. With `def f(n, by=2)` and one argument: ({"n": argument}, {"by": (…, 2)}).

        Args:
            given: positional arguments, after those that a method or partial supplies.
            keywords: keyword arguments.
        """
        spec = self.node.args
        if spec.vararg or spec.kwarg:
            return Refused("it takes *args or **kwargs")
        names = self.positional()
        free = names[len(self.bound) :]
        if len(self.bound) + len(given) > len(names):
            return Refused(f"it takes {len(names)} arguments and gets {len(self.bound) + len(given)}")
        supplied: dict[str, Supplied] = {
            name: (GivenBinding(value), value) for name, value in zip(names, self.bound, strict=False)
        }
        made = dict(zip(free, given, strict=False))
        by_name = {each.arg for each in (*spec.args, *spec.kwonlyargs)} - {*supplied, *made}
        if unknown := {*self.keywords, *keywords} - by_name:
            return Refused(f"it cannot take {min(unknown)!r} by keyword")
        made.update(keywords)
        otherwise = {
            **self._defaults(),
            **{name: (GivenBinding(value), value) for name, value in self.keywords.items()},
        }
        for name in (*free, *(each.arg for each in spec.kwonlyargs)):
            if name in made:
                continue
            if name not in otherwise:
                return Refused(f"its parameter {name!r} gets no value")
            supplied[name] = otherwise[name]
        return made, supplied

    def _defaults(self) -> dict[str, Supplied]:
        owner, names = self.environment.owner, self.positional()
        defaults = self.function.__defaults__ or ()
        found: dict[str, Supplied] = {
            name: (Captured(owner, "default", index), default)
            for index, (name, default) in enumerate(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        }
        for name, default in (self.function.__kwdefaults__ or {}).items():
            found[name] = Captured(owner, "keyword_default", name), default
        return found
