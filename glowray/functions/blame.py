"""Note the step and the row of an error that leaves a loop, on its way out of a task.

The note is kept beside the exception and never on it, because the exception's class may not allow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol

from glowray.functions.failure import Cause
from glowray.functions.pairing import Pairing
from glowray.functions.replay import NO_ROW


class FailingStep(Protocol):
    """A step that can name the user's function and row behind an error."""

    @property
    def verb(self) -> str: ...

    @property
    def pairing(self) -> Pairing | None: ...

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        """Return the user's function, and the row and arguments at which the step failed."""
        ...


@dataclass(frozen=True, slots=True)
class Blame:
    """The step that failed, its row, and the arguments of its function if it takes several.

    A part of a step, such as a sort or a reader, does not know its step. It notes the row, or the `cause` itself, and
    the step completes the note.
    """

    step: FailingStep | None = None
    row: Any = NO_ROW
    arguments: tuple[Any, ...] | None = None
    cause: Cause | None = None

    def within(self, outer: Blame) -> Blame:
        """Return this note, with the step, row and arguments of `outer` if it has no step yet."""
        if self.step is not None:
            return self
        row = outer.row if self.row is NO_ROW else self.row
        arguments = outer.arguments if self.arguments is None else self.arguments
        return replace(self, step=outer.step, row=row, arguments=arguments)


_notes: ContextVar[dict[int, tuple[BaseException, Blame]] | None] = ContextVar("glowray_blame", default=None)


@contextmanager
def noting() -> Iterator[None]:
    """Keep the notes of errors until the block ends."""
    token = _notes.set({})
    try:
        yield
    finally:
        _notes.reset(token)


def note(error: BaseException, blame: Blame) -> None:
    """Note the step and row of an error. The innermost note counts, and a later one adds missing facts."""
    notes = _notes.get()
    if notes is not None:
        known = noted(error)
        notes[id(error)] = error, blame if known is None else known.within(blame)


def noted(error: BaseException) -> Blame | None:
    """Return the note of an error, or None."""
    notes = _notes.get()
    found = None if notes is None else notes.get(id(error))
    return None if found is None else found[1]
