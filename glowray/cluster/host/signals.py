"""Keeps Ray from changing how signals end this process: its SIGTERM handler, and the exit status after Ctrl-C."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import logging
import signal
import sys
import threading
from collections.abc import Iterator

RAYS_LOGGER = "ray._private.worker"
RAYS_WARNING = "SIGTERM handler is not set"


@contextlib.contextmanager
def sigterm_kept() -> Iterator[None]:
    """Keep ray.init() from changing the handling of SIGTERM until the block ends.

    Ray's Python handler would end the process with exit status 15. Its C++ handler would print a trace first, whichever
    thread connects. Ray also warns if a thread cannot set handlers; this block drops that warning.
    """
    in_python, in_c = signal.getsignal(signal.SIGTERM), _handler_in_c()
    logger = logging.getLogger(RAYS_LOGGER)
    logger.addFilter(_is_wanted)
    try:
        yield
    finally:
        logger.removeFilter(_is_wanted)
        if threading.current_thread() is threading.main_thread() and in_python is not None:
            signal.signal(signal.SIGTERM, in_python)
        else:  # the main thread may have set another handler within the block
            _set_handler_in_c(None if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL else in_c)


@functools.cache  # registered once, before Ray's exit functions
def keep_interrupt_status() -> None:
    """Give a script that Ctrl-C ends the exit status 130. Call this before `import ray`.

    After an uncaught KeyboardInterrupt, Python runs its exit functions and then ends itself by SIGINT. It forgets to do
    so if an exit function runs code from a text, as Ray's do. The exit function of this module is registered before
    Ray's, so it runs after them and reminds Python.
    """
    atexit.register(_note_interrupt)


def _note_interrupt() -> None:
    is_interactive = "IPython" in sys.modules or hasattr(sys, "ps1")  # a KeyboardInterrupt does not end these
    if getattr(sys, "last_type", None) is KeyboardInterrupt and not is_interactive:
        with contextlib.suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # Python notes a KeyboardInterrupt that code from a text raises


def _is_wanted(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(RAYS_WARNING)


def _handler_in_c() -> int | None:
    """Return the address of SIGTERM's handler in C, which signal.getsignal() does not return; None: the default."""
    get = ctypes.pythonapi.PyOS_getsig
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_int]
    address: int | None = get(signal.SIGTERM)
    return address


def _set_handler_in_c(address: int | None) -> None:
    """Set SIGTERM's handler in C. Any thread may do so, while only the main thread may call signal.signal()."""
    set_ = ctypes.pythonapi.PyOS_setsig
    set_.restype, set_.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
    set_(signal.SIGTERM, address)
