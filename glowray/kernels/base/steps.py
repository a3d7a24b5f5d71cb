"""Steps: what verbs do within a task, as data. Planning and compiling ask a step, and look at no class."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from glowray.functions import Cause, Function
from glowray.functions.pairing import Pairing
from glowray.functions.replay import NO_ROW, Attempt, call_on_row
from glowray.kernels.base.keyed import keyed_row
from glowray.rows.types.shape import Path
from glowray.vectorize.analyze.record_fields import fields_of_call

if TYPE_CHECKING:
    from glowray.kernels.operators.columns import ColumnStep
    from glowray.rows.types.kinds import Kind
    from glowray.vectorize.definition.known_function import Refused
    from glowray.vectorize.loops.step_code import StepCode


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
    takes_part: ClassVar[int | None] = None
    """The part of a keyed row that comes out for it, unchanged: 0 for the key, 1 for the value."""
    puts_part: ClassVar[int | None] = None
    """The part of the keyed row that comes out which is the row that came in, unchanged."""
    may_stop: ClassVar[bool] = False
    """Whether it may end before it has asked for all rows."""

    verb: str
    label: str
    on_error: str = field(default="raise", kw_only=True)
    """The action for a row on which a function fails: raise, skip, collect or a path. Only for functions of one row."""

    @property
    def may_grow(self) -> bool:
        """Whether many rows may come out for one row."""
        return True

    @property
    def has_effects(self) -> bool:
        """Whether it acts outside of glowray, so that a second attempt at its task would act again."""
        return False

    @property
    def word(self) -> str:
        """The name of the step within a stage."""
        return self.verb

    @property
    def functions(self) -> tuple[Function, ...]:
        """The user's functions that it calls."""
        return ()

    def details(self, functions: tuple[str, ...]) -> tuple[str, ...]:
        """Return what a plan's picture shows beside the verb. `functions` are the labels of the user's functions."""
        return functions

    @property
    def pairing(self) -> Pairing | None:
        """How the verb made keyed rows of the user's rows; None if its rows are the user's own."""
        return None

    def counted_from(self, first: int) -> Self:
        """Return the step for partitions of which `first` others come before in the task's stage."""
        return self

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        """Return the user's function, row and arguments behind an error of this step.

        Args:
            row: the row that the step had at hand; NO_ROW for none.
            arguments: those of its function, if that takes more than a row and was called.
        """
        return Cause(row=row)


@dataclass(frozen=True, slots=True)
class RowStep(Step):
    """A step that looks at one row at a time; each subclass is one operator, in `kernels/operators/`.

    A step with `is_part` does one part of its verb's work: it computes a key, or takes the key off again.
    """

    flows: ClassVar[bool] = True
    is_nested: ClassVar[bool] = False
    of_value: ClassVar[bool] = False
    """Whether its functions are given the value of a keyed row, and not the row."""
    hands_row_on: ClassVar[bool] = False
    """Whether the row that comes in, or its fields, are used once more after its functions have run."""
    makes_items: ClassVar[bool] = False
    """Whether any number of rows comes out for a row, so that later steps run in a loop within the loop."""

    is_part: bool = field(default=False, kw_only=True)

    @property
    def may_grow(self) -> bool:
        return False

    @property
    def parts(self) -> tuple[RowStep, ...]:
        """The step as errors and explain() name it: one a function, where it calls several."""
        return (self,)

    def fields_read(self, at: Path) -> frozenset[str] | None:
        """Return the fields that it looks at of a record at a place in its row; None if that may be the whole record.

        `()` is the row itself, and `(1,)` the value of a keyed row.
        """
        return None

    def place_after(self, at: Path) -> Path | None:
        """Return where the record at a place in its row is in the rows that it makes; None if it is dropped.

        A step that hands records on in another way gives any place.
        """
        if self.puts_part is not None:
            return self.puts_part, *at
        if self.takes_part is not None:
            return at[1:] if at[:1] == (self.takes_part,) else None
        return at if self.keeps_rows or self.hands_row_on else None

    def emit(self, code: StepCode) -> list[ast.stmt]:
        """Return the statements that take one row through this step and all later ones."""
        raise TypeError(f"{type(self).__name__} has no statements")

    def columns(self, kind: Kind) -> ColumnStep | Refused:
        """Return the step over columns of a kind of rows, or why there is none."""
        raise TypeError(f"{type(self).__name__} has no column form")


@dataclass(frozen=True, slots=True)
class FunctionStep(RowStep):
    """A row step that calls one function of the user's."""

    function: Function

    @property
    def functions(self) -> tuple[Function, ...]:
        return (self.function,)

    def fields_read(self, at: Path) -> frozenset[str] | None:
        if at != ((1,) if self.of_value else ()):
            return None
        return fields_of_call(self.function.call, self.function.spread)

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        return Cause(self.function, row, None if row is NO_ROW else Attempt(call_as_step, self.function, (row,)))


def call_as_step(function: Function, row: Any) -> Any:
    """Call the function of a row step on a row as the step does; replay() runs this."""
    result = call_on_row(function, keyed_row(row, function.verb)[1] if function.of_value else row)
    return list(result) if function.gives_items else result


def check_pair(verb: str, row: Any) -> None:
    """Raise the error of a row that is not (key, value)."""
    keyed_row(row, verb)
