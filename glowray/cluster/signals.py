"""How signals end this process, kept from Ray: the handler of SIGTERM, and the exit status that Ctrl-C gives."""

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
    """Run ray.init() without what it does to SIGTERM.

    Its handler in Python ends the process with exit status 15. Its handler in C++ prints a trace first, whichever
    thread connects. And it warns of a thread that cannot set handlers, which nobody here wants it to.
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
        else:  # meanwhile the main thread may have set another
            _set_handler_in_c(None if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL else in_c)


@functools.cache  # once: another time would be after Ray's own
def keep_interrupt_status() -> None:
    """Let a script that Ctrl-C ends have the exit status 130; to be called before `import ray`.

    Python notes that nobody has caught the KeyboardInterrupt, and ends itself by SIGINT after its exit functions. It
    forgets this if one of them runs code from a text, as Ray's do. The exit function of this module runs after Ray's,
    as it is registered before them.
    """
    atexit.register(_note_interrupt)


def _note_interrupt() -> None:
    is_interactive = "IPython" in sys.modules or hasattr(sys, "ps1")  # there a KeyboardInterrupt ends no process
    if getattr(sys, "last_type", None) is KeyboardInterrupt and not is_interactive:
        with contextlib.suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # from a text: that is what Python looks at


def _is_wanted(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(RAYS_WARNING)


def _handler_in_c() -> int | None:
    """Return the address of the function that the system calls, which signal.getsignal() does not tell."""
    get = ctypes.pythonapi.PyOS_getsig
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_int]
    address: int | None = get(signal.SIGTERM)  # None is the default handler
    return address


def _set_handler_in_c(address: int | None) -> None:
    """Make the system call that function; any thread may do so, while signal.signal() is for the main thread."""
    set_ = ctypes.pythonapi.PyOS_setsig
    set_.restype, set_.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
    set_(signal.SIGTERM, address)
