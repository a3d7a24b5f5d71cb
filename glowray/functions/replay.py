"""Run a failing function again on its failing row in the driver, where a debugger can stop in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from weakref import WeakKeyDictionary

from glowray.boundary import user_facing
from glowray.errors import ReplayError
from glowray.functions.exceptions import LARGEST, LeftBehind, pack, unpack
from glowray.functions.function import Function


class NoRow(Enum):
    """Takes the place of the row in a failure that no single row caused."""

    NO_ROW = "no row"


NO_ROW: Final = NoRow.NO_ROW


class SharedSubject:
    """A subject of many attempts, compared by identity. It is packed once for all failures of a task."""


_packed_subjects: WeakKeyDictionary[Function | SharedSubject, Any] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Attempt:
    """The call that replay() makes: `run(subject, *arguments)`.

    `run` is a function of a glowray module, so it is pickled by name. `subject` is the user's function, the verb if
    there is none, or the data that a reader reads with. `is_check` says that the call only checks the row.
    """

    run: Callable[..., Any]
    subject: Any
    arguments: tuple[Any, ...]
    is_check: bool = False


def call_on_row(function: Function, row: Any) -> Any:
    """Call a function on a row, spread as in the task."""
    return function.call(*function.arguments(row))


def call_with(function: Function, *arguments: Any) -> Any:
    """Call a function with these arguments, as a reducer is called."""
    return function.call(*arguments)


@dataclass(frozen=True, slots=True, repr=False)
class Replay:
    """The value of `error.replay`. Call it to run the failing function on its row in this process.

    The row is as it was when the step began, if rows of its class can be copied (`rows.snapshots`). Each call unpickles
    the function and the row. `arguments` is None if they are the row alone. `missing` says why there is nothing to run.
    `is_check` says that it only checks the row.
    """

    verb: str
    label: str
    run: Callable[..., Any] | None
    subject: Any
    row: Any
    arguments: Any
    missing: str | None
    is_check: bool = False

    @classmethod
    def of(cls, verb: str, function: Function | None, row: Any, attempt: Attempt | None) -> Replay:
        """Pack everything that is needed to run an attempt again."""
        arguments = () if attempt is None else attempt.arguments
        is_row = len(arguments) == 1 and arguments[0] is row
        return cls(
            verb=verb,
            label=function.label if function and not function.is_own else "",
            run=None if attempt is None else attempt.run,
            subject=None if attempt is None else _packed(attempt.subject),
            row=row if row is NO_ROW else pack(row),
            arguments=None if is_row else pack(arguments),
            missing=_missing(function, row) if attempt is None else None,
            is_check=attempt is not None and attempt.is_check,
        )

    def __repr__(self) -> str:
        """Return the call that would run, or the reason why nothing can run.

        >>> Replay.of("sort", None, NO_ROW, None)
        <replay of sort(): no function of yours failed>
        """
        hindrance = self.hindrance()
        return f"<replay of {self.verb}({self.label}){f': {hindrance}' if hindrance else ', call it to run it'}>"

    @property
    def ready(self) -> bool:
        """Whether there is a call to run, and a row to run it on."""
        return self.hindrance() is None

    @user_facing
    def __call__(self) -> Any:
        """Run the function on the row and return its result. For flat_map, return the list of all items.

        Raises what the task raised, with the user's frames alone, so that `pdb.pm()` stops in the user's code.
        Raises ReplayError if the row or the function could not travel.
        """
        hindrance = self.hindrance()
        if hindrance or self.run is None:
            raise ReplayError(f"{self.verb}({self.label}) cannot be run again here: {hindrance}")
        subject = _loaded(self.subject, "the function")
        given = (_loaded(self.row, "the row"),) if self.arguments is None else _loaded(self.arguments, "the arguments")
        try:
            return self.run(subject, *given)
        except StopIteration as error:
            raise stopped(error, self.label or f"{self.verb}()") from error

    def hindrance(self) -> str | None:
        """Return the reason why nothing can run, or None."""
        if self.missing is not None:
            return self.missing
        if isinstance(self.subject, LeftBehind):
            return "the function cannot be pickled, or what it captures is too large"
        if isinstance(self.row if self.arguments is None else self.arguments, LeftBehind):
            return f"the row cannot be pickled, or is larger than {LARGEST // 2**20} MB"
        return None

    def given_row(self) -> Any:
        """Return the row, NO_ROW if there is none, or a LeftBehind if it could not travel."""
        return unpack(self.row)


def stopped(error: StopIteration, label: str) -> RuntimeError:
    """Return the RuntimeError that replaces a StopIteration, which would end loops and generators silently."""
    changed = RuntimeError(f"{label} raised StopIteration")
    changed.__cause__ = error
    changed.__traceback__ = error.__traceback__
    return changed


def _missing(function: Function | None, row: Any) -> str:
    if function is None:
        return "no function of yours failed"
    return "no single row made it fail" if row is NO_ROW else "it is not a function of one row"


def _packed(subject: Any) -> Any:
    """Return the bytes of a subject. Functions and shared subjects are pickled once."""
    if not isinstance(subject, (Function, SharedSubject)):
        return pack(subject)
    if subject not in _packed_subjects:
        _packed_subjects[subject] = pack(subject)
    return _packed_subjects[subject]


def _loaded(packed: Any, what: str) -> Any:
    value = unpack(packed)
    if isinstance(value, LeftBehind):
        raise ReplayError(f"{what} cannot be unpickled in this process: a module that the worker has is missing here")
    return value
