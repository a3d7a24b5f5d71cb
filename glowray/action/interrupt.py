"""Ctrl-C in a script that `glowray run` runs: one line, no traceback."""

from __future__ import annotations

import sys
from types import TracebackType

RUN_VARIABLE = "GLOWRAY_RUN"
"""In the environment of a script whose Ctrl-C is to be shown in one line."""


def show_in_one_line() -> None:
    """Let a KeyboardInterrupt that nobody catches print one line; the exit status stays Python's, 130."""
    show = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            print("Interrupted", file=sys.stderr)
        else:
            show(kind, error, trace)

    sys.excepthook = hook
