"""Fragments whose functions are called, after the compiler failed on them."""

from __future__ import annotations

from dataclasses import replace

from glowray.kernels import Fragment


def compile_loops(fragment: Fragment) -> None:
    """Compile every generated loop of a fragment now, while there is still another way to run it."""
    for operator in fragment.operators:
        for loop in operator.loops:
            loop.woven.code()


def with_reason(fragment: Fragment, reason: str) -> Fragment:
    """Return the fragment with another reason why its functions are called; explain() shows it."""
    decisions = (replace(each, not_inlined=each.not_inlined and reason) for each in fragment.decisions)
    return replace(fragment, decisions=tuple(decisions), refused=reason)
