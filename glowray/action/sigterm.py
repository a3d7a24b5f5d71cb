"""End a process that runs an action on SIGTERM as on Ctrl-C: undo everything, and exit with status 143."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

EXIT_STATUS = 128 + signal.SIGTERM


class _Handling:
    """The SIGTERM handler. It replaces only the default handler, while actions run in the main thread."""

    def __init__(self) -> None:
        self.actions = 0
        self.has_come = False

    def begin(self) -> bool:
        """Install the handler for one more action. Return False in other threads and if the user has a handler."""
        if threading.current_thread() is not threading.main_thread():
            return False
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._handle)
        elif signal.getsignal(signal.SIGTERM) != self._handle:
            return False  # It is the user's own handler.
        self.actions += 1
        return True

    def end(self) -> None:
        """Remove the handler after the last action, unless the user has replaced it.

        Another thread may end a generator. It cannot change handlers, so the handler stays then.
        """
        self.actions -= 1
        if self.actions:
            return
        self.has_come = False
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGTERM) == self._handle:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.actions == 0:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        if not self.has_come:  # `timeout` sends the signal twice. The second must not stop the clean-up.
            self.has_come = True
            sys.exit(EXIT_STATUS)


_handling = _Handling()


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Run an action so that SIGTERM ends it as Ctrl-C does, and then ends the process by SystemExit(143).

    The handler is installed only during the action and in the main thread. It never replaces a handler of the user.
    """
    if not _handling.begin():
        yield
        return
    is_closed = False
    try:
        yield
    except GeneratorExit:
        is_closed = True  # The user left a loop over rows. Whatever ended the loop goes on by itself.
        raise
    finally:
        has_come = _handling.has_come
        _handling.end()
        if has_come and not is_closed:
            _end_process()  # Ray or a function may have changed the handler's SystemExit into another exception.


def _end_process() -> NoReturn:
    """End the process. In IPython a SystemExit only ends the cell, so the signal is raised there."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        signal.raise_signal(signal.SIGTERM)
    raise SystemExit(EXIT_STATUS) from None
