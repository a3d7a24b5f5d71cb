"""The `glowray` command and how it ends: 0 success, 1 the job failed, 2 wrong usage."""

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
"""Errors that typer itself reports. Wrong usage is a ClickException, which typer exports in none of its versions."""


class Commands(TyperGroup):
    """The commands, in the order of their use; an error of glowray's own is one line, not a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands as they were added."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error that is no wrong usage is one line, and with --debug a traceback."""
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
    """One line for what happened; what to do about it stands below, when the message has it after a semicolon."""
    happened, semicolon, hint = message.partition("; ")
    errors.print(f"[bold red]Error:[/] {_plain(happened)}", soft_wrap=True)
    if semicolon:
        errors.print(f"[dim]Hint:[/]  {_plain(hint)}", soft_wrap=True)


def _plain(text: str) -> str:
    """Text that may hold square brackets, which rich would take for markup."""
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
