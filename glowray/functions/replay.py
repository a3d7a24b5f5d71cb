"""Run a failing function again on its failing row in the driver, where a debugger can stop in it."""

from __future__ import annotations

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

_packed_functions: WeakKeyDictionary[Function, Any] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, repr=False)
class Replay:
    """The value of `error.replay`. Call it to run the failing function on its row in this process.

    The row is as it was when the step began, if rows of its class can be copied (`rows.snapshots`). Each call unpickles
    the function and the row.
    """

    verb: str
    label: str
    of_row: bool
    function: Any
    row: Any
    arguments: Any

    @classmethod
    def of(cls, verb: str, function: Function | None, row: Any, arguments: tuple[Any, ...] | None) -> Replay:
        """Return the Replay of a function, with everything it takes to run it again."""
        return cls(
            verb=verb,
            label=function.label if function else "",
            of_row=function is not None and function.of_row,
            function=None if function is None else _packed(function),
            row=row if row is NO_ROW else pack(row),
            arguments=None if arguments is None else pack(arguments),
        )

    def __repr__(self) -> str:
        """Return what a call runs, or why there is nothing to run.

        >>> Replay.of("sort", None, NO_ROW, None)
        <replay of sort(): no function of yours failed>
        """
        hindrance = self.hindrance()
        return f"<replay of {self.verb}({self.label}){f': {hindrance}' if hindrance else ', call it to run it'}>"

    @property
    def ready(self) -> bool:
        """Return whether there is a function, and a row to run it on."""
        return self.hindrance() is None

    @user_facing
    def __call__(self) -> Any:
        """Run the function on the row and return its result. For flat_map, return the list of all items.

        Raises what the function raises, with the user's frames alone, so that `pdb.pm()` stops in the user's code.
        Raises ReplayError if the row or the function could not travel.
        """
        hindrance = self.hindrance()
        if hindrance:
            raise ReplayError(f"{self.verb}({self.label}) cannot be run again here: {hindrance}")
        function = _loaded(self.function, "the function")
        arguments = self._arguments(function)
        result = function.call(*arguments)
        return list(result) if function.gives_items else result

    def hindrance(self) -> str | None:
        """Return why there is nothing to run, or None."""
        if self.function is None:
            return "no function of yours failed"
        if isinstance(self.function, LeftBehind):
            return "the function cannot be pickled, or what it captures is too large"
        given = self.row if self.arguments is None else self.arguments
        if given is NO_ROW:
            return "no single row made it fail"
        if self.arguments is None and not self.of_row:
            return "it is not a function of one row"
        if isinstance(given, LeftBehind):
            return f"the row cannot be pickled, or is larger than {LARGEST // 2**20} MB"
        return None

    def given_row(self) -> Any:
        """Return the row, NO_ROW if there is none, or a LeftBehind if it could not travel."""
        return unpack(self.row)

    def _arguments(self, function: Function) -> tuple[Any, ...]:
        if self.arguments is not None:
            given: tuple[Any, ...] = _loaded(self.arguments, "the arguments")
            return given
        row = _loaded(self.row, "the row")
        return function.arguments(row[1] if function.of_value else row)


def _packed(function: Function) -> Any:
    """Return the packed function. It is packed once for all failures of a task."""
    if function not in _packed_functions:
        _packed_functions[function] = pack(function)
    return _packed_functions[function]


def _loaded(packed: Any, what: str) -> Any:
    value = unpack(packed)
    if isinstance(value, LeftBehind):
        raise ReplayError(f"{what} cannot be unpickled in this process: a module that the worker has is missing here")
    return value
