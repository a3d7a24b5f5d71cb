"""Row steps: what the verbs of one row do, as data. `loop.py` compiles a chain of them into one Python loop."""

from __future__ import annotations

from dataclasses import dataclass

from glowray.functions import Function


@dataclass(frozen=True, slots=True)
class Step:
    """Anything that stands in a task's chain; `verb` and `label` name it in explain(), task names and errors."""

    verb: str
    label: str


@dataclass(frozen=True, slots=True)
class RowStep(Step):
    """A step that looks at one row at a time."""


@dataclass(frozen=True, slots=True)
class FunctionStep(RowStep):
    """A row step that calls the user's function; `on_error` says what happens to a row on which it fails."""

    function: Function
    on_error: str = "raise"


@dataclass(frozen=True, slots=True)
class Map(FunctionStep):
    """row → f(row)"""


@dataclass(frozen=True, slots=True)
class FlatMap(FunctionStep):
    """row → every item of f(row)"""


@dataclass(frozen=True, slots=True)
class Filter(FunctionStep):
    """row → row, if f(row)"""


@dataclass(frozen=True, slots=True)
class MapValues(FunctionStep):
    """(key, value) → (key, f(value))"""


@dataclass(frozen=True, slots=True)
class FlatMapValues(FunctionStep):
    """(key, value) → (key, item) for every item of f(value)"""


@dataclass(frozen=True, slots=True)
class KeyBy(FunctionStep):
    """row → (f(row), row)"""


@dataclass(frozen=True, slots=True)
class ForEach(FunctionStep):
    """row → row, after f(row) was called for its effect"""


@dataclass(frozen=True, slots=True)
class Keys(RowStep):
    """(key, value) → key"""


@dataclass(frozen=True, slots=True)
class Values(RowStep):
    """(key, value) → value"""
