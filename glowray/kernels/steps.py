"""Row steps: what the verbs of one row do, as data. `loop.py` compiles a chain of them into one Python loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.functions.replay import NO_ROW, Attempt, call_on_row
from glowray.kernels.keyed import keyed_row


@dataclass(frozen=True, slots=True)
class Step:
    """Anything that stands in a task's chain; `verb` and `label` name it in explain(), task names and errors."""

    verb: str
    label: str

    def cause(self, row: Any, arguments: tuple[Any, ...] | None) -> Cause:
        """Return what an error of this step tells the user.

        Args:
            row: the row that the step had at hand; NO_ROW for none.
            arguments: those of its function, if that takes more than a row and was called.
        """
        return Cause(row=row)


@dataclass(frozen=True, slots=True)
class RowStep(Step):
    """A step that looks at one row at a time."""


@dataclass(frozen=True, slots=True)
class FunctionStep(RowStep):
    """A row step that calls the user's function; `on_error` says what happens to a row on which it fails."""

    function: Function
    on_error: str = "raise"

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(self.function, row, None if row is NO_ROW else Attempt(self.again, self.function, (row,)))

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        """Call the step's function on a row as the step does; replay() runs this."""
        return call_on_row(function, row)


@dataclass(frozen=True, slots=True)
class Map(FunctionStep):
    """row → f(row)"""


@dataclass(frozen=True, slots=True)
class FlatMap(FunctionStep):
    """row → every item of f(row)"""

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        return list(call_on_row(function, row))


@dataclass(frozen=True, slots=True)
class Filter(FunctionStep):
    """row → row, if f(row)"""


@dataclass(frozen=True, slots=True)
class MapValues(FunctionStep):
    """(key, value) → (key, f(value))"""

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        return call_on_row(function, keyed_row(row, function.verb)[1])


@dataclass(frozen=True, slots=True)
class FlatMapValues(FunctionStep):
    """(key, value) → (key, item) for every item of f(value)"""

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        return list(call_on_row(function, keyed_row(row, function.verb)[1]))


@dataclass(frozen=True, slots=True)
class KeyBy(FunctionStep):
    """row → (f(row), row)"""


@dataclass(frozen=True, slots=True)
class ForEach(FunctionStep):
    """row → row, after f(row) was called for its effect"""


@dataclass(frozen=True, slots=True)
class FieldOfPair(RowStep):
    """A row step that takes keyed rows apart, without a function."""

    def cause(self, row: Any, arguments: tuple[Any, ...] | None) -> Cause:
        return Cause(row=row, attempt=None if row is NO_ROW else Attempt(check_pair, self.verb, (row,)))


@dataclass(frozen=True, slots=True)
class Keys(FieldOfPair):
    """(key, value) → key"""


@dataclass(frozen=True, slots=True)
class Values(FieldOfPair):
    """(key, value) → value"""


def check_pair(verb: str, row: Any) -> None:
    """Raise the error of a row that is not (key, value)."""
    keyed_row(row, verb)
