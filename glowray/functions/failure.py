"""Carry a user's exception from a task to the driver as data, in the same way on every engine.

A task catches BaseException. So `sys.exit()` or KeyboardInterrupt in a function ends the job in the driver with that
exception, and the worker goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from glowray.functions.exceptions import ExceptionRecord, put_together, take_apart
from glowray.functions.function import Function
from glowray.functions.replay import NO_ROW, Attempt, NoRow, Replay, call_on_row, stopped
from glowray.functions.show import shown

_REPLAY = "replay"
_OTHER_REPLAY = "glowray_replay"  # The name if the user's class has its own `replay`.


@dataclass(frozen=True, slots=True)
class Cause:
    """The function and row that an error shows for a step, and the call that replay() makes."""

    function: Function | None = None
    row: Any = NO_ROW
    attempt: Attempt | None = None

    @classmethod
    def of_row(cls, function: Function, row: Any) -> Cause:
        """Return the cause of an error of a function of one row."""
        return cls(function, row, Attempt(call_on_row, function, (row,)))


@dataclass(frozen=True, eq=False)
class Failure:
    """A user's exception with the step, row and partition in which it was raised. It can always be pickled."""

    NO_ROW: ClassVar[NoRow] = NO_ROW

    verb: str
    label: str
    name: str | None
    definition: str | None
    row_text: str | None
    partition: int | None
    records: tuple[ExceptionRecord, ...]
    replay: Replay

    @classmethod
    def capture(
        cls, error: BaseException, *, verb: str, cause: Cause = Cause(), partition: int | None = None
    ) -> Failure:  # fmt: skip
        """Return the Failure of an exception that a task caught. Never raises.

        StopIteration becomes RuntimeError, because it would silently end loops and generators.
        """
        function = cause.function
        shows = function is not None and not function.is_own
        if isinstance(error, StopIteration):
            error = stopped(error, function.label if function and shows else f"{verb}()")
        return cls(
            verb=verb,
            label=function.label if function and (function.is_named or shows) else "",
            name=function.name if function else None,
            definition=function.definition if function and shows else None,
            row_text=None if cause.row is NO_ROW else shown(cause.row),
            partition=partition,
            records=take_apart(error),
            replay=Replay.of(verb, function, cause.row, cause.attempt),
        )

    def exception(self) -> BaseException:
        """Return the user's exception, built anew at each call.

        It has the type, args, attributes and causes, and a traceback of the user's frames. It also has `notes`, and a
        method `replay()`, which is `glowray_replay()` if its class has its own `replay`. If its class cannot be
        imported or created in this process, the exception is a TaskError that names the class.
        """
        error = put_together(self.records)
        name = _OTHER_REPLAY if _has_own_replay(error) else _REPLAY
        notes = [*vars(error).get("__notes__", ()), *self.notes]
        if self.replay.ready:
            again = "checks the row" if self.replay.is_check else "runs the function on the row"
            notes.append(f"{name}() of this exception {again} again, here")
        # The user's class may refuse setattr and add_note.
        vars(error).update({"__notes__": notes, name: self.replay})
        return error

    @property
    def step(self) -> str:
        """Return the user's name for the step, or the verb."""
        return self.name or self.verb

    @property
    def type_name(self) -> str:
        """Return the exception's class as a traceback names it."""
        return self.records[0].type_name

    @property
    def message(self) -> str:
        """Return the exception as the last line of a traceback shows it."""
        text = self.records[0].message
        return f"{self.type_name}: {text}" if text else self.type_name

    @property
    def row(self) -> Any:
        """Return the failing row, NO_ROW if there is none, or a LeftBehind if it could not travel."""
        return self.replay.given_row()

    @property
    def notes(self) -> list[str]:
        """Return the lines to show under the exception: verb and definition, row, partition."""
        step = f"in {self.verb}({self.label})"
        notes = [f"{step}, defined at {self.definition}" if self.definition else step]
        if self.row_text is not None:
            notes.append(f"row: {self.row_text}")
        if self.partition is not None:
            notes.append(f"partition: {self.partition}")
        if self.records[0].left_behind:
            notes.append(f"attributes that cannot be pickled: {', '.join(self.records[0].left_behind)}")
        return notes


def _has_own_replay(error: BaseException) -> bool:
    own = vars(error).get(_REPLAY)
    return hasattr(type(error), _REPLAY) or (own is not None and not isinstance(own, Replay))
