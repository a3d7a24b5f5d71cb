"""Steps that take keyed rows: which row of the user's a bad key belongs to, and the check that replay() repeats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from glowray.functions import Cause, Function
from glowray.functions.pairing import Pairing
from glowray.functions.replay import NO_ROW, Attempt, call_on_row
from glowray.kernels.base.keyed import keyed_row
from glowray.kernels.base.steps import Step
from glowray.kernels.loops.failed_step import blame
from glowray.rows.keys import canonical_key


class Keyed:
    """A step that takes keyed rows. `pairing` is None if the rows are the user's own pairs."""

    __slots__ = ()

    verb: str
    pairing: Pairing | None

    def cause(self, row: Any, arguments: tuple[Any, ...] | None = None) -> Cause:
        """Return the user's row and key function, and the check of that row's key."""
        return key_cause(self.verb, row, self.pairing)


@dataclass(frozen=True, slots=True)
class KeyedRows(Keyed, Step):
    """A verb that only needs its rows to be keyed."""

    pairing: Pairing | None = None


def key_cause(verb: str, row: Any, pairing: Pairing | None, function: Function | None = None) -> Cause:
    """Return the cause of an error of the key of a row, for a verb that has `function` for the values."""
    if row is NO_ROW:
        return Cause(pairing.function if pairing else function)
    if pairing is None or pairing.place is None:
        return Cause(function, row, Attempt(check_key, verb, (row,), is_check=True))
    own = pairing.own_row(row)
    if pairing.function is None:
        return Cause(None, own, Attempt(check_own_key, verb, (own,), is_check=True))
    return Cause(pairing.function, own, Attempt(check_key_of, pairing.function, (own,)))


def check_key(verb: str, row: Any) -> None:
    """Raise the error of a row that is not (key, value), or of its key."""
    canonical_key(keyed_row(row, verb)[0])


def check_own_key(verb: str, row: Any) -> None:
    """Raise the error of a row that cannot be a key."""
    canonical_key(row)


def check_key_of(function: Function, row: Any) -> Any:
    """Return the key that the user's function gives for a row, or raise that key's error."""
    key = call_on_row(function, row)
    canonical_key(key)
    return key


def check_dict_key(verb: str, row: Any) -> None:
    """Raise the error of a row that is not (key, value), or whose key a dict refuses."""
    key, value = keyed_row(row, verb)
    _ = {key: value}


def check_pairs(step: Step, rows: Iterable[Any]) -> None:
    """Raise the error of the first row that is not (key, value)."""
    row: Any = NO_ROW
    try:
        for row in rows:
            keyed_row(row, step.verb)
    except BaseException as error:
        blame(error, step, row)
        raise


def check_keys(step: Step, rows: Iterable[Any]) -> None:
    """Raise the error of the first row that is not (key, value) or whose key cannot be one."""
    row: Any = NO_ROW
    try:
        for row in rows:
            check_key(step.verb, row)
    except BaseException as error:
        blame(error, step, row)
        raise
