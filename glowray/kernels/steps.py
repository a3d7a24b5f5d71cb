"""Row steps: what the verbs of one row do, as data. `loop.py` compiles a chain of them into one Python loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from glowray.functions import Cause, Function
from glowray.functions.replay import NO_ROW, Attempt, call_on_row
from glowray.kernels.keyed import keyed_row
from glowray.vectorize.generators import yields_few


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a task's chain; `verb` and `label` name it in explain(), task names and errors.

    Whatever planning has to know of a step, the step says itself, by the members below.
    """

    flows: ClassVar[bool] = False
    """Whether rows may leave before all rows of the partition have come in."""
    is_nested: ClassVar[bool] = True
    """Whether the rows are drawn through a call of its own, nested in the call of the next step."""
    keeps_keys: ClassVar[bool] = False
    """Whether each keyed row keeps its key, so that partitions by key stay so."""
    keeps_rows: ClassVar[bool] = False
    """Whether each row that comes out is a row that came in, unchanged."""

    verb: str
    label: str

    @property
    def may_grow(self) -> bool:
        """Whether many rows may come out for one row."""
        return True

    @property
    def word(self) -> str:
        """The name of the step within a stage."""
        return self.verb

    @property
    def functions(self) -> tuple[Function, ...]:
        """The user's functions that it calls."""
        return ()

    def counted_from(self, first: int) -> Self:
        """Return the step for partitions of which `first` others come before in the task's stage."""
        return self

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

    flows: ClassVar[bool] = True
    is_nested: ClassVar[bool] = False

    @property
    def may_grow(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class FunctionStep(RowStep):
    """A row step that calls the user's function; `on_error` says what happens to a row on which it fails."""

    function: Function
    on_error: str = "raise"

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

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

    @property
    def may_grow(self) -> bool:
        return not yields_few(self.function.call)

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        return list(call_on_row(function, row))


@dataclass(frozen=True, slots=True)
class Filter(FunctionStep):
    """row → row, if f(row)"""

    keeps_keys: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class MapValues(FunctionStep):
    """(key, value) → (key, f(value))"""

    keeps_keys: ClassVar[bool] = True

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        return call_on_row(function, keyed_row(row, function.verb)[1])


@dataclass(frozen=True, slots=True)
class FlatMapValues(FunctionStep):
    """(key, value) → (key, item) for every item of f(value)"""

    keeps_keys: ClassVar[bool] = True

    @property
    def may_grow(self) -> bool:
        return not yields_few(self.function.call)

    @staticmethod
    def again(function: Function, row: Any) -> Any:
        return list(call_on_row(function, keyed_row(row, function.verb)[1]))


@dataclass(frozen=True, slots=True)
class KeyBy(FunctionStep):
    """row → (f(row), row)"""


@dataclass(frozen=True, slots=True)
class ForEach(FunctionStep):
    """row → row, after f(row) was called for its effect"""

    keeps_keys: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class FieldOfPair(RowStep):
    """A row step that takes keyed rows apart, without a function."""

    def cause(self, row: Any, arguments: tuple[Any, ...] | None) -> Cause:
        return Cause(row=row, attempt=None if row is NO_ROW else Attempt(check_pair, self.verb, (row,), is_check=True))


@dataclass(frozen=True, slots=True)
class Keys(FieldOfPair):
    """(key, value) → key"""


@dataclass(frozen=True, slots=True)
class Values(FieldOfPair):
    """(key, value) → value"""


def check_pair(verb: str, row: Any) -> None:
    """Raise the error of a row that is not (key, value)."""
    keyed_row(row, verb)
