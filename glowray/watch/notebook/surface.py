"""The notebook that this process runs in, if it runs in one, and how to show HTML there."""

from __future__ import annotations

import contextvars
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class Notebook(ABC):
    """A place to show HTML: below the cell that runs."""

    @abstractmethod
    def show(self, html: str, text: str) -> None:
        """Show HTML. `text` is for readers that show none."""

    @abstractmethod
    def live(self) -> Callable[[str, str], None]:
        """Return a function that shows HTML and, when called again, shows other HTML in the same place."""

    @abstractmethod
    def thread(self, run: Callable[[], None]) -> threading.Thread:
        """Return a thread, not yet started, whose displays go to the cell that runs now."""


class Jupyter(Notebook):
    """IPython's kernel: Jupyter, VS Code, nbclient."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self.display = display

    def show(self, html: str, text: str) -> None:
        self.display(_data(html, text), raw=True)

    def live(self) -> Callable[[str, str], None]:
        handle: Any = None

        def update(html: str, text: str) -> None:
            nonlocal handle
            if handle is None:
                handle = self.display(_data(html, text), raw=True, display_id=True)
            else:
                handle.update(_data(html, text), raw=True)

        return update

    def thread(self, run: Callable[[], None]) -> threading.Thread:
        # The kernel keeps the cell that runs in a context variable.
        context = contextvars.copy_context()
        return threading.Thread(target=context.run, args=(run,), name="glowray progress", daemon=True)


def _data(html: str, text: str) -> dict[str, str]:
    return {"text/html": html, "text/plain": text}


class Marimo(Notebook):
    """A marimo notebook, whose cells have one output that is appended to or replaced."""

    def __init__(self, marimo: Any) -> None:
        self.marimo = marimo

    def show(self, html: str, text: str) -> None:
        self.marimo.output.append(self.marimo.Html(html))

    def live(self) -> Callable[[str, str], None]:
        def update(html: str, text: str) -> None:
            self.marimo.output.replace(self.marimo.Html(html))

        return update

    def thread(self, run: Callable[[], None]) -> threading.Thread:
        made: threading.Thread = self.marimo.Thread(target=run, name="glowray progress", daemon=True)
        return made


def notebook() -> Notebook | None:
    """Return the notebook that this process runs in, None in a script or a terminal."""
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return Marimo(marimo)
    return None if kernel_shell() is None else Jupyter(sys.modules["IPython.display"].display)


def kernel_shell() -> Any:
    """Return IPython's shell if this process is the kernel of a notebook. In a terminal, return None."""
    shells = sys.modules.get("ipykernel.zmqshell")
    if shells is None or not shells.ZMQInteractiveShell.initialized():
        return None
    return shells.ZMQInteractiveShell.instance()
