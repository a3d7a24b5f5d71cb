"""SIGTERM to a process that runs an action: it ends as by Ctrl-C, with everything undone, and with exit status 143."""

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
    """The handler, installed while actions run in the main thread, and only in the place of the default one."""

    def __init__(self) -> None:
        self.actions = 0
        self.has_come = False

    def begin(self) -> bool:
        """Install the handler for one more action; return False if SIGTERM is none of its business."""
        if threading.current_thread() is not threading.main_thread():
            return False
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._handle)
        elif signal.getsignal(signal.SIGTERM) != self._handle:
            return False  # the user's own
        self.actions += 1
        return True

    def end(self) -> None:
        """Take the handler out after the last action, unless it is the user's by now.

        A generator may be ended by another thread, which cannot change handlers.
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
        if not self.has_come:  # `timeout` sends it twice; the clean-up goes on
            self.has_come = True
            sys.exit(EXIT_STATUS)


_handling = _Handling()


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Run an action so that SIGTERM ends it as Ctrl-C does, and then the process, by SystemExit(143).

    The handler is there for the time of the action alone, in the main thread, and never in the place of a user's own.
    """
    if not _handling.begin():
        yield
        return
    is_closed = False
    try:
        yield
    except GeneratorExit:
        is_closed = True  # a loop over rows was left: whatever left it goes on by itself
        raise
    finally:
        has_come = _handling.has_come
        _handling.end()
        if has_come and not is_closed:
            _end_process()  # instead of what Ray or a function has made of the handler's SystemExit on its way here


def _end_process() -> NoReturn:
    """End the process; IPython takes a SystemExit for nothing but the end of a cell, so there the signal does it."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        signal.raise_signal(signal.SIGTERM)
    raise SystemExit(EXIT_STATUS) from None
