"""Finds branches of a stage that are alike: with the same steps, and with sources that differ only in their data."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from types import FunctionType

from glowray.io.reader import RecordReader
from glowray.kernels import Fragment
from glowray.kernels.base.steps import FunctionStep, RowStep
from glowray.kernels.ends import sources
from glowray.physical.compile.row_kinds import source_kind
from glowray.physical.stages.stage import Branch, Runs


def likeness(branch: Branch, runs: Runs) -> Hashable:
    """Return a key that is equal for branches whose tasks can run the same loops."""
    source = branch.source
    steps = tuple(map(id, branch.steps))
    if isinstance(source, sources.ReadSource) and source.whole is None:
        reader = source.reader
        fields = reader.fields if isinstance(reader, RecordReader) else None
        looks = type(reader), source_kind(branch, runs), fields
        return source.verb, id(source.function), looks, steps, len(branch.beside)
    if isinstance(source, sources.Blocks):
        return source, source_kind(branch, runs), steps, len(branch.beside)
    return id(branch)


def step_likeness(step: RowStep) -> Hashable:
    """Return a key that is equal for row steps that one piece of generated code can stand for.

    A loop that calls `map(lambda n: n + 1)` a thousand times makes a thousand functions of one code. Without a closure
    and defaults, each of them does what the first does. A step that drops rows or spreads them over arguments is like
    no other: its code names the step itself.
    """
    if not isinstance(step, FunctionStep):
        return step
    function = step.function
    call = function.call
    if function.spread is not None or step.on_error != "raise":
        return id(step)
    if type(call) is not FunctionType or call.__closure__ or call.__defaults__ or call.__kwdefaults__ or vars(call):
        return type(step), step.verb, id(call)
    return type(step), step.verb, id(call.__code__), id(call.__globals__)


def as_first(first: Fragment, branch: Branch, runs: Runs) -> Fragment | None:
    """Return the first branch's fragment with the source of another branch like it; None if their kinds differ."""
    source, like = branch.source, first.source
    if (
        isinstance(source, sources.ReadSource)
        and isinstance(like, sources.ReadSource)
        and like.columns_read is not None
    ):
        source = source.narrowed(like.columns_read)
        kinds = [source_kind(replace(branch, source=each), runs) for each in (source, like)]
        if kinds[0] != kinds[1]:
            return None
    return replace(first, source=source)
