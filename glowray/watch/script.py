"""Find the plan of a script's first action: run the script up to that action, and do not run the action."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from glowray.errors import GlowrayError

if TYPE_CHECKING:
    from glowray.watch.plan_view import PlanView


class NoAction(GlowrayError):  # noqa: N818
    """Raised for a script that ends without an action, so that there is no plan to show."""


class _Reached(BaseException):
    """Ends a script at its first action. It is a BaseException, so that `except Exception` does not catch it."""


# Receives the plan of the watched script. It is not a context variable, as a script may run its action in a thread.
_watched: list[PlanView] | None = None


def is_watched() -> bool:
    """Return whether an action must show its plan instead of running it."""
    return _watched is not None


def reached(view: PlanView) -> None:
    """Record the plan of an action, and end the script. Does not return."""
    assert _watched is not None
    _watched.append(view)
    raise _Reached


def first_action(script: str | os.PathLike[str], arguments: Sequence[str] = ()) -> PlanView:
    """Run a script as `python SCRIPT ARGUMENTS` does, up to its first action or flow.run(), and return that plan.

    The script's prints go to stderr.

    Raises:
        NoAction: the script ended without an action.
        BaseException: the script's own exception, if it fails before its first action.
    """
    global _watched
    if _watched is not None:
        raise RuntimeError("a script that first_action() runs cannot call first_action() itself")
    plans: list[PlanView] = []
    _watched = plans
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _run(Path(script), list(arguments))
    except _Reached:
        pass
    except BaseException as error:
        # A library may turn _Reached into an error of its own. The plan was recorded before.
        if not plans and not (isinstance(error, SystemExit) and not error.code):
            raise
    finally:
        _watched = None
    if not plans:
        raise NoAction(f"{Path(script).name} ended without an action, such as collect(), count() or flow.run()")
    return plans[0]


def _run(path: Path, arguments: list[str]) -> None:
    with io.open_code(str(path.absolute())) as file:
        code = compile(file.read(), str(path.absolute()), "exec", dont_inherit=True)
    main = ModuleType("__main__")
    main.__dict__.update(__file__=str(path), __builtins__=__builtins__)
    with _in_place_of_main(main, [str(path), *arguments]):
        exec(code, main.__dict__)


@contextlib.contextmanager
def _in_place_of_main(main: ModuleType, arguments: list[str]) -> Iterator[None]:
    kept = sys.modules.get("__main__"), sys.argv, sys.path
    sys.modules["__main__"] = main
    sys.argv, sys.path = arguments, [str(Path(arguments[0]).absolute().parent), *sys.path]
    try:
        yield
    finally:
        if kept[0] is not None:
            sys.modules["__main__"] = kept[0]
        sys.argv, sys.path = kept[1], kept[2]
