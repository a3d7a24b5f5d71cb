"""Show Ctrl-C in a script of `glowray run` as one line, without a traceback."""

from __future__ import annotations

import sys
from types import TracebackType

RUN_VARIABLE = "GLOWRAY_RUN"
"""The environment variable that asks a script to show Ctrl-C in one line."""


def show_in_one_line() -> None:
    """Make an uncaught KeyboardInterrupt print one line. The exit status stays Python's, 130."""
    show = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("Interrupted", file=sys.stderr)
        else:
            show(kind, error, trace)

    sys.excepthook = hook
