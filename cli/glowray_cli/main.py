"""The `glowray` command. It exits with 0 for success, 1 if the job failed, 2 for wrong usage."""

from __future__ import annotations

import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from glowray.errors import GlowrayError
from glowray_cli import channel, cluster, examples, plan, run
from glowray_cli.options import wants_debug
from glowray_cli.views import errors

FAILED = 1
TOLD: tuple[type[BaseException], ...] = (typer.Exit, typer.Abort, typer.BadParameter.__mro__[2])
"""Errors that typer reports itself. The last is ClickException, the base of wrong usage; typer does not export it."""


class Commands(TyperGroup):
    """The commands, listed in the order of their use. Errors are shown in one line, without a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names in the order in which they were added, not alphabetically."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run a command. If it fails, print the error in one line and exit with 1.

        With --debug the traceback is printed instead. Wrong usage is left to typer, which exits with 2.
        """
        try:
            return super().invoke(ctx)
        except TOLD:
            raise
        except Exception as error:
            if wants_debug(ctx):
                traceback.print_exc()
            elif isinstance(error, GlowrayError):
                show_error(str(error))
            else:
                show_error(f"{type(error).__name__}: {error}; --debug shows where it was raised")
            raise typer.Exit(FAILED) from None


def show_error(message: str) -> None:
    """Print an error: what happened, and below it the hint, which is the text after the first semicolon."""
    happened, semicolon, hint = message.partition("; ")
    errors.print(f"[bold red]Error:[/] {_plain(happened)}", soft_wrap=True)
    if semicolon:
        errors.print(f"[dim]Hint:[/]  {_plain(hint)}", soft_wrap=True)


def _plain(text: str) -> str:
    """Escape square brackets, which rich would read as markup."""
    return text.replace("[", r"\[")


app = typer.Typer(
    cls=Commands,
    name="glowray",
    help="MapReduce over ordinary Python objects, on this machine or on a cluster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (cluster, run, plan, channel, examples):
    module.add_to(app)
