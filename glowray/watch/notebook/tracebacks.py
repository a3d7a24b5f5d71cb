"""Show the exceptions of tasks in a kernel with the row and the step first, above the traceback."""

from __future__ import annotations

from typing import Any

from glowray.watch.notebook.html import error_html, is_from_task
from glowray.watch.notebook.surface import kernel_shell, notebook


def show_errors() -> None:
    """Let this process's kernel, if it is one, show the exceptions of tasks as HTML. May be called again.

    IPython has one place for such a function. It is left alone if the user, or another library, took it.
    """
    shell = kernel_shell()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), _show)


def _show(
    shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: int | None = None
) -> None:
    """Show an exception as IPython does, and above it as HTML if it is one of a task."""
    place = notebook()
    if place is not None and is_from_task(error):
        place.show(error_html(error), "")
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
