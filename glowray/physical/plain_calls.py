"""Fragments whose functions are called, after the compiler failed on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glowray.kernels import Fragment
from glowray.kernels.loop import Loop


def compile_loops(fragment: Fragment) -> None:
    """Compile every generated loop of a fragment now, while there is still another way to run it."""
    for loop in fragment.loops:
        for each in _loops(loop):
            each.woven.code()


def _loops(loop: Loop) -> Iterator[Loop]:
    yield loop
    if loop.columns is not None:
        others = (loop.columns.by_row, loop.columns.rest, loop.columns.combine)
        yield from (other for other in others if other is not None)
    if loop.records is not None:
        yield loop.records.loop


def with_reason(fragment: Fragment, reason: str) -> Fragment:
    """Return the fragment with another reason why its functions are called; explain() shows it."""
    loops = (replace(loop, reasons=tuple(each and reason for each in loop.reasons)) for loop in fragment.loops)
    return replace(fragment, loops=tuple(loops), refused=reason)
