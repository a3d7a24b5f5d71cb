"""Bind the arguments of a call to a function's parameters: arguments, values from a method or partial, defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glowray.vectorize.arrow.frame import Expr
from glowray.vectorize.arrow.kinds import Untranslatable
from glowray.vectorize.known import Known


def bind(
    known: Known, given: Sequence[Expr], keywords: Mapping[str, Expr]
) -> tuple[dict[str, Expr], dict[str, object]]:
    """Return (parameter → the call's argument, parameter → a value that is the same in all calls).

    Args:
        known: the function.
        given: positional arguments, after those that a method or partial supplies.
        keywords: keyword arguments.

    With `def f(n, by=2)` and one argument: ({"n": argument}, {"by": 2}).
    """
    spec = known.node.args
    if spec.vararg or spec.kwarg:
        raise Untranslatable("it takes *args or **kwargs")
    names = known.positional()
    fixed: dict[str, object] = dict(zip(names, known.bound, strict=False))
    free = names[len(known.bound) :]
    if len(known.bound) > len(names) or len(given) > len(free):
        raise Untranslatable("it takes fewer arguments")
    made = dict(zip(free, given, strict=False))
    by_name = {each.arg for each in (*spec.args, *spec.kwonlyargs)} - {*fixed, *made}
    if not {*known.keywords, *keywords} <= by_name:
        raise Untranslatable("it has no such argument, or has it already")
    made.update(keywords)
    defaults = _defaults(known)
    for name in (*free, *(each.arg for each in spec.kwonlyargs)):
        if name in made:
            continue
        if name in known.keywords:
            fixed[name] = known.keywords[name]
        elif name in defaults:
            fixed[name] = defaults[name]
        else:
            raise Untranslatable("it takes more arguments")
    return made, fixed


def _defaults(known: Known) -> dict[str, object]:
    names = known.positional()
    values = known.function.__defaults__ or ()
    return {
        **dict(zip(names[len(names) - len(values) :], values, strict=True)),
        **(known.function.__kwdefaults__ or {}),
    }
