"""The name of the program that this process runs, for people who look for its job among others."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import PurePath

KERNELS = {"ipykernel_launcher", "ipykernel", "marimo"}
"""Programs that run the cells of a notebook."""


def program_name(argv: Sequence[str] | None = None) -> str:
    """Return the name of this process's script, "notebook", or "python" for an interpreter.

    >>> program_name(["/home/ada/orders.py", "2026"]), program_name(["/usr/lib/jobs/__main__.py"]), program_name(["-c"])
    ('orders.py', 'jobs', 'python')
    """
    first = next(iter(sys.argv if argv is None else argv), "")
    path = PurePath(first)
    name = path.parent.name if path.name == "__main__.py" else path.name
    if PurePath(name).stem in KERNELS:
        return "notebook"
    return name if name and not name.startswith("-") else "python"
